#include "core/scenario/glob.hpp"

#include <string>

#include <gtest/gtest.h>

namespace probate::scenario {
namespace {

TEST(Glob, matches_the_whole_text) {
  EXPECT_TRUE(glob_matches("dev", "dev"));
  EXPECT_FALSE(glob_matches("dev", "dev1"));
  EXPECT_FALSE(glob_matches("dev1", "dev"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "x"));
}

TEST(Glob, star_is_any_text_and_question_mark_one_character) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("dev-*", "dev-"));
  EXPECT_TRUE(glob_matches("dev-0?2", "dev-012"));
  EXPECT_FALSE(glob_matches("dev-0?2", "dev-02"));
  EXPECT_TRUE(glob_matches("*1*2*", "xx1yy2"));
  EXPECT_FALSE(glob_matches("*1*2", "xx2yy1"));
  EXPECT_TRUE(glob_matches("a*ab", "aaab")) << "the star must give back";
  EXPECT_TRUE(glob_matches("***", "abc"));
}

TEST(Glob, many_stars_do_not_explode) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "a*";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(1000, 'a')));
}

}  // namespace
}  // namespace probate::scenario
