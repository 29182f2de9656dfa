#include "sim/virtual/radix_heap.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::virtual_time {
namespace {

TEST(RadixHeap, gives_back_the_lowest_key_first) {
  RadixHeap<int> heap;
  for (const int key : {7, 3, 9, 1, 1 << 20, 4}) heap.push(static_cast<std::uint64_t>(key), key);
  std::vector<int> taken;
  while (!heap.empty()) taken.push_back(heap.pop().value);
  EXPECT_EQ(taken, (std::vector<int>{1, 3, 4, 7, 9, 1 << 20}));
}

TEST(RadixHeap, keeps_the_order_of_equal_keys_however_often_they_are_moved) {
  RadixHeap<int> heap;
  heap.push(1000, 1);
  heap.push(10, 0);
  heap.push(1000, 2);
  EXPECT_EQ(heap.pop().value, 0);
  heap.push(1000, 3);
  heap.push(600, -1);
  EXPECT_EQ(heap.pop().value, -1);
  heap.push(1000, 4);
  for (int expected = 1; expected <= 4; ++expected) EXPECT_EQ(heap.pop().value, expected);
}

TEST(RadixHeap, tells_of_what_is_due_soon_before_it_is_taken_and_of_nothing_that_is_far_off) {
  RadixHeap<int> heap;
  for (int key = 0; key < 1000; ++key) heap.push(static_cast<std::uint64_t>(key) * 1000, key);
  std::vector<bool> is_told(1000);
  int taken = 0;
  while (!heap.empty()) {
    const auto entry = heap.pop([&](int value, std::size_t count) {
      EXPECT_LE(count, RadixHeap<int>::kSoonMax);
      EXPECT_GE(value, taken) << "it was taken before";
      EXPECT_LT(value, taken + static_cast<int>(RadixHeap<int>::kSoonMax));
      is_told[static_cast<std::size_t>(value)] = true;
    });
    EXPECT_EQ(entry.value, taken++);
  }
  EXPECT_GT(std::count(is_told.begin(), is_told.end(), true), 900);
}

TEST(RadixHeap, takes_what_is_due_now_while_now_is_taken_out) {
  RadixHeap<int> heap;
  heap.push(5, 1);
  heap.push(5, 2);
  EXPECT_EQ(heap.pop().value, 1);
  heap.push(5, 3);
  EXPECT_EQ(heap.pop().value, 2);
  EXPECT_EQ(heap.pop().value, 3);
  EXPECT_TRUE(heap.empty());
}

TEST(RadixHeap, tells_what_is_due_by_a_limit_and_takes_what_comes_before_the_rest_afterwards) {
  const auto nobody = [](int, std::size_t) {};
  RadixHeap<int> heap;
  EXPECT_EQ(heap.front_by(7, nobody), nullptr) << "it is empty";
  heap.push(1000, 1);
  heap.push(1003, 2);
  EXPECT_EQ(heap.front_by(999, nobody), nullptr);
  heap.push(999, 0);
  for (const auto& [limit, value] : {std::pair{999U, 0}, {1000U, 1}, {5000U, 2}}) {
    const auto* front = heap.front_by(limit, nobody);
    ASSERT_NE(front, nullptr);
    EXPECT_EQ(front->value, value);
    EXPECT_EQ(heap.pop().value, value);
    EXPECT_EQ(heap.front_by(limit == 5000 ? 9000 : limit, nobody), nullptr);
  }
}

// Against the plainest queue there is: a stable search for the lowest.
TEST(RadixHeap, agrees_with_a_stable_sort_on_random_traffic) {
  Rng rng{42};
  RadixHeap<std::uint64_t> heap;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> model;
  std::uint64_t now = 0;
  std::uint64_t number = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    if (model.empty() || rng.below(100) < 52) {
      const std::uint64_t key = now + rng.below(std::uint64_t{1} << rng.below(40));
      heap.push(key, number);
      model.emplace_back(key, number++);
      continue;
    }
    const auto lowest = std::min_element(
        model.begin(), model.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    // Somebody else's events come in between, now and then.
    const std::uint64_t limit = now + rng.below(std::uint64_t{1} << rng.below(20));
    const auto* front = heap.front_by(limit, [](std::uint64_t, std::size_t) {});
    ASSERT_EQ(front != nullptr, lowest->first <= limit);
    if (front == nullptr && rng.below(2) == 0) {
      now = limit;
      continue;
    }
    const auto taken = heap.pop();
    ASSERT_EQ(taken.key, lowest->first);
    ASSERT_EQ(taken.value, lowest->second);
    now = taken.key;
    model.erase(lowest);
  }
  EXPECT_EQ(heap.size(), model.size());
}

}  // namespace
}  // namespace probate::virtual_time
