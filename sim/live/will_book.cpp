#include "sim/live/will_book.hpp"

#include <algorithm>

#include "core/mqtt/topics.hpp"

namespace probate::live {

using journal::MessageKind;
using scenario::Recognized;

namespace {

bool matches_one(const std::vector<std::string>& filters, std::string_view topic) {
  return std::any_of(filters.begin(), filters.end(),
                     [topic](const std::string& filter) { return mqtt::matches(filter, topic); });
}

}  // namespace

void WillBook::know(DeviceId device, const std::string& client_id) {
  by_client_id_.emplace(client_id, device);
  client_ids_.emplace(device, client_id);
}

WillBook::Change WillBook::announce(DeviceId device, const std::string& topic,
                                    const std::string& payload) {
  std::vector<Will>& on_topic = by_topic_[topic];
  const bool is_known = std::any_of(on_topic.begin(), on_topic.end(), [&](const Will& will) {
    return will.device == device && will.payload == payload;
  });
  if (is_known) return {};
  Change change{.is_new = on_topic.empty()};
  on_topic.push_back({payload, device});
  std::deque<Announced>& of_device = by_device_[device];
  of_device.push_back({topic, payload});
  if (of_device.size() > kWillsPerDevice) {
    if (forget(device, of_device.front())) change.gone = std::move(of_device.front().topic);
    of_device.pop_front();
  }
  return change;
}

bool WillBook::forget(DeviceId device, const Announced& will) {
  const auto found = by_topic_.find(will.topic);
  std::erase_if(found->second, [&](const Will& known) {
    return known.device == device && known.payload == will.payload;
  });
  if (!found->second.empty()) return false;
  by_topic_.erase(found);
  return true;
}

Recognized WillBook::seen(MessageKind kind, DeviceId device) const {
  Recognized found;
  found.kind = kind;
  found.device = device;
  const auto client_id = client_ids_.find(device);
  if (client_id != client_ids_.end()) found.client_id = client_id->second;
  return found;
}

DeviceId WillBook::named_in(std::string_view topic) const {
  while (true) {
    const std::size_t end = std::min(topic.find('/'), topic.size());
    const auto found = by_client_id_.find(std::string{topic.substr(0, end)});
    if (found != by_client_id_.end()) return found->second;
    if (end == topic.size()) return kNoDevice;
    topic.remove_prefix(end + 1);
  }
}

Recognized WillBook::recognize(std::string_view topic, std::string_view payload) const {
  const auto found = by_topic_.find(std::string{topic});
  if (found != by_topic_.end()) {
    const std::vector<Will>& wills = found->second;
    const auto same = [payload](const Will& known) { return known.payload == payload; };
    const auto will = std::find_if(wills.begin(), wills.end(), same);
    if (will != wills.end()) {
      const bool is_one_only = std::find_if(will + 1, wills.end(), same) == wills.end();
      return seen(MessageKind::will, is_one_only ? will->device : kNoDevice);
    }
    const DeviceId first = wills.front().device;
    const bool is_shared = std::any_of(
        wills.begin(), wills.end(), [first](const Will& other) { return other.device != first; });
    if (!is_shared) return seen(payload.empty() ? MessageKind::unknown : MessageKind::birth, first);
  }
  if (matches_one(births_, topic)) return seen(MessageKind::birth, named_in(topic));
  if (matches_one(messages_, topic)) return seen(MessageKind::message, named_in(topic));
  return {};
}

}  // namespace probate::live
