#include "core/broker/retained.hpp"

namespace probate::broker {

std::uint32_t Retained::find(std::string_view topic) const {
  return index_.find(hash_of(topic), [this, topic](std::uint32_t place) {
    return messages_[place]->topic == topic;
  });
}

void Retained::put(const MessageRef& message) {
  const std::uint32_t hash = hash_of(message->topic);
  std::uint32_t place = find(message->topic);
  if (message->payload.empty()) {
    if (place == HashIndex::kNone) return;
    index_.erase(hash, place);
    messages_[place] = nullptr;
    free_.push_back(place);
    return;
  }
  if (place == HashIndex::kNone) {
    place = static_cast<std::uint32_t>(messages_.size());
    if (free_.empty()) {
      messages_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    index_.insert(hash, place);
  }
  messages_[place] = message;
}

void Retained::clear() {
  messages_.clear();
  free_.clear();
  index_.clear();
}

}  // namespace probate::broker
