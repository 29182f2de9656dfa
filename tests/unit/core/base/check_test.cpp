#include "core/base/check.hpp"

#include <gtest/gtest.h>

namespace probate {
namespace {

TEST(Check, evaluates_its_condition_once_and_lets_a_true_one_pass) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, a_false_condition_aborts_and_says_what_and_where) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "CHECK\\(1 \\+ 1 == 3\\) failed at .*check_test\\.cpp:[0-9]+");
}

TEST(CheckDeathTest, prints_the_command_that_repeats_the_run) {
  const auto fail_with_context = [] {
    set_check_context("repeat with: probate run x.yaml --seed 8123");
    CHECK(false);
  };
  EXPECT_DEATH(fail_with_context(), "repeat with: probate run x\\.yaml --seed 8123");
}

}  // namespace
}  // namespace probate
