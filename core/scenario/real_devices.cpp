#include "core/scenario/real_devices.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/scenario/complaints.hpp"
#include "core/scenario/glob.hpp"
#include "core/scenario/policies.hpp"

namespace probate::scenario {
namespace {

// Words that end or move a device itself.
bool needs_a_simulated_device(const fault::What& what) {
  return std::holds_alternative<fault::Leave>(what) ||
         std::holds_alternative<fault::PowerCut>(what) ||
         std::holds_alternative<fault::Rebind>(what);
}

void check_fault(const fault::FaultSpec& fault, const std::string& path, Complaints& out) {
  if (needs_a_simulated_device(fault.what)) {
    out.add(path + ".do", ErrorCode::real_devices,
            fmt::format("{} is something that a simulated device does; the devices of a proxy are "
                        "real: half_open or stall is what their network can do to them",
                        fault::word(fault.what)));
  }
  if (fault::reboots_of(fault.what) != nullptr) {
    out.add(path + ".recover.needs_reboot", ErrorCode::real_devices,
            "the power of a real device cannot be cycled from here: leave `needs_reboot` and "
            "`reboot` out; `batch_at` and `batch_every` hold for real devices, too");
  }
  if (fault::hits_broker(fault.what)) {
    out.add(path + ".do", ErrorCode::real_devices,
            fmt::format("{} ends a managed broker, and the one behind a proxy is yours",
                        fault::word(fault.what)));
  }
  if (std::holds_alternative<fault::Poisson>(fault.timing)) {
    out.add(path + ".rate", ErrorCode::real_devices,
            "`rate` is drawn for every device before the run, and nobody knows who will come to a "
            "proxy: `every: 10s` with `on: {count: 1}` takes somebody who is there");
  }
}

// Requires: no group has more places than there are.
void check_places(const Scenario& scenario, Complaints& out) {
  std::uint64_t places = 0;
  for (const GroupSpec& group : scenario.fleet) {
    if (!group.real) continue;
    places += group.real->places;
    if (places < kRealDevicesMax) continue;
    return out.add(
        fmt::format("fleet.{}.count", group.name), ErrorCode::fleet_size,
        fmt::format("with this group {} places are taken: a proxy tells {} ClientIDs apart, and at "
                    "least one is for those of no group; `count` of a group is {} where it is not "
                    "said",
                    places, kRealDevicesMax, kRealGroupPlaces));
  }
}

void check_phase(const PhaseSpec& phase, const std::string& path, Complaints& out) {
  if (phase.connect) {
    out.add(path + ".connect", ErrorCode::real_devices,
            "real devices connect by themselves: a phase of a proxy only waits");
  }
  if (std::holds_alternative<UntilOnline>(phase.end)) {
    out.add(
        path + ".until", ErrorCode::real_devices,
        "how many real devices there are is not known: a phase of a proxy ends after `for: 30s` "
        "or, the last one, with `for: auto`");
  }
}

// validate() has nobody to ask it of.
void check_policies(const Scenario& judged, std::size_t rule, Complaints& out) {
  for (const PolicySpec& policy : judged.backend.presence) {
    const std::string label = policy.label();
    if (!names_policy(judged.gate[rule].expect, label)) continue;
    const auto reason = why_not_applicable(judged, policy);
    if (!reason) continue;
    out.add(fmt::format("gate[{}].expect", rule), ErrorCode::policy_not_applicable,
            fmt::format("the policy {} is n/a for real devices here: {}", label, *reason));
  }
}

}  // namespace

std::string real_devices_text(bool hears_messages) {
  std::string text = R"(version: 1
devices:
  device:
    client_id: "device-{index}"
    will: {topic: "{client_id}/status", payload: "gone", retain: true}
    birth: {topic: "{client_id}/status", payload: "here", retain: true}
)";
  if (hears_messages) {
    text += R"(    publish: [{topic: "{client_id}/message", payload: "{seq}", every: 1m}]
)";
  }
  text += R"(fleet:
  devices: {device: device, count: 0}
phases:
  - {name: proxy, for: 8784h}
)";
  return text;
}

std::vector<Complaint> complain_of_real_devices(const Scenario& scenario) {
  Complaints out;
  check_places(scenario, out);
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    check_phase(scenario.phases[i], fmt::format("phases[{}]", i), out);
  }
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    check_fault(scenario.faults[i], fmt::format("faults[{}]", i), out);
  }
  if (!scenario.backend.publish.empty()) {
    out.add("backend.publish", ErrorCode::real_devices,
            "a proxy's back end only listens: it must not write to real devices");
  }
  if (!scenario.broker.managed) {
    out.add("broker.address", ErrorCode::real_devices, "a proxy's broker is its --upstream");
  }
  if (scenario.broker.tls) {
    out.add("broker.tls", ErrorCode::real_devices,
            "a proxy's broker is its --upstream, and this "
            "its --upstream-tls");
  }
  if (!scenario.broker.config.empty()) {
    out.add("broker.config", ErrorCode::real_devices,
            "a proxy's broker is its --upstream, which is not ours to configure");
  }
  if (scenario.broker.capacity) {
    out.add(
        "broker.capacity", ErrorCode::real_devices,
        "a real broker has the capacity that it has: `capacity` is one of `probate run --engine "
        "virtual`");
  }
  if (scenario.fleet.empty()) return out.take_sorted();
  const Scenario judged = with_places(scenario);
  for (std::size_t i = 0; i < judged.gate.size(); ++i) check_policies(judged, i, out);
  return out.take_sorted();
}

bool ends_by_itself(const Scenario& scenario) {
  return phase_length_max(scenario.phases.back()) < kDurationMax;
}

std::vector<Complaint> complain_of_simulated_devices(const Scenario& scenario) {
  Complaints out;
  for (const GroupSpec& group : scenario.fleet) {
    if (!group.real) continue;
    out.add(fmt::format("fleet.{}.devices", group.name), ErrorCode::simulated_devices,
            "`devices` says which real devices of `probate proxy` are a group; a simulated one has "
            "a `device` and a `count`");
  }
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const fault::Selector& on = scenario.faults[i].on;
    const auto refuse = [&](const char* key) {
      out.add(fmt::format("faults[{}].on.{}", i, key), ErrorCode::simulated_devices,
              fmt::format("`{}` selects real devices of `probate proxy`; simulated ones are "
                          "selected by `group` and `devices`",
                          key));
    };
    if (on.username) refuse("username");
    if (on.source) refuse("source");
    if (on.listener) refuse("listener");
    if (on.sni) refuse("sni");
  }
  return out.take_sorted();
}

bool has_fault(const Scenario& scenario, std::string_view name) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [name](const fault::FaultSpec& fault) { return fault.name == name; });
}

Scenario with_faults_by_hand(Scenario scenario) {
  CHECK(!has_fault(scenario, kByHand));
  fault::FaultSpec place;
  place.name = kByHand;
  place.what = fault::Stall{};  // one that lasts
  scenario.faults.push_back(std::move(place));
  scenario.faults_by_hand = true;
  return scenario;
}

GroupId real_group_of(const Scenario& scenario, std::string_view client_id) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    const auto& real = scenario.fleet[i].real;
    if (real && glob_matches(real->devices, client_id)) {
      return GroupId{static_cast<std::uint16_t>(i)};
    }
  }
  return GroupId{0};
}

Scenario with_places(Scenario scenario, std::uint32_t places) {
  for (GroupSpec& group : scenario.fleet) {
    if (!group.real) continue;
    group.count = std::min(group.real->places, places);
    places -= group.count;
  }
  scenario.fleet.front().count = places;
  return scenario;
}

}  // namespace probate::scenario
