#include "core/base/json_text.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace probate {
namespace {

namespace json = boost::json;

TEST(PrettyJson, keeps_small_things_on_a_line_and_fills_lines_with_numbers) {
  json::array numbers;
  for (int i = 0; i < 60; ++i) numbers.emplace_back(i);
  const json::object value{{"small", json::object{{"a", 1}, {"b", 0.25}}},
                           {"empty", json::array{}},
                           {"numbers", numbers}};
  EXPECT_EQ(
      pretty_json(value),
      "{\n"
      "  \"small\": {\"a\": 1, \"b\": 0.25},\n"
      "  \"empty\": [],\n"
      "  \"numbers\": [\n"
      "    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,\n"
      "    23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,\n"
      "    43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59\n"
      "  ]\n"
      "}\n");
}

TEST(PrettyJson, has_no_number_that_json_does_not_know) {
  EXPECT_EQ(pretty_json(json::value(std::numeric_limits<double>::quiet_NaN())), "null\n");
  EXPECT_EQ(pretty_json(json::value(0.1)), "0.1\n");
  EXPECT_EQ(pretty_json(json::value("</script>\"\n")), "\"</script>\\\"\\n\"\n");
}

TEST(PrettyJson, has_null_for_a_number_that_is_not_there) {
  EXPECT_EQ(pretty_json(number_or_null(std::nullopt)), "null\n");
  EXPECT_EQ(pretty_json(number_or_null(0.5)), "0.5\n");
}

}  // namespace
}  // namespace probate
