#include "core/scenario/errors.hpp"

#include <gtest/gtest.h>

namespace probate::scenario {
namespace {

TEST(Errors, every_entry_is_found_by_the_code_it_prints) {
  ASSERT_FALSE(all_errors().empty());
  for (const ErrorInfo& info : all_errors()) {
    EXPECT_EQ(find_error(to_text(info.code)), &info) << info.title;
  }
}

TEST(Errors, every_entry_tells_cause_example_and_remedy) {
  for (const ErrorInfo& info : all_errors()) {
    EXPECT_FALSE(info.title.empty()) << to_text(info.code);
    EXPECT_TRUE(info.cause.ends_with('.')) << to_text(info.code);
    EXPECT_FALSE(info.example.empty()) << to_text(info.code);
    EXPECT_FALSE(info.remedy.empty()) << to_text(info.code);
    EXPECT_NE(info.example, info.remedy) << to_text(info.code);
  }
}

TEST(Errors, code_is_four_digits_behind_an_e) {
  EXPECT_EQ(to_text(ErrorCode::bad_quantity), "E0107");
  EXPECT_EQ(to_text(ErrorCode::rule_syntax), "E0301");
}

TEST(Errors, find_takes_lower_case) { EXPECT_EQ(find_error("e0107"), find_error("E0107")); }

TEST(Errors, find_gives_nothing_for_what_is_no_code) {
  for (const char* text :
       {"", "E", "E0000", "E9999", "E01070", "X0107", "E01a7", "0107", "E0198"}) {
    EXPECT_EQ(find_error(text), nullptr) << text;
  }
}

}  // namespace
}  // namespace probate::scenario
