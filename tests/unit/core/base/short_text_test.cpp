#include "core/base/short_text.hpp"

#include <string>
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

TEST(ShortText, can_become_a_part_of_itself) {
  ShortText text;
  text.set("sixteen characters and more");
  text.set(text.view().substr(8));
  EXPECT_EQ(text.view(), "characters and more");
  text.set(text.view().substr(0, 4));
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
