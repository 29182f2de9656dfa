// Which choices are worth having when figures count that should all be small.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace probate::analysis {

// How often it is wrong, how long it takes to be right, and how much it overlooks that its slowness
// does not count. Requires: no NaN.
struct Choice {
  std::optional<double> wrong;
  std::optional<double> slow;
  double blind = 0;
};

struct Standing {
  bool is_comparable = false;               // it is known how wrong and how slow it is
  std::optional<std::size_t> dominated_by;  // a choice on the front

  bool on_front() const { return is_comparable && !dominated_by; }
  bool operator==(const Standing&) const = default;
};

// One choice dominates another if it is worse in no figure and better in one; what nobody
// dominates is the Pareto front. Equal choices do not dominate each other: the front has all of
// them. A choice that lacks a figure (no outage was detected, nobody returned) is compared with
// none: it neither dominates nor is dominated, and is not on the front. Of several choices on the
// front that dominate one, the least wrong is named; of equals, the first.
std::vector<Standing> pareto(std::span<const Choice> choices);

}  // namespace probate::analysis
