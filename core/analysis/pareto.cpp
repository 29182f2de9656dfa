#include "core/analysis/pareto.hpp"

#include <algorithm>
#include <tuple>

namespace probate::analysis {

namespace {

// Of the choices so far those that nobody beats in being wrong and being blind: the less wrong, the
// more blind.
class Stair {
 public:
  explicit Stair(std::span<const Choice> choices) : choices_{choices} {}

  // The least wrong that is neither more wrong nor more blind.
  std::optional<std::size_t> step_below(const Choice& choice) const {
    const auto found = std::find_if(steps_.begin(), steps_.end(), [&](std::size_t step) {
      return choices_[step].blind <= choice.blind;
    });
    if (found == steps_.end() || *choices_[*found].wrong > *choice.wrong) return std::nullopt;
    return *found;
  }
  // Requires: no step below it.
  void add(std::size_t index) {
    const Choice& choice = choices_[index];
    std::erase_if(steps_, [&](std::size_t step) {
      return *choices_[step].wrong >= *choice.wrong && choices_[step].blind >= choice.blind;
    });
    const auto place = std::find_if(steps_.begin(), steps_.end(), [&](std::size_t step) {
      return *choices_[step].wrong > *choice.wrong;
    });
    steps_.insert(place, index);
  }

 private:
  std::span<const Choice> choices_;
  std::vector<std::size_t> steps_;
};

bool is_same(const Choice& a, const Choice& b) {
  return std::tie(*a.wrong, *a.slow, a.blind) == std::tie(*b.wrong, *b.slow, b.blind);
}

}  // namespace

std::vector<Standing> pareto(std::span<const Choice> choices) {
  std::vector<Standing> standings(choices.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    standings[i].is_comparable = choices[i].wrong && choices[i].slow;
    if (standings[i].is_comparable) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&choices](std::size_t a, std::size_t b) {
    const Choice& one = choices[a];
    const Choice& other = choices[b];
    return std::tie(*one.slow, *one.wrong, one.blind, a) <
           std::tie(*other.slow, *other.wrong, other.blind, b);
  });
  // From the fastest to the slowest: whoever has a step below is not faster than that one.
  Stair stair{choices};
  for (const std::size_t i : order) {
    const auto step = stair.step_below(choices[i]);
    if (!step) {
      stair.add(i);
    } else if (!is_same(choices[i], choices[*step])) {
      standings[i].dominated_by = step;
    }
  }
  return standings;
}

}  // namespace probate::analysis
