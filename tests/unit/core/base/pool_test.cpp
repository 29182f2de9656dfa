#include "core/base/pool.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace probate {
namespace {

TEST(Pool, gives_a_place_again_only_when_it_was_given_back) {
  Pool<int> pool;
  const std::uint32_t first = pool.take();
  const std::uint32_t second = pool.take();
  EXPECT_NE(first, second);
  pool[first] = 1;
  pool[second] = 2;
  pool.give_back(first);
  EXPECT_EQ(pool[second], 2);
  EXPECT_EQ(pool.take(), first);
  EXPECT_EQ(pool[first], 0) << "as new";
}

TEST(Pool, keeps_what_is_in_it_where_it_is) {
  Pool<std::uint64_t> pool;
  const std::uint32_t first = pool.take();
  const std::uint64_t* const place = &pool[first];
  for (int i = 0; i < 100'000; ++i) pool.take();
  EXPECT_EQ(&pool[first], place);
}

TEST(Pool, frees_what_a_thing_holds_when_it_goes) {
  const auto held = std::make_shared<int>(7);
  Pool<std::shared_ptr<int>> pool;
  const std::uint32_t number = pool.take();
  pool[number] = held;
  EXPECT_EQ(held.use_count(), 2);
  pool.give_back(number);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace probate
