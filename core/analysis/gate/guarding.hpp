// Which guard of a run is about which rule.
#pragma once

#include <span>

#include "core/analysis/gate/rule.hpp"
#include "core/analysis/judge.hpp"

namespace probate::analysis::gate {

// The guard that makes a rule's figures worthless, or nullptr: one that voids the run; one about
// the phase or fault that the rule is over, that its `per` stands for, or that its labels select
// (if they select several faults: each of them has one). Lifetime: of `guards`.
const Guard* guard_on(std::span<const Guard> guards, const Rule& rule, const Scope& scope,
                      const scenario::Scenario& scenario);

}  // namespace probate::analysis::gate
