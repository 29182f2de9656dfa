// validate(): the order of the checks, and names.
#include <algorithm>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

template <typename Things, typename PathOf>
void check_names(std::string_view what, const Things& things, PathOf path_of, Complaints& out) {
  std::vector<std::string_view> names;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < things.size(); ++i) {
    names.push_back(things[i].name);
    paths.push_back(path_of(i));
    out.check_name(paths.back(), what, things[i].name);
  }
  out.check_unique(what, names, paths);
}

// Rows and labels of these names stand for what has no name of its own.
template <typename Things, typename PathOf>
void check_reserved(std::string_view what, const Things& things, PathOf path_of, Complaints& out) {
  for (std::size_t i = 0; i < things.size(); ++i) {
    const std::string& name = things[i].name;
    if (name != "none" && name != "other") continue;
    out.add(path_of(i), ErrorCode::bad_name,
            fmt::format("a {} cannot be called \"{}\": reports call so what is none of them", what,
                        name));
  }
}

void check_all_names(const Scenario& scenario, Complaints& out) {
  const auto in_map = [](std::string_view key, const auto& things) {
    return [key, &things](std::size_t i) { return fmt::format("{}.{}", key, things[i].name); };
  };
  const auto in_list = [](std::string_view key) {
    return [key](std::size_t i) { return fmt::format("{}[{}].name", key, i); };
  };
  out.check_name("name", "scenario", scenario.name);
  check_names("device", scenario.devices, in_map("devices", scenario.devices), out);
  check_names("group", scenario.fleet, in_map("fleet", scenario.fleet), out);
  check_names("phase", scenario.phases, in_list("phases"), out);
  check_names("fault", scenario.faults, in_list("faults"), out);
  check_reserved("group", scenario.fleet, in_map("fleet", scenario.fleet), out);
  check_reserved("phase", scenario.phases, in_list("phases"), out);
  check_reserved("fault", scenario.faults, in_list("faults"), out);
  check_names("gate rule", scenario.gate, in_list("gate"), out);
}

void check_sizes(const Scenario& scenario, Complaints& out) {
  const auto at_most = [&](const char* path, std::size_t count, std::size_t most) {
    if (count <= most) return;
    out.add(path, ErrorCode::too_many, fmt::format("{} are too many: at most {}", count, most));
  };
  at_most("devices", scenario.devices.size(), kKindsMax);
  // Of a proxy's, the one that everybody else is in is not in the file.
  const std::size_t unsaid = scenario.has_real_devices && !scenario.fleet.empty() ? 1 : 0;
  at_most("fleet", scenario.fleet.size() - unsaid, kGroupsMax - unsaid);
  at_most("phases", scenario.phases.size(), kPhasesMax);
  at_most("faults", scenario.faults.size(), kFaultsMax);
  at_most("gate", scenario.gate.size(), kGateRulesMax);
  at_most("backend.presence", scenario.backend.presence.size(), kPoliciesMax);
}

// What the checks that expand templates for whole groups stand on.
bool fleet_is_sound(const Scenario& scenario) {
  std::uint64_t count = 0;
  for (const GroupSpec& group : scenario.fleet) {
    if (group.device >= scenario.devices.size()) return false;
    count += group.count;
  }
  return count <= kDevicesMax;
}

}  // namespace

std::vector<Complaint> validate(const Scenario& scenario) {
  Complaints out;
  check_all_names(scenario, out);
  check_sizes(scenario, out);
  check_broker(scenario, out);
  check_devices(scenario, out);
  check_fleet(scenario, out);
  check_phases(scenario, out);
  check_faults(scenario, out);
  check_backend(scenario, out);
  check_judge_and_gate(scenario, out);
  if (fleet_is_sound(scenario)) {
    check_client_ids(scenario, out);
    check_patterns(scenario, out);
    check_topics(scenario, out);
  }
  return out.take_sorted();
}

}  // namespace probate::scenario
