#include "sim/yaml/hand_fault.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "core/scenario/real_devices.hpp"
#include "sim/yaml/loader.hpp"
#include "sim/yaml/locate.hpp"
#include "sim/yaml/parse.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

// What a fault by hand is checked against: a proxy's scenario that says nothing.
const scenario::Scenario& bare_proxy() {
  static const scenario::Scenario kScenario = [] {
    LoadOptions options;
    options.real_devices = true;
    auto loaded = load_text("version: 1\nname: by-hand\n", "by hand", options);
    CHECK(loaded.has_value());
    return std::move(*loaded);
  }();
  return kScenario;
}

scenario::Scenario proxy_with(std::span<const std::string> groups) {
  scenario::Scenario proxy = bare_proxy();
  for (const std::string& name : groups) {
    if (name == scenario::kRealDevicesGroup) continue;
    scenario::GroupSpec& group = proxy.fleet.emplace_back();
    group.name = name;
    group.real = scenario::RealGroup{};
  }
  return proxy;
}

const std::vector<Key>& hand_fault_keys() {
  static const std::vector<Key> kKeys = [] {
    const auto scenario = scenario_keys();
    std::vector<Key> all{scenario.begin(), scenario.end()};
    all.push_back({"faults[].newcomers", Shape::boolean, "", "false", ""});
    all.push_back({"faults[].forever", Shape::boolean, "", "false", ""});
    return all;
  }();
  return kKeys;
}

// As the paths of complaints want it.
Node as_first_of_faults(Node fault) {
  Node list;
  list.kind = NodeKind::list;
  list.place = fault.place;
  list.items.push_back(std::move(fault));
  Node root;
  root.kind = NodeKind::map;
  root.place = list.place;
  root.entries.push_back({"faults", list.place, std::move(list)});
  return root;
}

}  // namespace

Result<scenario::HandFault, std::vector<Diagnostic>> load_hand_fault(
    std::string text, std::string name, std::span<const std::string> groups) {
  Sources sources;
  Problems problems{sources};
  Budget budget;
  const SourceId source = sources.add(std::move(name), std::move(text), SourceKind::scenario);
  auto node = parse(source, sources, budget, problems);
  if (!node) return Failure{problems.sorted()};
  const FileReader no_file = [](const std::string&) -> Result<std::string, std::string> {
    return Failure{std::string{"a fault by hand reads no file"}};
  };
  Context context{hand_fault_keys(), sources, problems, no_file, no_file};
  const scenario::Scenario proxy = proxy_with(groups);
  Names names;
  for (const scenario::GroupSpec& group : proxy.fleet) names.groups.emplace_back(group.name);
  scenario::HandFault fault = read_hand_fault(context, *node, names);
  const Node root = as_first_of_faults(std::move(*node));
  const std::set<Place> known = problems.places();
  for (const scenario::Complaint& each : complain_of_hand_fault(proxy, fault)) {
    const Located located = locate(root, each.path);
    const scenario::ErrorInfo* info = scenario::find_error(each.code);
    CHECK(info != nullptr);
    if (is_doubtful(located, known)) continue;
    problems.add(located.place, info->code, each.message);
  }
  if (problems.any()) return Failure{problems.sorted()};
  return fault;
}

}  // namespace probate::yaml
