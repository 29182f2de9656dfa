#include "core/journal/continuity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Line {
  double second = 0;
  std::uint64_t sequence = 0;
  std::uint16_t loop = 0;
};

// The header is line 1.
std::vector<std::string> doubts_about(const std::vector<Line>& lines) {
  Continuity continuity;
  std::uint64_t number = 1;
  for (const Line& line : lines) {
    continuity.add({kRunStart + from_seconds(line.second), line.loop, line.sequence, DrainBegan{}},
                   ++number);
  }
  return continuity.doubts();
}

TEST(Continuity, finds_nothing_in_a_whole_journal) {
  EXPECT_THAT(doubts_about({{1, 0}, {1, 1}, {2, 0, 1}, {3, 2}, {80'000, 1, 1}}), IsEmpty());
}

TEST(Continuity, doubts_what_stands_behind_the_end_of_the_run) {
  Continuity continuity;
  continuity.add({kRunStart, 0, 0, DrainBegan{}}, 2);
  continuity.add({kRunStart + 1s, 0, 1, RunEnded{}}, 3);
  EXPECT_THAT(continuity.doubts(), IsEmpty());
  continuity.add({kRunStart + 2s, 0, 2, DrainBegan{}}, 4);
  continuity.add({kRunStart + 3s, 0, 3, RunEnded{}}, 5);
  EXPECT_THAT(continuity.doubts(),
              ElementsAre(HasSubstr("2 records stand behind run_ended, with which a run is over, "
                                    "from line 4 on")));
}

TEST(Continuity, asks_for_no_numbers_where_there_are_none) {
  EXPECT_THAT(doubts_about({{1, kNoSequence}, {2, kNoSequence}}), IsEmpty());
}

TEST(Continuity, finds_missing_records_by_their_numbers) {
  EXPECT_THAT(doubts_about({{1, 0}, {2, 1}, {3, 5}}),
              ElementsAre(HasSubstr("3 records of loop 0 are missing, the first of them before "
                                    "line 4")));
  EXPECT_THAT(doubts_about({{1, 7}}), ElementsAre(HasSubstr("7 records of loop 0 are missing")));
}

TEST(Continuity, takes_records_that_come_late_for_what_they_are) {
  EXPECT_THAT(doubts_about({{1, 0}, {1, 4}, {1, 2}, {1, 1}, {1, 3}}), IsEmpty());
}

TEST(Continuity, finds_doubled_numbers) {
  EXPECT_THAT(doubts_about({{1, 0}, {2, 1}, {3, 1}, {4, 1}, {5, 2}}),
              ElementsAre(HasSubstr("2 records of loop 0 have a number that came before, the first "
                                    "in line 4")));
}

TEST(Continuity, tells_missing_and_doubled_records_apart_where_they_would_add_up_to_none) {
  EXPECT_THAT(doubts_about({{1, 0}, {2, 2}, {3, 2}}),
              ElementsAre(HasSubstr("1 record of loop 0 is missing"),
                          HasSubstr("1 records of loop 0 have a number that came before")));
}

TEST(Continuity, finds_a_clock_that_goes_back) {
  EXPECT_THAT(doubts_about({{10, 0}, {7, 1}, {11, 2}}),
              ElementsAre(HasSubstr("goes back in 1 record, first in line 3, by up to 3s")));
}

TEST(Continuity, finds_a_clock_that_leaps) {
  EXPECT_THAT(doubts_about({{10, 0}, {200'000, 1}}), ElementsAre(HasSubstr("before line 3")));
}

std::vector<std::string> doubts_about_silence(const char* engine, Duration silence) {
  Continuity continuity;
  RunBegan begin;
  begin.engine = engine;
  continuity.add({kRunStart, 0, 0, begin}, 2);
  continuity.add({kRunStart + silence, 0, 1, DrainBegan{}}, 3);
  return continuity.doubts();
}

TEST(Continuity, lets_virtual_time_leap) {
  EXPECT_THAT(doubts_about_silence("virtual", 72h), IsEmpty());
}

TEST(Continuity, expects_a_live_run_to_tell_of_its_lag) {
  for (const char* engine : {"live", "proxy"}) {
    EXPECT_THAT(doubts_about_silence(engine, 61s), ElementsAre(HasSubstr("leaps by 1m1s")))
        << engine;
    EXPECT_THAT(doubts_about_silence(engine, 59s), IsEmpty()) << engine;
  }
}

TEST(Continuity, names_the_line_of_a_hole_and_not_of_records_that_only_came_late) {
  EXPECT_THAT(doubts_about({{1, 0}, {1, 2}, {1, 1}, {2, 4}}),
              ElementsAre(HasSubstr("1 record of loop 0 is missing, the first of them before "
                                    "line 5")));
}

}  // namespace
}  // namespace probate::journal
