// The sections of a scenario, each from its part of the tree.
#pragma once

#include <string_view>
#include <vector>

#include "core/scenario/hand_fault.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/yaml/reader.hpp"

namespace probate::yaml {

// Names that other sections refer to, in the file's order.
struct Names {
  std::vector<std::string_view> devices;
  std::vector<std::string_view> groups;
  std::vector<std::string_view> phases;
};

scenario::BrokerSpec read_broker(Context& context, const Node& node);
std::vector<device::DeviceConfig> read_devices(Context& context, const Node& node);
std::vector<scenario::GroupSpec> read_fleet(Context& context, const Node& node, const Names& names);
std::vector<scenario::PhaseSpec> read_phases(Context& context, const Node& node);
std::vector<fault::FaultSpec> read_faults(Context& context, const Node& node, const Names& names);
// One that strikes at once: it has keys of its own, `newcomers` and `forever`.
scenario::HandFault read_hand_fault(Context& context, const Node& node, const Names& names);
// What a group's `link` says, as faults of the whole group: put behind the others, from the phase
// on in which the fleet connects.
std::vector<fault::FaultSpec> read_link_faults(Context& context, const Node& fleet,
                                               PhaseId connects);
fault::NatIdle read_nat_idle(MapReader& map);
fault::Mqtt read_mqtt(MapReader& map);
void read_direction(MapReader& map, fault::FlowDirection& direction);
void read_cut_how(MapReader& map, fault::CutHow& how);
scenario::BackendSpec read_backend(Context& context, const Node& node);
// The list backend.presence; [naive] if it is absent.
void read_presence(MapReader& backend, std::vector<scenario::PolicySpec>& presence);
// The keys of a policy's parameters; one that takes a wait alone takes it as a bare duration.
std::vector<std::string_view> policy_parameters(scenario::PolicyName name);
scenario::JudgeSpec read_judge(Context& context, const Node& node);
std::vector<scenario::GateRuleSpec> read_gate(Context& context, const Node& node);

// The parts of a message that every sender has: topic, payload, qos, retain.
void read_message(MapReader& map, device::MessageConfig& message);
void read_qos(MapReader& map, std::string_view key, mqtt::QoS& qos);
// The file's content without its last line end; empty, and reported, if it cannot be read.
void read_password(MapReader& map, std::string& password);
// One text, or a list of texts; calls take(node) for each.
template <typename Take>
void for_each_text(Context& context, const Node& node, Take take) {
  if (node.kind == NodeKind::scalar) return take(node);
  for_each_item(context, node, take);
}
// The position of the name that the node holds; reports a name that nothing has. Silent if there
// are no names at all, because then that has been reported.
std::optional<std::size_t> read_reference(Context& context, const Node& node, std::string_view what,
                                          const std::vector<std::string_view>& names);

}  // namespace probate::yaml
