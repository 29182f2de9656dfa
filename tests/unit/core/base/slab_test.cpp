#include "core/base/slab.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace probate {
namespace {

TEST(Slab, keeps_addresses_as_it_grows) {
  Slab<int> slab;
  int& first = slab.emplace_back(7);
  for (int i = 1; i < 100'000; ++i) slab.emplace_back(i);
  EXPECT_EQ(slab.size(), 100'000U);
  EXPECT_EQ(&slab[0], &first);
  EXPECT_EQ(first, 7);
  EXPECT_EQ(slab[99'999], 99'999);
}

TEST(Slab, ends_each_of_its_things_once) {
  const auto life = std::make_shared<int>(0);
  {
    Slab<std::shared_ptr<int>> slab;
    for (int i = 0; i < 5'000; ++i) slab.emplace_back(life);
    EXPECT_EQ(life.use_count(), 5'001);
    slab.clear();
    EXPECT_TRUE(slab.empty());
    EXPECT_EQ(life.use_count(), 1);
    slab.emplace_back(life);
  }
  EXPECT_EQ(life.use_count(), 1);
}

struct Large {
  char bytes[10'000] = {};
};

TEST(Slab, holds_what_is_larger_than_most) {
  Slab<Large> slab;
  for (int i = 0; i < 20; ++i) slab.emplace_back().bytes[0] = static_cast<char>(i);
  EXPECT_EQ(slab[19].bytes[0], 19);
}

}  // namespace
}  // namespace probate
