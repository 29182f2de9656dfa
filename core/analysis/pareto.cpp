#include "core/analysis/pareto.hpp"

#include <algorithm>
#include <tuple>

namespace probate::analysis {

std::vector<Standing> pareto(std::span<const Choice> choices) {
  std::vector<Standing> standings(choices.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    standings[i].is_comparable = choices[i].wrong && choices[i].slow;
    if (standings[i].is_comparable) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&choices](std::size_t a, std::size_t b) {
    return std::tie(*choices[a].slow, *choices[a].wrong, a) <
           std::tie(*choices[b].slow, *choices[b].wrong, b);
  });
  // From the fastest to the slowest: whoever is not less wrong than all before is dominated by the
  // last one that was, the least wrong of those that are not slower.
  std::optional<std::size_t> best;
  for (const std::size_t i : order) {
    const bool is_less_wrong = !best || *choices[i].wrong < *choices[*best].wrong;
    if (is_less_wrong) {
      best = i;
      continue;
    }
    const bool is_equal =
        *choices[i].wrong == *choices[*best].wrong && *choices[i].slow == *choices[*best].slow;
    if (!is_equal) standings[i].dominated_by = best;
  }
  return standings;
}

}  // namespace probate::analysis
