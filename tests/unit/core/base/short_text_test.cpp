#include "core/base/short_text.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace probate {
namespace {

TEST(ShortText, holds_texts_of_every_length) {
  static_assert(sizeof(ShortText) == 16);
  ShortText text;
  EXPECT_EQ(text.view(), "");
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string wanted(size, static_cast<char>('a' + size % 26));
    text.set(wanted);
    EXPECT_EQ(text.view(), wanted);
  }
}

TEST(ShortText, holds_numbers_of_every_length) {
  ShortText text;
  for (std::size_t size = 0; size < 40; ++size) {
    std::string wanted;
    for (std::size_t i = 0; i < size; ++i) wanted += static_cast<char>('0' + (i * 7) % 10);
    text.set(wanted);
    EXPECT_EQ(text.view(), wanted);
    if (size == 0) continue;
    wanted.back() = 'x';
    text.set(wanted);
    EXPECT_EQ(text.view(), wanted) << "nearly a number";
  }
}

TEST(ShortText, needs_no_memory_for_thirty_digits) {
  ShortText text;
  text.set(std::string(ShortText::kDigitsMax, '8'));
  const ShortText::View first = text.view();
  const ShortText::View second = text.view();
  EXPECT_NE(std::string_view{first}.data(), std::string_view{second}.data())
      << "each is written out where it is looked at";
  text.set(std::string(ShortText::kDigitsMax + 1, '8'));
  const ShortText::View third = text.view();
  const ShortText::View fourth = text.view();
  EXPECT_EQ(std::string_view{third}.data(), std::string_view{fourth}.data());
}

TEST(ShortText, can_become_a_part_of_itself) {
  ShortText text;
  text.set("sixteen characters and more");
  text.set(std::string_view{text.view()}.substr(8));
  EXPECT_EQ(text.view(), "characters and more");
  text.set(std::string_view{text.view()}.substr(0, 4));
  EXPECT_EQ(text.view(), "char");
}

TEST(ShortText, moves_with_what_it_owns) {
  const std::string wanted(40, 'x');
  ShortText from;
  from.set(wanted);
  ShortText to{std::move(from)};
  EXPECT_EQ(to.view(), wanted);
  ShortText other;
  other.set("short");
  other = std::move(to);
  EXPECT_EQ(other.view(), wanted);
}

}  // namespace
}  // namespace probate
