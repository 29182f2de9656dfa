#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/real_devices.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using fault::FaultSpec;
using scenario::ForAuto;
using scenario::ForDuration;
using scenario::GroupSpec;
using scenario::PhaseSpec;
using scenario::UntilOnline;

constexpr std::uint64_t kGroupCountMax = 0xffffffff;  // validate() bounds the whole fleet

void read_link(MapReader& group, scenario::LinkSpec& link) {
  const Node* node = group.get("link");
  if (node == nullptr) return;
  MapReader map{group.context(), *node, group.path_of("link")};
  map.duration("latency", link.latency);
  map.duration("jitter", link.jitter);
  map.get("nat_idle");  // read_link_faults
  map.get("bandwidth");
  map.get("loss");
  map.finish();
}

// A fault that a group's link has for good.
FaultSpec link_fault(std::size_t group, const std::string& name, const char* key, PhaseId from) {
  FaultSpec spec;
  spec.name = fmt::format("{}-link-{}", name, key);
  spec.timing = fault::Once{from, 0s};
  spec.on.group = GroupId{static_cast<std::uint16_t>(group)};
  spec.stands_at = fmt::format("fleet.{}.link.{}", name, key);
  return spec;
}

void read_connect_plan(MapReader& phase, PhaseSpec& spec) {
  const Node* node = phase.get("connect");
  if (node == nullptr) return;
  Context& context = phase.context();
  MapReader map{context, *node, phase.path_of("connect")};
  scenario::ConnectPlan plan;
  map.word("arrival", plan.arrival, {scenario::Arrival::even, scenario::Arrival::poisson});
  if (const Node* rate = map.get("rate")) plan.rate = read_rate(context, *rate).value_or(plan.rate);
  map.finish();
  spec.connect = plan;
}

void read_until(MapReader& phase, PhaseSpec& spec) {
  const Node* node = phase.get("until");
  if (node == nullptr) return;
  Context& context = phase.context();
  MapReader map{context, *node, phase.path_of("until")};
  UntilOnline until;
  if (const Node* online = map.get("online")) {
    until.share = read_share(context, *online).value_or(until.share);
  }
  map.duration("timeout", until.timeout);
  map.finish();
  spec.end = until;
}

// Whether it is `auto`, or was meant to be.
bool is_auto(Context& context, const Node* node) {
  constexpr std::array<std::string_view, 1> kWords{"auto"};
  if (is_word(node, kWords[0])) return true;
  if (node == nullptr || node->kind != NodeKind::scalar) return false;
  const std::string meant = suggestion(node->text, kWords);
  if (meant.empty()) return false;
  context.error(node->place, ErrorCode::bad_quantity, "not a duration" + meant);
  return true;
}

void read_for(MapReader& phase, PhaseSpec& spec) {
  if (!is_auto(phase.context(), phase.get("for"))) {
    ForDuration end;
    phase.duration("for", end.duration);
    spec.end = end;
    phase.refuse("at_most", ErrorCode::conflicting_keys, "`at_most` is the bound of `for: auto`");
    return;
  }
  ForAuto end;
  phase.duration("at_most", end.at_most);
  spec.end = end;
}

PhaseSpec read_phase(Context& context, const Node& node) {
  PhaseSpec phase;
  MapReader map{context, node, "phases[]"};
  if (!map.is_map()) return phase;
  map.need("name");
  map.text("name", phase.name);
  read_connect_plan(map, phase);
  if (map.has("for") && map.has("until")) {
    map.refuse("until", ErrorCode::conflicting_keys,
               "a phase ends either by `for` or by `until`, which has its own timeout");
  }
  if (!map.has("for") && !map.has("until")) {
    context.error(node.place, ErrorCode::missing_key,
                  "a phase needs an end: `for: 1m`, `for: auto` or `until: {online: 99%}`");
  }
  if (map.has("for")) {
    read_for(map, phase);
  } else {
    read_until(map, phase);
  }
  map.finish("until");
  return phase;
}

}  // namespace

std::optional<std::size_t> read_reference(Context& context, const Node& node, std::string_view what,
                                          const std::vector<std::string_view>& names) {
  const auto name = read_text(context, node);
  if (!name || names.empty()) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  context.error(node.place, ErrorCode::unknown_name,
                fmt::format("no {} is called \"{}\"{}", what, *name, suggestion(*name, names)));
  return std::nullopt;
}

scenario::RealGroup read_real_group(MapReader& map) {
  scenario::RealGroup real{.devices = "", .places = scenario::kRealGroupPlaces};
  map.text("devices", real.devices);
  if (const Node* count = map.get("count")) {
    real.places = static_cast<std::uint32_t>(
        read_whole(map.context(), *count, 1, scenario::kRealDevicesMax).value_or(real.places));
  }
  return real;
}

std::vector<GroupSpec> read_fleet(Context& context, const Node& node, const Names& names) {
  std::vector<GroupSpec> fleet;
  if (node.kind != NodeKind::map) {
    context.error(node.place, ErrorCode::wrong_kind,
                  "a map of groups by name is needed here, as in {city: {device: …, count: 10}}");
    return fleet;
  }
  for (const Entry& entry : node.entries) {
    GroupSpec& group = fleet.emplace_back();
    group.name = entry.key;
    MapReader map{context, entry.value, "fleet.*"};
    if (!map.is_map()) continue;
    if (map.has("devices")) {
      group.real = read_real_group(map);
      map.finish("`devices`");
      continue;
    }
    if (const Node* device = map.need("device")) {
      group.device = read_reference(context, *device, "device", names.devices).value_or(0);
    }
    if (const Node* count = map.need("count")) {
      group.count =
          static_cast<std::uint32_t>(read_whole(context, *count, 0, kGroupCountMax).value_or(0));
    }
    read_link(map, group.link);
    map.finish();
  }
  return fleet;
}

std::vector<FaultSpec> read_link_faults(Context& context, const Node& fleet, PhaseId connects) {
  std::vector<FaultSpec> faults;
  for (std::size_t i = 0; i < fleet.entries.size(); ++i) {
    const Entry& group = fleet.entries[i];
    const Node* link = group.value.find("link");
    if (link == nullptr) continue;
    if (const Node* node = link->find("nat_idle")) {
      MapReader map{context, *node, "fleet.*.link.nat_idle"};
      if (!map.is_map()) continue;
      FaultSpec& spec = faults.emplace_back(link_fault(i, group.key, "nat_idle", connects));
      spec.what = read_nat_idle(map);
      map.finish();
    }
    if (const Node* node = link->find("bandwidth")) {
      const auto rate = read_byte_rate(context, *node);
      if (!rate) continue;
      FaultSpec& spec = faults.emplace_back(link_fault(i, group.key, "bandwidth", connects));
      spec.what = fault::Bandwidth{.bytes_per_second = *rate};
    }
    if (const Node* node = link->find("loss")) {
      const auto loss = read_share(context, *node);
      if (!loss) continue;
      FaultSpec& spec = faults.emplace_back(link_fault(i, group.key, "loss", connects));
      spec.what = fault::Lossy{.loss = *loss};
    }
  }
  return faults;
}

std::vector<PhaseSpec> read_phases(Context& context, const Node& node) {
  std::vector<PhaseSpec> phases;
  for_each_item(context, node,
                [&](const Node& item) { phases.push_back(read_phase(context, item)); });
  return phases;
}

}  // namespace probate::yaml
