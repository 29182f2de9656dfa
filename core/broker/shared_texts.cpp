#include "core/broker/shared_texts.hpp"

#include <utility>

#include "core/base/check.hpp"

namespace probate::broker {

// No two texts have the same.
std::string SharedTexts::key_of(const Text& text) {
  std::string key = text.names_client ? std::to_string(text.before.size()) : "";
  key += ':';
  key += text.before;
  key += text.after;
  return key;
}

std::uint32_t SharedTexts::take(std::string_view text, std::string_view client_id) {
  Text made;
  const std::size_t at = client_id.empty() ? std::string_view::npos : text.find(client_id);
  made.names_client = at != std::string_view::npos;
  made.before = text.substr(0, at);
  if (made.names_client) made.after = text.substr(at + client_id.size());
  std::string key = key_of(made);
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) {
    ++texts_[known->second].uses;
    return known->second;
  }
  if (numbers_.size() >= kMax) return kNone;
  auto number = static_cast<std::uint32_t>(texts_.size());
  if (free_.empty()) {
    texts_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  made.uses = 1;
  texts_[number] = std::move(made);
  numbers_.emplace(std::move(key), number);
  return number;
}

void SharedTexts::give_back(std::uint32_t number) {
  Text& text = texts_[number];
  CHECK(text.uses > 0);
  if (--text.uses > 0) return;
  numbers_.erase(key_of(text));
  text = Text{};
  free_.push_back(number);
}

std::string SharedTexts::text(std::uint32_t number, std::string_view client_id) const {
  const Text& text = texts_[number];
  std::string whole = text.before;
  if (text.names_client) whole += client_id;
  whole += text.after;
  return whole;
}

}  // namespace probate::broker
