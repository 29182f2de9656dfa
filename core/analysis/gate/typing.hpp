// Units of expressions: what can be added, divided and compared.
#pragma once

#include <optional>

#include "core/analysis/gate/expression.hpp"
#include "core/analysis/gate/scope.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis::gate {

// Sets the unit of every node and checks names, labels, functions and units; the first mistake is
// returned.
std::optional<ExpressionError> type_check(const scenario::Scenario& scenario, const Scope& scope,
                                          Expression& expression);

}  // namespace probate::analysis::gate
