#include "core/base/text.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace probate {
namespace {

constexpr std::array<std::string_view, 6> kFaults{"drop",        "stall",     "half_open",
                                                  "sim_arrears", "power_cut", "leave"};

TEST(DidYouMean, finds_a_name_one_edit_away) {
  EXPECT_EQ(did_you_mean("drp", kFaults), "drop");     // deleted
  EXPECT_EQ(did_you_mean("dropp", kFaults), "drop");   // inserted
  EXPECT_EQ(did_you_mean("stell", kFaults), "stall");  // replaced
  EXPECT_EQ(did_you_mean("satll", kFaults), "stall");  // swapped neighbours
  EXPECT_EQ(did_you_mean("half-open", kFaults), "half_open");
}

TEST(DidYouMean, allows_longer_words_more_edits) {
  EXPECT_EQ(did_you_mean("simarears", kFaults), "sim_arrears");  // two edits in nine characters
  EXPECT_EQ(did_you_mean("drwwp", kFaults), std::nullopt);       // two in five are too many
}

TEST(DidYouMean, says_nothing_when_nothing_is_near) {
  EXPECT_EQ(did_you_mean("latency", kFaults), std::nullopt);
  EXPECT_EQ(did_you_mean("", kFaults), std::nullopt);
  EXPECT_EQ(did_you_mean("drop", {}), std::nullopt);
}

TEST(DidYouMean, prefers_the_nearest_and_among_equals_the_first) {
  constexpr std::array<std::string_view, 3> kNames{"bath", "math", "mat"};
  EXPECT_EQ(did_you_mean("maths", kNames), "math");
  EXPECT_EQ(did_you_mean("path", kNames), "bath");
}

TEST(DidYouMean, never_proposes_a_name_that_shares_no_letter) {
  constexpr std::array<std::string_view, 1> kNames{"k"};
  EXPECT_EQ(did_you_mean("x", kNames), std::nullopt);
}

TEST(DidYouMean, gives_up_on_a_word_beyond_its_limit) {
  const std::string longest(64, 'a');
  const std::array<std::string_view, 1> names{longest};
  EXPECT_EQ(did_you_mean(longest, names), longest);
  EXPECT_EQ(did_you_mean(longest + "a", names), std::nullopt);
}

TEST(Suggestion, is_ready_to_follow_a_complaint_or_empty) {
  EXPECT_EQ(suggestion("drp", kFaults), "; did you mean \"drop\"?");
  EXPECT_EQ(suggestion("latency", kFaults), "");
}

}  // namespace
}  // namespace probate
