// Which values of a metric's labels a rule means. For this folder only.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "core/analysis/gate/scope.hpp"

namespace probate::analysis::gate {

std::vector<std::string> group_names(const scenario::Scenario& scenario);
// Wills and false offlines without a fault behind them have the last place.
std::vector<std::string> fault_names(const scenario::Scenario& scenario);
// Those that `metric` is kept by.
std::vector<std::string> faults_of(const scenario::Scenario& scenario, const Metric& metric);
std::vector<std::string> policy_names(const scenario::Scenario& scenario);

// Nothing: this is no regular expression. None takes exponential time to match.
std::optional<std::regex> compile(const std::string& pattern);

// Which of `values` a match means, as indices.
std::vector<std::size_t> chosen(const LabelMatch& match, const std::vector<std::string>& values);

// What a metric's labels and its rule's scope select, label by label.
struct Selected {
  std::optional<LabelMatch> group;
  std::optional<LabelMatch> fault;
  std::optional<LabelMatch> policy;
  std::optional<LabelMatch> own;
};
Selected select(const Scope& scope, const Node& node, const Metric& metric);

}  // namespace probate::analysis::gate
