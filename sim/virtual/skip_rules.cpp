#include "sim/virtual/skip_rules.hpp"

#include <algorithm>

#include "core/mqtt/topics.hpp"
#include "core/scenario/filters.hpp"
#include "core/scenario/policies.hpp"

namespace probate::virtual_time {
namespace {

// After the delay has run out, whatever is ahead of a will in the broker's list.
constexpr Duration kAfterDelay = 1min;

class Ears {
 public:
  Ears(const scenario::Scenario& scenario, const scenario::Recognizer& recognizer)
      : scenario_{scenario},
        recognizer_{recognizer},
        filters_{scenario::observer_filters(scenario).backend} {}

  bool hear(DeviceId device, const device::MessageConfig& message) const {
    const std::string client_id = scenario_.client_id_of(device);
    TemplateValues values = scenario_.values_of(device, client_id);
    values.epoch = 1;
    const std::string topic = message.topic.expand(values);
    const auto seen = recognizer_.recognize(topic, message.payload.expand(values));
    const bool is_life =
        seen.kind == journal::MessageKind::message || seen.kind == journal::MessageKind::birth;
    if (!is_life || seen.device != device) return false;
    return std::any_of(filters_.begin(), filters_.end(),
                       [&](const std::string& filter) { return mqtt::matches(filter, topic); });
  }

  std::optional<Duration> hear_every(DeviceId device) const {
    const device::DeviceConfig& kind = scenario_.kind_of(device);
    std::optional<Duration> every;
    const auto take = [&every](Duration one) { every = every ? std::min(*every, one) : one; };
    for (const auto& publish : kind.publish) {
      if (!publish.retain && hear(device, publish)) take(publish.every);
    }
    if (!kind.luat_loop) return every;
    const device::LuatLoopConfig& loop = *kind.luat_loop;
    const bool report = hear(device, loop.report);
    const bool response = hear(device, loop.response);
    if (response) take(loop.publish_every);
    // Each response begins the wait for the next report anew.
    if (report && loop.publish_every > loop.receive_timeout) {
      take(response ? loop.receive_timeout : loop.receive_timeout + loop.publish_every);
    }
    return every;
  }

 private:
  const scenario::Scenario& scenario_;
  const scenario::Recognizer& recognizer_;
  std::vector<std::string> filters_;
};

// Any device of that kind; nothing if there is none.
std::optional<DeviceId> example_of(const scenario::Scenario& scenario, std::size_t kind) {
  std::uint32_t first = 0;
  for (const scenario::GroupSpec& group : scenario.fleet) {
    if (group.device == kind && group.count > 0) return DeviceId{first};
    first += group.count;
  }
  return std::nullopt;
}

}  // namespace

SkipRules skip_rules(const scenario::Scenario& scenario, const scenario::Recognizer& recognizer) {
  SkipRules rules;
  rules.silence_max = scenario::shortest_silence(scenario);
  for (const device::DeviceConfig& kind : scenario.devices) {
    if (!kind.will || kind.will->delay == Duration{}) continue;
    rules.settling = std::max(rules.settling, kind.will->delay + kAfterDelay);
  }
  rules.heard_every.resize(scenario.devices.size());
  if (!rules.silence_max) return rules;
  const Ears ears{scenario, recognizer};
  for (std::size_t kind = 0; kind < scenario.devices.size(); ++kind) {
    if (const auto device = example_of(scenario, kind)) {
      rules.heard_every[kind] = ears.hear_every(*device);
    }
  }
  return rules;
}

}  // namespace probate::virtual_time
