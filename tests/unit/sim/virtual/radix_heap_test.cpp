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

TEST(RadixHeap, knows_what_comes_next_some_way_ahead) {
  constexpr std::size_t kAhead = RadixHeap<int>::kAheadMax - 1;
  RadixHeap<int> heap;
  EXPECT_EQ(heap.ahead(0), nullptr);
  for (int key = 999; key >= 0; --key) heap.push(static_cast<std::uint64_t>(key) * 1000, key);
  std::size_t known = 0;
  for (int taken = 0; !heap.empty(); ++taken) {
    EXPECT_EQ(heap.pop().value, taken);
    const int* soon = heap.ahead(kAhead);
    if (soon == nullptr) continue;
    ++known;
    EXPECT_EQ(*soon, taken + 1 + static_cast<int>(kAhead));
  }
  EXPECT_GT(known, 900U);
}

TEST(RadixHeap, tells_of_what_is_pushed_before_the_next) {
  RadixHeap<int> heap;
  for (const int key : {10, 20, 30}) heap.push(static_cast<std::uint64_t>(key), key);
  EXPECT_EQ(heap.pop().value, 10);
  heap.push(15, 15);
  heap.push(20, 21);
  std::vector<int> ahead;
  for (std::size_t i = 0; heap.ahead(i) != nullptr; ++i) ahead.push_back(*heap.ahead(i));
  EXPECT_EQ(ahead, (std::vector<int>{15, 20, 21, 30}));
}

// More than is sorted at once, and what crowds into the sorted part until it is given up.
TEST(RadixHeap, keeps_the_order_of_crowds) {
  RadixHeap<int> heap;
  heap.push(0, -1);
  for (int i = 0; i < 5000; ++i) heap.push(1'000'000, i);
  EXPECT_EQ(heap.pop().value, -1);
  for (int i = 0; i < 5000; ++i) heap.push(static_cast<std::uint64_t>(500'000 + i % 7), i);
  std::vector<std::pair<std::uint64_t, int>> taken;
  while (!heap.empty()) {
    const auto entry = heap.pop();
    taken.emplace_back(entry.key, entry.value);
    if (taken.size() % 100 == 0) heap.push(entry.key + 3, 10'000 + static_cast<int>(taken.size()));
  }
  EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
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
  RadixHeap<int> heap;
  EXPECT_EQ(heap.front_by(7), nullptr) << "it is empty";
  heap.push(1000, 1);
  heap.push(1003, 2);
  EXPECT_EQ(heap.front_by(999), nullptr);
  heap.push(999, 0);
  for (const auto& [limit, value] : {std::pair{999U, 0}, {1000U, 1}, {5000U, 2}}) {
    const auto* front = heap.front_by(limit);
    ASSERT_NE(front, nullptr);
    EXPECT_EQ(front->value, value);
    EXPECT_EQ(heap.pop().value, value);
    EXPECT_EQ(heap.front_by(limit == 5000 ? 9000 : limit), nullptr);
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
    const auto* front = heap.front_by(limit);
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
