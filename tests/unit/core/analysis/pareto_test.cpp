#include "core/analysis/pareto.hpp"

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::analysis {
namespace {

constexpr std::optional<double> kNothing;

std::vector<std::size_t> front_of(const std::vector<Choice>& choices) {
  std::vector<std::size_t> front;
  const auto standings = pareto(choices);
  for (std::size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].on_front()) front.push_back(i);
  }
  return front;
}

TEST(Pareto, keeps_what_nothing_beats_in_both_figures) {
  const std::vector<Choice> choices{{0.4, 1.0}, {0.1, 5.0}, {0.2, 6.0}, {0.0, 9.0}};
  EXPECT_EQ(front_of(choices), (std::vector<std::size_t>{0, 1, 3}));
  EXPECT_EQ(pareto(choices)[2].dominated_by, 1U);
}

TEST(Pareto, is_empty_without_choices_and_the_choice_itself_if_it_is_alone) {
  EXPECT_TRUE(pareto({}).empty());
  EXPECT_EQ(front_of({{0.5, 3.0}}), std::vector<std::size_t>{0});
}

TEST(Pareto, has_all_of_equal_choices) {
  EXPECT_EQ(front_of({{0.1, 2.0}, {0.1, 2.0}, {0.2, 2.0}, {0.1, 3.0}}),
            (std::vector<std::size_t>{0, 1}));
}

TEST(Pareto, dominates_by_one_figure_when_the_other_is_equal) {
  const auto standings = pareto(std::vector<Choice>{{0.1, 2.0}, {0.1, 3.0}, {0.3, 2.0}});
  EXPECT_EQ(standings[1].dominated_by, 0U);
  EXPECT_EQ(standings[2].dominated_by, 0U);
}

TEST(Pareto, compares_a_choice_without_a_figure_with_none) {
  // Never detected anything, and never wrong: not the best of all.
  const std::vector<Choice> choices{{0.0, kNothing}, {0.4, 1.0}, {kNothing, 0.5}, {0.5, 2.0}};
  EXPECT_EQ(front_of(choices), std::vector<std::size_t>{1});
  const auto standings = pareto(choices);
  EXPECT_FALSE(standings[0].is_comparable);
  EXPECT_EQ(standings[0].dominated_by, std::nullopt);
  EXPECT_FALSE(standings[2].is_comparable);
  EXPECT_EQ(standings[3].dominated_by, 1U);
  EXPECT_TRUE(front_of({{kNothing, kNothing}}).empty());
}

TEST(Pareto, names_the_least_wrong_of_those_that_dominate) {
  const std::vector<Choice> choices{{0.3, 1.0}, {0.1, 2.0}, {0.4, 4.0}};
  EXPECT_EQ(pareto(choices)[2].dominated_by, 1U);
}

TEST(Pareto, lets_what_overlooks_more_dominate_nothing) {
  const std::vector<Choice> choices{{0.3, 5.0, 0.2}, {0.1, 1.0, 0.6}, {0.3, 6.0, 0.7}};
  EXPECT_EQ(front_of(choices), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(pareto(choices)[2].dominated_by, 1U);
}

// A dominates B by its definition.
bool dominates(const Choice& a, const Choice& b) {
  const bool is_no_worse = *a.wrong <= *b.wrong && *a.slow <= *b.slow && a.blind <= b.blind;
  return is_no_worse && (*a.wrong < *b.wrong || *a.slow < *b.slow || a.blind < b.blind);
}

TEST(Pareto, agrees_with_its_definition_on_random_grids) {
  Rng rng = Rng{7}.stream("pareto");
  for (int round = 0; round < 400; ++round) {
    std::vector<Choice> choices;
    // A coarse grid, so that ties are common; in every other round nothing is overlooked.
    const std::uint64_t blind_levels = round % 2 == 0 ? 1 : 5;
    for (int i = 0; i < 40; ++i) {
      choices.push_back({static_cast<double>(rng.below(8)), static_cast<double>(rng.below(8)),
                         static_cast<double>(rng.below(blind_levels))});
    }
    const auto standings = pareto(choices);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      bool is_dominated = false;
      for (const Choice& other : choices) is_dominated |= dominates(other, choices[i]);
      ASSERT_EQ(standings[i].on_front(), !is_dominated) << "round " << round << " choice " << i;
      if (!is_dominated) continue;
      const std::size_t by = *standings[i].dominated_by;
      ASSERT_TRUE(dominates(choices[by], choices[i]));
      ASSERT_TRUE(standings[by].on_front());
    }
  }
}

}  // namespace
}  // namespace probate::analysis
