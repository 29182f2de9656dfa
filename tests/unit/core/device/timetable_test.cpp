#include "core/device/timetable.hpp"

#include <gtest/gtest.h>

namespace probate::device {
namespace {

PublishConfig every(Duration period) {
  PublishConfig publish;
  publish.every = period;
  return publish;
}

TEST(Timetable, is_first_due_one_period_after_the_beginning) {
  Timetable timetable;
  timetable.begin(kRunStart + 7s, {every(10s)});
  EXPECT_EQ(timetable.next(), kRunStart + 17s);
  EXPECT_FALSE(timetable.take_due(kRunStart + 16s, {every(10s)}).has_value());
}

TEST(Timetable, does_not_drift_when_it_is_served_late) {
  const std::vector<PublishConfig> entries{every(10s)};
  Timetable timetable;
  timetable.begin(kRunStart, entries);
  EXPECT_TRUE(timetable.take_due(kRunStart + 10300ms, entries).has_value());
  EXPECT_EQ(timetable.next(), kRunStart + 20s);
}

TEST(Timetable, never_makes_up_for_what_it_missed) {
  const std::vector<PublishConfig> entries{every(10s)};
  Timetable timetable;
  timetable.begin(kRunStart, entries);
  EXPECT_TRUE(timetable.take_due(kRunStart + 35s, entries).has_value());
  EXPECT_FALSE(timetable.take_due(kRunStart + 35s, entries).has_value());
  EXPECT_EQ(timetable.next(), kRunStart + 40s);
}

TEST(Timetable, gives_entries_of_the_same_instant_in_the_order_of_the_file) {
  const std::vector<PublishConfig> entries{every(10s), every(5s)};
  Timetable timetable;
  timetable.begin(kRunStart, entries);
  EXPECT_EQ(timetable.take_due(kRunStart + 5s, entries)->index, 1U);
  EXPECT_EQ(timetable.take_due(kRunStart + 10s, entries)->index, 0U);
  EXPECT_EQ(timetable.take_due(kRunStart + 10s, entries)->index, 1U);
  EXPECT_FALSE(timetable.take_due(kRunStart + 10s, entries).has_value());
}

TEST(Timetable, counts_on_through_an_interruption) {
  const std::vector<PublishConfig> entries{every(10s)};
  Timetable timetable;
  timetable.begin(kRunStart, entries);
  EXPECT_EQ(timetable.take_due(kRunStart + 10s, entries)->sent, 0U);
  timetable.end();
  EXPECT_EQ(timetable.next(), kNever);
  timetable.begin(kRunStart + 14s, entries);
  EXPECT_EQ(timetable.take_due(kRunStart + 24s, entries)->sent, 1U);
}

TEST(NextMultiple, lies_strictly_after_now) {
  EXPECT_EQ(next_multiple(kRunStart, 10s, kRunStart), kRunStart + 10s);
  EXPECT_EQ(next_multiple(kRunStart + 3s, 10s, kRunStart + 12999ms), kRunStart + 13s);
  EXPECT_EQ(next_multiple(kRunStart + 3s, 10s, kRunStart + 13s), kRunStart + 23s);
  EXPECT_EQ(next_multiple(kRunStart, Duration::max(), kRunStart + 5s), kNever);
}

}  // namespace
}  // namespace probate::device
