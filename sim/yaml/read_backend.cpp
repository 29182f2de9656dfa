#include <fmt/format.h>

#include "sim/yaml/quantity.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using scenario::BackendSpec;

void read_filters(MapReader& map, std::string_view key, std::vector<std::string>& filters) {
  const Node* node = map.get(key);
  if (node == nullptr) return;
  if (node->kind == NodeKind::list && node->items.empty()) {
    map.context().error(node->place, ErrorCode::wrong_kind,
                        "an empty list; leave the key out to derive the filters from the devices");
  }
  for_each_text(map.context(), *node, [&](const Node& item) {
    if (auto filter = read_text(map.context(), item)) filters.push_back(std::move(*filter));
  });
}

void read_downlink(MapReader& backend, BackendSpec& spec) {
  const Node* node = backend.get("publish");
  if (node == nullptr) return;
  for_each_item(backend.context(), *node, [&](const Node& item) {
    MapReader map{backend.context(), item, backend.path_of("publish[]")};
    scenario::DownlinkSpec downlink;
    read_message(map, downlink.message);
    map.need("every");
    map.duration("every", downlink.every);
    map.finish();
    spec.publish.push_back(std::move(downlink));
  });
}

// "run", "phase X", "fault X", or "last 60s".
void read_over(Context& context, const Node& node, scenario::GateRuleSpec& rule) {
  constexpr std::string_view kLast = "last ";
  auto text = read_text(context, node);
  if (!text) return;
  rule.over = std::move(*text);
  if (!rule.over.starts_with(kLast)) return;
  const auto window = parse_duration(std::string_view{rule.over}.substr(kLast.size()));
  if (window) {
    rule.window = *window;
  } else {
    context.error(node.place, window.error().code, window.error().message);
  }
}

scenario::GateRuleSpec read_rule(Context& context, const Node& node, std::size_t number) {
  scenario::GateRuleSpec rule;
  rule.name = fmt::format("rule-{}", number);
  const auto expect = [&](const Node& text) {
    if (auto read = read_text(context, text)) rule.expect = std::move(*read);
    const Source& source = context.sources.at(text.place.source);
    if (source.kind != SourceKind::scenario) return;
    rule.file = source.name;
    rule.line = text.place.line + 1;
  };
  if (node.kind == NodeKind::scalar) {
    expect(node);
    return rule;
  }
  MapReader map{context, node, "gate[]"};
  map.text("name", rule.name);
  if (const Node* text = map.need("expect")) expect(*text);
  if (const Node* over = map.get("over")) read_over(context, *over, rule);
  if (const Node* per = map.get("per")) {
    const auto index = read_word(context, *per, *find_key(context.keys, "gate[].per"));
    if (index) rule.per = per->text;
  }
  if (const Node* share = map.get("confidence")) rule.confidence = read_share(context, *share);
  if (const Node* samples = map.get("min_samples")) {
    rule.samples_min = read_whole(context, *samples, 0, 1'000'000'000'000).value_or(1);
  }
  using scenario::OnNoData;
  using scenario::Severity;
  if (const Node* held = map.get("for")) rule.held_for = read_duration(context, *held);
  map.boolean("abort", rule.abort);
  map.word("severity", rule.severity, {Severity::fail, Severity::warn});
  map.word("on_no_data", rule.on_no_data, {OnNoData::inconclusive, OnNoData::fail, OnNoData::pass});
  map.finish();
  return rule;
}

}  // namespace

BackendSpec read_backend(Context& context, const Node& node) {
  BackendSpec spec;
  MapReader map{context, node, "backend"};
  read_filters(map, "wills", spec.wills);
  read_filters(map, "births", spec.births);
  read_filters(map, "messages", spec.messages);
  read_downlink(map, spec);
  read_qos(map, "qos", spec.qos);
  read_presence(map, spec.presence);
  map.finish();
  return spec;
}

scenario::JudgeSpec read_judge(Context& context, const Node& node) {
  scenario::JudgeSpec judge;
  MapReader map{context, node, "judge"};
  map.duration("allowance", judge.allowance);
  map.duration("horizon", judge.horizon);
  map.duration("flicker", judge.flicker);
  if (map.has("takeover_reading")) {
    using enum broker::Reading;
    broker::Reading reading = either;
    map.word("takeover_reading", reading, {a, b, either});
    judge.takeover_reading = reading;
  }
  map.finish();
  return judge;
}

std::vector<scenario::GateRuleSpec> read_gate(Context& context, const Node& node) {
  std::vector<scenario::GateRuleSpec> rules;
  for_each_item(context, node, [&](const Node& item) {
    rules.push_back(read_rule(context, item, rules.size() + 1));
  });
  return rules;
}

}  // namespace probate::yaml
