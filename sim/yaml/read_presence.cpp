// The list under backend.presence: words, and words with parameters.
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using scenario::PolicyName;
using scenario::PolicySpec;

constexpr std::uint64_t kMissesMax = 1'000;

// {debounce: 10s}: the one parameter needs no name.
bool takes_a_duration(const scenario::PolicyParameters& takes) {
  return takes.wait && !takes.heartbeat;
}

void read_parameters(Context& context, const Node& node, PolicySpec& policy) {
  const std::vector<std::string_view> known = policy_parameters(policy.name);
  for (const Entry& entry : node.entries) {
    if (entry.key == "wait" && scenario::parameters_of(policy.name).wait) {
      if (const auto wait = read_duration(context, entry.value)) policy.wait = *wait;
    } else if (entry.key == "heartbeat") {
      if (const auto every = read_duration(context, entry.value)) policy.heartbeat = *every;
    } else if (entry.key == "misses") {
      const auto misses = read_whole(context, entry.value, 1, kMissesMax);
      if (misses) policy.misses = static_cast<std::uint32_t>(*misses);
    } else {
      context.error(entry.place, ErrorCode::unknown_key,
                    fmt::format("the policy {} has no parameter \"{}\"{}", word(policy.name),
                                entry.key, suggestion(entry.key, known)));
    }
  }
}

void read_policy(Context& context, const Node& item, std::vector<PolicySpec>& policies) {
  const Key& key = *find_key(context.keys, "backend.presence");
  Node name = item;
  const Node* parameters = nullptr;
  if (item.kind == NodeKind::map && item.entries.size() == 1) {
    const Entry& entry = item.entries.front();
    name = Node{NodeKind::scalar, entry.place, entry.key, false, false, {}, {}};
    parameters = &entry.value;
  }
  const auto index = read_word(context, name, key);
  if (!index) return;
  PolicySpec policy;
  policy.name = static_cast<PolicyName>(*index);
  policy.wait = scenario::default_wait(policy.name);
  policy.is_adjusted = parameters != nullptr;
  const scenario::PolicyParameters takes = scenario::parameters_of(policy.name);
  if (parameters == nullptr) {
    policies.push_back(policy);
    return;
  }
  if (!takes.wait && !takes.heartbeat) {
    context.error(name.place, ErrorCode::conflicting_keys,
                  fmt::format("the policy {} takes no parameter", name.text));
  } else if (takes_a_duration(takes)) {
    if (const auto wait = read_duration(context, *parameters)) policy.wait = *wait;
  } else if (parameters->kind != NodeKind::map) {
    context.error(parameters->place, ErrorCode::wrong_kind,
                  fmt::format("{} takes a map, as in {{{}: {{{}}}}}", name.text, name.text,
                              takes.wait ? "wait: 10s, heartbeat: 120s, misses: 3"
                                         : "heartbeat: 120s, misses: 3"));
  } else {
    read_parameters(context, *parameters, policy);
  }
  policies.push_back(policy);
}

}  // namespace

std::vector<std::string_view> policy_parameters(PolicyName name) {
  const scenario::PolicyParameters takes = scenario::parameters_of(name);
  std::vector<std::string_view> names;
  if (takes.wait) names.emplace_back("wait");
  if (takes.heartbeat) names.insert(names.end(), {"heartbeat", "misses"});
  return names;
}

void read_presence(MapReader& backend, std::vector<PolicySpec>& presence) {
  const Node* node = backend.get("presence");
  if (node == nullptr) {
    presence.push_back({PolicyName::naive});
    return;
  }
  Context& context = backend.context();
  for_each_item(context, *node, [&](const Node& item) { read_policy(context, item, presence); });
}

}  // namespace probate::yaml
