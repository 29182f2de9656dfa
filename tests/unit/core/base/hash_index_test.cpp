#include "core/base/hash_index.hpp"

#include <gtest/gtest.h>

namespace probate {
namespace {

constexpr auto any = [](std::uint32_t) { return true; };

TEST(HashIndex, finds_what_was_inserted_and_nothing_else) {
  HashIndex index;
  for (std::uint32_t value = 0; value < 1000; ++value)
    index.insert(hash_of(std::uint64_t{value}), value);
  for (std::uint32_t value = 0; value < 1000; value += 2) {
    index.erase(hash_of(std::uint64_t{value}), value);
  }
  EXPECT_EQ(index.size(), 500U);
  for (std::uint32_t value = 0; value < 1000; ++value) {
    const auto is_it = [value](std::uint32_t found) { return found == value; };
    const std::uint32_t expected = value % 2 == 0 ? HashIndex::kNone : value;
    EXPECT_EQ(index.find(hash_of(std::uint64_t{value}), is_it), expected);
  }
}

TEST(HashIndex, finds_the_first_of_one_hash_where_room_was_reserved) {
  // All land on the last place and wrap around.
  constexpr std::uint32_t kHash = 0xffffffff;
  HashIndex index;
  index.reserve(100);
  for (std::uint32_t value = 0; value < 100; ++value) index.insert(kHash, value);
  EXPECT_EQ(index.find(kHash, any), 0U);
  EXPECT_EQ(index.find(kHash, [](std::uint32_t value) { return value > 41; }), 42U);
}

TEST(HashIndex, replaces_a_value_where_it_stands) {
  HashIndex index;
  index.insert(7, 1);
  index.replace(7, 1, 2);
  EXPECT_EQ(index.find(7, any), 2U);
  EXPECT_EQ(index.size(), 1U);
}

}  // namespace
}  // namespace probate
