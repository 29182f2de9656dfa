// The parts of validate() about groups, and about what their devices call themselves.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

using device::DeviceConfig;

std::string client_id(const DeviceConfig& kind, const GroupSpec& group, std::uint32_t index,
                      Epoch epoch) {
  return kind.client_id.expand({.index = index, .group = group.name, .epoch = epoch});
}

std::string device_text(const Scenario& scenario, std::uint32_t index) {
  const GroupId group = scenario.group_of(DeviceId{index});
  return fmt::format("device {} of group \"{}\"", index, scenario.fleet[group.index()].name);
}

// A ClientID that changes with the epoch must say which device and which epoch it stands for.
bool reads_back(const DeviceConfig& kind, const GroupSpec& group, std::uint32_t index) {
  constexpr std::array<Epoch, 3> kProbes{1, 12, 123'456};
  return std::all_of(kProbes.begin(), kProbes.end(), [&](Epoch epoch) {
    const auto match = kind.client_id.invert(client_id(kind, group, index, epoch));
    if (!match || match->epoch != epoch) return false;
    return match->index ? *match->index == index : group.count == 1;
  });
}

void check_changing_ids(const DeviceConfig& kind, const GroupSpec& group, std::uint32_t first,
                        Complaints& out) {
  if (!kind.client_id.uses(Placeholder::epoch)) return;
  const bool good =
      reads_back(kind, group, first) && reads_back(kind, group, first + group.count - 1);
  if (good) return;
  out.add(fmt::format("devices.{}.client_id", kind.name), ErrorCode::bad_client_id,
          fmt::format("\"{}\" does not say which device and epoch it stands for; put {{index}} in, "
                      "and something other than a digit between the numbers",
                      kind.client_id.text()));
}

}  // namespace

void check_fleet(const Scenario& scenario, Complaints& out) {
  std::uint64_t count = 0;
  for (const GroupSpec& group : scenario.fleet) {
    const std::string path = "fleet." + group.name;
    count += group.count;
    if (group.device >= scenario.devices.size()) {
      out.add(path + ".device", ErrorCode::unknown_name, "no such device");
    }
    out.check_duration(path + ".link.latency", group.link.latency, Duration{});
    if (group.link.jitter < Duration{} || group.link.jitter > group.link.latency) {
      out.add(path + ".link.jitter", ErrorCode::duration_range,
              fmt::format("a jitter of {} is out of range: 0s to the latency, {}",
                          to_text(group.link.jitter), to_text(group.link.latency)));
    }
  }
  if (count <= kDevicesMax) return;
  out.add("fleet", ErrorCode::fleet_size,
          fmt::format("{} devices are too many: at most {}", count, kDevicesMax));
}

void check_client_ids(const Scenario& scenario, Complaints& out) {
  std::unordered_map<std::string, std::uint32_t> seen;
  seen.reserve(scenario.device_count());
  std::set<std::size_t> reported;  // kinds
  std::uint32_t first = 0;
  for (const GroupSpec& group : scenario.fleet) {
    const DeviceConfig& kind = scenario.devices[group.device];
    if (group.count == 0 || kind.client_id.empty()) {
      first += group.count;
      continue;
    }
    check_changing_ids(kind, group, first, out);
    for (std::uint32_t index = first; index < first + group.count; ++index) {
      const auto [at, fresh] = seen.emplace(client_id(kind, group, index, 1), index);
      if (fresh || !reported.insert(group.device).second) continue;
      out.add(
          fmt::format("devices.{}.client_id", kind.name), ErrorCode::duplicate_client_id,
          fmt::format("{} and {} both get the ClientID \"{}\"", device_text(scenario, at->second),
                      device_text(scenario, index), at->first));
    }
    first += group.count;
  }
}

}  // namespace probate::scenario
