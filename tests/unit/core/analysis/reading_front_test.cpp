#include "core/analysis/reading_front.hpp"

#include <gtest/gtest.h>

#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using test::at;

TEST(ReadingFront, does_not_know_when_the_newest_is_read) {
  ReadingFront front;
  EXPECT_EQ(front.read_by(at(1)), kNever);
  front.note_answer(at(1), at(1.001));
  EXPECT_EQ(front.read_by(at(1)), at(11)) << "no line hides it: the last answer came at once";
  front.note_answer(at(1), at(2.5));
  EXPECT_EQ(front.read_by(at(1)), kNever) << "sent in the same instant, to a busy broker";
  EXPECT_EQ(front.read_by(at(0.9)), at(10.9));
}

TEST(ReadingFront, has_read_by_the_answer_what_was_sent_before) {
  ReadingFront front;
  front.note_answer(at(1), at(1.001));
  front.note_answer(at(50), at(110));
  // 50 ms more, since two sockets may be read in either order.
  for (const double sent : {1.0, 2.0, 49.0}) EXPECT_EQ(front.read_by(at(sent)), at(110.05)) << sent;
  EXPECT_EQ(front.read_by(at(50)), kNever);
  front.note_answer(at(115), at(115.001));
  EXPECT_EQ(front.read_by(at(114)), at(124)) << "ten seconds, however fast it has become";
  EXPECT_EQ(front.read_by(at(49)), at(110.05));
}

TEST(ReadingFront, is_not_set_back_by_the_answer_to_an_older_one) {
  ReadingFront front;
  front.note_answer(at(50), at(50.001));
  front.note_answer(at(20), at(80));
  EXPECT_EQ(front.read_by(at(30)), at(50.051)) << "the one of 50 s was answered then";
  EXPECT_EQ(front.read_by(at(50)), kNever);
}

TEST(ReadingFront, ends_with_the_broker) {
  ReadingFront front;
  front.note_answer(at(1), at(1.001));
  front.note_loss(at(60));
  EXPECT_EQ(front.read_by(at(30)), at(60.05));
  EXPECT_EQ(front.read_by(at(55)), at(65));
}

// A broker that is always late: later by a second at most than each answer alone would tell.
TEST(ReadingFront, joins_answers_of_one_second) {
  ReadingFront front;
  for (int i = 1; i <= 100; ++i) front.note_answer(at(i * 0.1), at(60 + i * 0.1));
  for (int i = 0; i < 100; ++i) {
    const Instant exact = at(60 + (i + 1) * 0.1 + 0.05);
    EXPECT_GE(front.read_by(at(i * 0.1)), exact) << i;
    EXPECT_LE(front.read_by(at(i * 0.1)), exact + 1s) << i;
  }
}

}  // namespace
}  // namespace probate::analysis
