#include "core/scenario/leftovers.hpp"

#include <algorithm>

namespace probate::scenario {

Leftovers::Leftovers(const Scenario& scenario) : device_count_{scenario.device_count()} {
  for (const auto& kind : scenario.devices) {
    if (kind.will) add(*kind.will);
    if (kind.birth) add(*kind.birth);
    if (kind.farewell) add(*kind.farewell);
    for (const auto& publish : kind.publish) add(publish);
    if (!kind.luat_loop) continue;
    add(kind.luat_loop->report);
    add(kind.luat_loop->response);
  }
  for (const auto& downlink : scenario.backend.publish) add(downlink.message);
  for (const auto& group : scenario.fleet) groups_.insert(group.name);
  for (std::uint32_t i = 0; i < device_count_; ++i) {
    const auto& kind = scenario.kind_of(DeviceId{i});
    std::string client_id = scenario.client_id_of(DeviceId{i});
    if (!kind.clean || kind.session_expiry > Duration{}) sessions_.push_back(client_id);
    client_ids_.insert(std::move(client_id));
  }
}

void Leftovers::add(const device::MessageConfig& message) {
  if (!message.retain) return;
  topics_.push_back(message.topic);
  std::string filter = message.topic.to_filter();
  if (std::find(filters_.begin(), filters_.end(), filter) != filters_.end()) return;
  filters_.push_back(std::move(filter));
}

bool Leftovers::includes(const std::string& topic) const {
  return std::any_of(topics_.begin(), topics_.end(), [&](const Template& each) {
    const auto match = each.invert(topic);
    if (!match) return false;
    if (match->client_id && !client_ids_.contains(*match->client_id)) return false;
    if (match->group && !groups_.contains(*match->group)) return false;
    return !match->index || *match->index < device_count_;
  });
}

}  // namespace probate::scenario
