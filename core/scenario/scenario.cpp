#include "core/scenario/scenario.hpp"

#include "core/base/check.hpp"
#include "core/scenario/policies.hpp"

namespace probate::scenario {

std::string PolicySpec::label() const {
  const PolicyParameters takes = parameters_of(name);
  std::string label = word(name);
  if (!is_adjusted && name != PolicyName::debounce) return label;
  const Written said = written.value_or(Written{wait, heartbeat});
  if (takes.wait) label += "_" + to_text(said.wait);
  if (takes.heartbeat) label += "_" + to_text(said.heartbeat * misses);
  return label;
}

std::uint32_t Scenario::device_count() const {
  std::uint64_t count = 0;
  for (const GroupSpec& group : fleet) count += group.count;
  CHECK(count < kNoDevice.value);
  return static_cast<std::uint32_t>(count);
}

GroupId Scenario::group_of(DeviceId device) const {
  std::size_t group = 0;
  for (std::uint64_t end = fleet.empty() ? 0 : fleet[0].count; device.value >= end;) {
    ++group;
    CHECK(group < fleet.size());
    end += fleet[group].count;
  }
  return GroupId{static_cast<std::uint16_t>(group)};
}

const device::DeviceConfig& Scenario::kind_of(DeviceId device) const {
  return devices[fleet[group_of(device).index()].device];
}

std::string Scenario::client_id_of(DeviceId device) const {
  TemplateValues values = values_of(device, {});
  values.epoch = 1;
  return kind_of(device).client_id.expand(values);
}

TemplateValues Scenario::values_of(DeviceId device, std::string_view client_id) const {
  TemplateValues values;
  values.client_id = client_id;
  values.index = device.value;
  values.group = fleet[group_of(device).index()].name;
  return values;
}

}  // namespace probate::scenario
