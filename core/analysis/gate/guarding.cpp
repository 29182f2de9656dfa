#include "core/analysis/gate/guarding.hpp"

#include <algorithm>
#include <vector>

namespace probate::analysis::gate {
namespace {

bool is_about(const Guard& guard, std::size_t fault) {
  return guard.fault && guard.fault->index() == fault;
}

// Whether the labels of some metric select nothing but faults with a guard, this one's among them.
bool labels_select(const Node& node, const Guard& guard, std::span<const Guard> guards,
                   const scenario::Scenario& scenario) {
  if (node.kind == Node::Kind::binary) {
    return labels_select(*node.left, guard, guards, scenario) ||
           labels_select(*node.right, guard, guards, scenario);
  }
  const std::vector<std::size_t> selected = faults_selected(scenario, node);
  const auto has_guard = [&](std::size_t fault) {
    return std::any_of(guards.begin(), guards.end(),
                       [fault](const Guard& each) { return is_about(each, fault); });
  };
  return std::any_of(selected.begin(), selected.end(),
                     [&](std::size_t fault) { return is_about(guard, fault); }) &&
         std::all_of(selected.begin(), selected.end(), has_guard);
}

bool touches(const Guard& guard, const Scope& scope, const scenario::Scenario& scenario) {
  if (guard.voids_run) return true;
  if (guard.phase && scope.over.dimension == Dimension::phase &&
      guard.phase->index() == scope.over.index) {
    return true;
  }
  if (!guard.fault || guard.fault->index() >= scenario.faults.size()) return false;
  const bool over = scope.over.dimension == Dimension::fault && is_about(guard, scope.over.index);
  const bool per =
      scope.per == Per::fault && scenario.faults[guard.fault->index()].name == scope.bound;
  return over || per;
}

}  // namespace

const Guard* guard_on(std::span<const Guard> guards, const Rule& rule, const Scope& scope,
                      const scenario::Scenario& scenario) {
  for (const Guard& guard : guards) {
    if (touches(guard, scope, scenario)) return &guard;
    if (guard.fault && labels_select(*rule.expression.left, guard, guards, scenario)) return &guard;
  }
  return nullptr;
}

}  // namespace probate::analysis::gate
