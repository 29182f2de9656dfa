#include "sim/live/record_channel.hpp"

#include <span>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::live {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> sequences(std::span<const journal::Record> records) {
  std::vector<std::uint64_t> all;
  for (const journal::Record& record : records) all.push_back(record.sequence);
  return all;
}

using Queue = SpscQueue<int>;
constexpr int kBlock = Queue::kBlock;

TEST(SpscQueue, gives_back_what_it_was_given_in_order) {
  Queue queue{4};
  for (int value = 1; value <= 4; ++value) EXPECT_TRUE(queue.push(int{value}));
  EXPECT_FALSE(queue.push(5)) << "four places, four values";
  for (int value = 1; value <= 4; ++value) EXPECT_EQ(queue.pop(), value);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(SpscQueue, goes_on_from_block_to_block) {
  Queue queue{10 * kBlock};
  int read = 0;
  for (int value = 0; value < 25 * kBlock; ++value) {
    ASSERT_TRUE(queue.push(int{value}));
    if (value < 5 * kBlock) continue;
    ASSERT_EQ(queue.pop(), read++);
  }
  while (const auto value = queue.pop()) ASSERT_EQ(*value, read++);
  EXPECT_EQ(read, 25 * kBlock);
}

// What counts itself.
struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(Counted&&) noexcept = default;
  ~Counted() { --alive; }
};

TEST(SpscQueue, takes_no_more_memory_than_what_has_waited_at_once) {
  {
    SpscQueue<Counted> queue{1u << 20};
    for (int i = 0; i < 50 * kBlock; ++i) {
      queue.push(Counted{});
      queue.pop();
    }
    EXPECT_LE(Counted::alive, 3 * kBlock) << "a reader that keeps up leaves few blocks";
    for (int i = 0; i < 100 * kBlock; ++i) queue.push(Counted{});
    EXPECT_GE(Counted::alive, 100 * kBlock);
    EXPECT_LE(Counted::alive, 103 * kBlock);
    while (queue.pop()) {
    }
    constexpr int kSpares = SpscQueue<Counted>::kSparesMax;
    EXPECT_LE(Counted::alive, (kSpares + 2) * kBlock) << "a backlog that is over leaves few, too";
    EXPECT_GE(Counted::alive, kSpares * kBlock) << "and those are kept for the next";
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(SpscQueue, loses_nothing_between_two_threads) {
  constexpr int kCount = 100'000;
  for (const std::size_t capacity : {std::size_t{64}, std::size_t{3 * kBlock}}) {
    Queue queue{capacity};
    std::thread writer{[&] {
      for (int value = 0; value < kCount;) {
        if (queue.push(int{value})) ++value;
      }
    }};
    int expected = 0;
    bool is_in_order = true;
    while (expected < kCount) {
      const auto value = queue.pop();
      if (value) is_in_order = is_in_order && *value == expected++;
    }
    writer.join();
    EXPECT_TRUE(is_in_order);
  }
}

TEST(RecordMerge, holds_back_what_is_not_complete_yet) {
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  channel.write(Instant{1s}, journal::DrainBegan{});
  channel.write(Instant{3s}, journal::DrainBegan{});
  channel.publish(Instant{2s});
  const auto batch = merge.take();
  EXPECT_THAT(sequences(batch.records), ElementsAre(0));
  EXPECT_EQ(batch.complete_until, Instant{2s});
  channel.publish(kNever);
  EXPECT_THAT(sequences(merge.take().records), ElementsAre(1));
}

TEST(RecordMerge, orders_loops_by_time_and_waits_for_the_slowest) {
  RecordChannel first{0};
  RecordChannel second{1};
  RecordMerge merge{{&first, &second}};
  first.write(Instant{2s}, journal::DrainBegan{});
  second.write(Instant{1s}, journal::DrainBegan{});
  first.publish(Instant{10s});
  EXPECT_TRUE(merge.take().records.empty()) << "the second loop may still write something older";
  second.publish(Instant{10s});
  const auto batch = merge.take();
  ASSERT_EQ(batch.records.size(), 2U);
  EXPECT_EQ(batch.records[0].loop, 1);
  EXPECT_EQ(batch.records[1].loop, 0);
}

TEST(RecordMerge, puts_a_cause_stamped_earlier_before_its_effect) {
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  channel.write(Instant{5ms}, journal::DrainBegan{});
  channel.write(Instant{4ms}, journal::DrainBegan{});
  channel.publish(Instant{1s});
  EXPECT_THAT(sequences(merge.take().records), ElementsAre(1, 0));
}

TEST(RecordMerge, keeps_no_places_for_a_backlog_that_is_over) {
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  constexpr std::size_t kMany = 10 * RecordMerge::kRecordsKept;
  for (std::size_t i = 0; i < kMany; ++i) channel.write(Instant{1s}, journal::DrainBegan{});
  channel.publish(Instant{2s});
  EXPECT_EQ(merge.take().records.size(), kMany);
  EXPECT_GE(merge.places(), kMany);
  channel.write(Instant{3s}, journal::DrainBegan{});
  channel.publish(Instant{4s});
  EXPECT_THAT(sequences(merge.take().records), ElementsAre(kMany));
  EXPECT_LE(merge.places(), 2 * RecordMerge::kRecordsKept);
}

TEST(RecordMerge, keeps_what_is_not_complete_when_a_backlog_is_over) {
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  constexpr std::size_t kMany = 10 * RecordMerge::kRecordsKept;
  for (std::size_t i = 0; i < kMany; ++i) channel.write(Instant{1s}, journal::DrainBegan{});
  channel.write(Instant{3s}, journal::PhaseBegan{PhaseId{1}, "a name of more than sixteen bytes"});
  channel.publish(Instant{2s});
  EXPECT_EQ(merge.take().records.size(), kMany);
  channel.publish(Instant{4s});
  const auto& records = merge.take().records;
  ASSERT_EQ(records.size(), 1U);
  const auto* began = std::get_if<journal::PhaseBegan>(&records[0].body);
  ASSERT_NE(began, nullptr);
  EXPECT_EQ(began->name, "a name of more than sixteen bytes");
}

TEST(RecordChannel, counts_what_a_full_queue_drops_and_says_so_before_the_next_record) {
  RecordChannel channel{0, 4};
  RecordMerge merge{{&channel}};
  for (int i = 0; i < 7; ++i) channel.write(Instant{1s}, journal::DrainBegan{});
  EXPECT_EQ(channel.dropped(), 3U);
  EXPECT_EQ(channel.written(), 4U);
  channel.publish(Instant{2s});
  EXPECT_EQ(merge.take().records.size(), 4U);
  channel.write(Instant{3s}, journal::DrainBegan{});
  channel.publish(Instant{4s});
  const auto batch = merge.take();
  ASSERT_EQ(batch.records.size(), 2U);
  const auto* dropped = std::get_if<journal::EventsDropped>(&batch.records[0].body);
  ASSERT_NE(dropped, nullptr);
  EXPECT_EQ(dropped->count, 3U);
}

}  // namespace
}  // namespace probate::live
