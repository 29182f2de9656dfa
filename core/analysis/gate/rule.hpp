// A rule, compiled: parsed, typed, its scope known.
#pragma once

#include <string>

#include "core/analysis/gate/expression.hpp"
#include "core/analysis/gate/scope.hpp"

namespace probate::analysis::gate {

struct Rule {
  Expression expression;
  Over over;
  Per per{};

  // Whether its figures move in one direction only and its relation sets them an upper limit, so
  // that once it is violated it stays so.
  bool is_final_when_exceeded() const;
  // The same with a lower limit: once it holds, it does so for good.
  bool is_final_when_reached() const;
};

struct RuleMistake {
  std::string key;  // "expect", "over", "abort", …
  ExpressionError error;
};

Result<Rule, RuleMistake> compile(const scenario::Scenario& scenario,
                                  const scenario::GateRuleSpec& spec);

}  // namespace probate::analysis::gate
