#include "core/base/result.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace probate {
namespace {

Result<int, std::string> half_of(int number) {
  if (number % 2 != 0) return Failure{std::string{"odd"}};
  return number / 2;
}

TEST(Result, holds_a_value_or_a_reason) {
  const auto good = half_of(8);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 4);
  const auto bad = half_of(7);
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error(), "odd");
}

TEST(Result, tells_the_sides_apart_when_both_have_one_type) {
  const Result<int, int> good{1};
  const Result<int, int> bad{Failure{1}};
  EXPECT_TRUE(good.has_value());
  EXPECT_FALSE(bad.has_value());
}

TEST(Result, gives_away_a_value_that_can_only_be_moved) {
  Result<std::unique_ptr<int>, std::string> result{std::make_unique<int>(3)};
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 3);
}

TEST(Result, lets_its_value_be_changed_in_place) {
  Result<std::string, int> result{std::string{"will"}};
  result->push_back('s');
  *result += '!';
  EXPECT_EQ(result.value(), "wills!");
}

TEST(ResultDeathTest, asking_the_wrong_side_is_our_bug) {
  EXPECT_DEATH(*half_of(7), "CHECK\\(has_value\\(\\)\\)");
  EXPECT_DEATH(static_cast<void>(half_of(8).error()), "CHECK\\(!has_value\\(\\)\\)");
}

}  // namespace
}  // namespace probate
