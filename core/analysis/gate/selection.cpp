#include "core/analysis/gate/selection.hpp"

#include <algorithm>
#include <string_view>

namespace probate::analysis::gate {
namespace {

constexpr const char* kNoFault = "none";

// Of a repetition, or of a back reference: libstdc++ reads longer ones into a number that
// overflows.
constexpr std::size_t kDigitsMax = 9;

bool has_huge_number(std::string_view pattern) {
  for (std::size_t at = pattern.find_first_of("{,\\"); at != std::string_view::npos;
       at = pattern.find_first_of("{,\\", at + 1)) {
    const std::size_t end =
        std::min(pattern.find_first_not_of("0123456789", at + 1), pattern.size());
    if (end - at - 1 > kDigitsMax) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> group_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& group : scenario.fleet) names.push_back(group.name);
  return names;
}
std::vector<std::string> fault_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& fault : scenario.faults) names.push_back(fault.name);
  names.emplace_back(kNoFault);
  return names;
}
std::vector<std::string> faults_of(const scenario::Scenario& scenario, const Metric& metric) {
  std::vector<std::string> names = fault_names(scenario);
  if (metric.source == Source::faults) names.pop_back();  // "none" is no fault
  return names;
}
std::vector<std::string> policy_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& policy : scenario.backend.presence) names.push_back(policy.label());
  return names;
}

std::optional<std::regex> compile(const std::string& pattern) {
  if (has_huge_number(pattern)) return std::nullopt;
  try {
    // libstdc++'s matcher that does not backtrack: no pattern can take exponential time, and a
    // pattern with a back reference, which would need to, is refused.
    return std::regex{pattern, std::regex::ECMAScript | std::regex_constants::__polynomial};
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

std::vector<std::size_t> chosen(const LabelMatch& match, const std::vector<std::string>& values) {
  const auto pattern =
      match.how == MatchHow::regex ? compile(match.value) : std::optional<std::regex>{};
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bool hit = false;
    switch (match.how) {
      case MatchHow::equal:
        hit = values[i] == match.value;
        break;
      case MatchHow::not_equal:
        hit = values[i] != match.value;
        break;
      case MatchHow::regex:
        hit = pattern && std::regex_match(values[i], *pattern);
        break;
    }
    if (hit) indices.push_back(i);
  }
  return indices;
}

Selected select(const Scope& scope, const Node& node, const Metric& metric) {
  Selected selected;
  for (const LabelMatch& match : node.labels) {
    if (match.label == "group") selected.group = match;
    if (match.label == "fault") selected.fault = match;
    if (match.label == "policy") selected.policy = match;
    if (match.label == metric.own.name) selected.own = match;
  }
  const LabelMatch bound{{}, 0, MatchHow::equal, scope.bound, node.offset, node.length};
  if (scope.per == Per::group) selected.group = bound;
  if (scope.per == Per::fault) selected.fault = bound;
  if (scope.per == Per::policy && metric.source == Source::presence) selected.policy = bound;
  return selected;
}

}  // namespace probate::analysis::gate
