// What crosses on the way between a device, the broker and whoever writes the journal.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;

using test::at;
using test::JournalScript;
using test::kNoConnack;
using test::Link;
using test::Login;
using test::missing;
using test::no_will;

// As the specification has it, with nothing of a broker's habits.
JournalScript by_the_book() {
  JournalScript script;
  script.profile() = {};
  script.profile().keep_alive = {1.5, 1.5, false, 0ms};
  script.profile().specification = true;
  script.profile().takeover.reading = broker::Reading::either;
  script.profile().shutdown = broker::ShutdownRule::defers;
  return script;
}

Login kept(Duration delay, Epoch epoch = 1) {
  return {.epoch = epoch,
          .clean = false,
          .keep_alive = 0,
          .version = mqtt::Version::v5,
          .expiry = 120s,
          .delay = delay};
}

// [MQTT5-3.2.2-6] Nothing of it is kept, and its DISCONNECT is nobody's.
TEST(Crossing, a_disconnect_behind_a_refusal_owes_nothing) {
  JournalScript script = by_the_book();
  const Link link = script.connects(1, {.version = mqtt::Version::v5, .reason = 0x87});
  script.disconnects(1.01, link, 0x04);
  script.ends(1.02, link, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::never_accepted), 1u);
}

// [MQTT5-3.1.3-9] DISCONNECT 0x04 starts the delay, and the next login comes before the close.
TEST(Crossing, a_session_goes_on_before_the_old_connection_is_closed) {
  for (const bool is_clean : {false, true}) {
    JournalScript script = by_the_book();
    const Link old = script.connects(1, kept(5s));
    script.disconnects(10, old, 0x04);
    Login next = kept(0s, 2);
    next.clean = is_clean;
    script.connects(10.1, next);
    script.ends(10.2, old);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(missing(outcome, MissingCause::broker), 0u) << is_clean;
    EXPECT_EQ(no_will(outcome, is_clean ? NoWill::takeover : NoWill::cancelled_by_resume), 1u);
  }
}

// The delay counts from the close, which may be late by the allowance.
TEST(Crossing, a_session_goes_on_before_the_delay_is_over_that_a_late_close_began) {
  for (const double late : {0.14, 1.5}) {
    JournalScript script = by_the_book();
    Login login = kept(30s);
    login.keep_alive = 5;
    const Link old = script.connects(1, login);
    script.falls_silent(3, old, 1);
    script.broker_leg_ends(8.5 + late, old, Party::broker, CloseHow::timeout, 1);
    script.connects(8.5 + late + 29.9, kept(0s, 2));
    const bool is_excused = late < 1;
    EXPECT_EQ(missing(script.judged(90), MissingCause::broker), is_excused ? 0u : 1u) << late;
  }
}

TEST(Crossing, a_late_connack_does_not_say_that_it_was_read_last) {
  JournalScript script = by_the_book();
  Login login = kept(5s);
  login.connack_after = kNoConnack;
  const Link first = script.connects(1, login);
  script.ends(1.001, first);
  script.connects(1.012, kept(0s, 2));
  journal::ConnackReceived connack;
  connack.connection = first.id;
  script.write(1.016, connack);
  EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 0u);
}

// [MQTT5-3.1.3-9] The timer that ends the delay runs at the broker.
TEST(Crossing, a_session_goes_on_just_as_the_delay_is_over) {
  for (const double after : {0.0002, 0.2}) {
    JournalScript script = by_the_book();
    script.ends(2, script.connects(1, kept(5s)));
    script.connects(7 + after, kept(0s, 2));
    const bool is_excused = after < 0.05;
    EXPECT_EQ(missing(script.judged(60), MissingCause::broker), is_excused ? 0u : 1u) << after;
  }
}

// Section 3.1.2.5 of MQTT 5: it may be deferred, and need not be.
TEST(Crossing, a_broker_that_says_it_shuts_down_may_publish_at_once) {
  JournalScript script = by_the_book();
  const Link link = script.connects(1, {.keep_alive = 0, .version = mqtt::Version::v5});
  script.write(5, journal::DisconnectReceived{link.id, 0x8b});
  script.ends(5.001, link, Party::broker);
  script.will(5.005, link);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 1u);
}

// [MQTT5-3.2.2-21] What CONNACK said of the session nobody has read.
TEST(Crossing, a_connack_that_nobody_read_may_have_made_the_delay_shorter) {
  JournalScript script = by_the_book();
  Login login = kept(30s);
  login.connack_after = kNoConnack;
  const Link link = script.connects(1, login);
  script.ends(1.001, link);
  script.will(4, link);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

// It took half a second for the answer: what came shortly before may have waited as well.
TEST(Crossing, a_busy_broker_reads_a_goodbye_behind_the_next_login) {
  for (const double answer : {0.51, 0.001}) {
    JournalScript script = by_the_book();
    const Link old = script.connects(1);
    script.disconnects(10, old);
    script.ends(10.1, old);
    script.connects(10.2, {.epoch = 2, .connack_after = answer});
    script.will(10.2 + answer - 0.0005, old);
    const bool was_busy = answer > 0.05;
    EXPECT_EQ(script.judged(60).totals.wills[WillClass::spurious], was_busy ? 0u : 1u) << answer;
  }
}

TEST(Crossing, a_busy_broker_reads_a_close_behind_the_next_login) {
  for (const double answer : {0.51, 0.001}) {
    JournalScript script;  // no will where a kept session takes over a kept one
    script.ends(10, script.connects(1, {.clean = false}));
    script.connects(10.2, {.epoch = 2, .clean = false, .connack_after = answer});
    const bool was_busy = answer > 0.05;
    EXPECT_EQ(missing(script.judged(60), MissingCause::broker), was_busy ? 0u : 1u) << answer;
  }
}

// The broker says that it closed by itself; or its will was there before the goodbye.
TEST(Crossing, a_goodbye_and_a_close_by_the_broker) {
  for (const bool is_told : {false, true}) {
    for (const double seen : {9.999, 10.002}) {
      JournalScript script = by_the_book();
      const Link link = script.connects(1, {.keep_alive = 0, .version = mqtt::Version::v5});
      script.will(seen, link);
      script.disconnects(10, link);
      if (is_told) script.write(10.0005, journal::DisconnectReceived{link.id, 0x98});
      script.ends(10.0006, link, Party::broker);
      const bool is_proven = is_told || seen < 10;
      const Outcome outcome = script.judged(60);
      EXPECT_EQ(outcome.totals.wills[WillClass::spurious], is_proven ? 0u : 1u) << is_told << seen;
      EXPECT_EQ(outcome.totals.wills[WillClass::in_time], is_proven ? 1u : 0u) << is_told << seen;
    }
  }
}

// A device that says its will's words, has them acknowledged, and leaves: the broker's FIN is no
// more than the answer to its DISCONNECT.
TEST(Crossing, words_of_a_will_that_came_before_the_goodbye_are_the_devices_own) {
  JournalScript script = by_the_book();
  const Link link = script.connects(1);
  script.will(9.94, link);
  script.disconnects(10, link);
  script.ends(10.0006, link, Party::broker);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 1u);
}

// It was cut by RST, and is read behind one whose answer came late.
TEST(Crossing, a_connect_that_was_cut_and_a_late_answer) {
  JournalScript script;
  const Login login{.clean = false, .connack_after = kNoConnack};
  Login cut = login;
  cut.epoch = 2;
  const Link first = script.connects(1, login);
  script.ends(1.0018, first);
  const Link second = script.connects(1.0041, cut);
  script.ends(1.0052, second, Party::device, CloseHow::rst);
  journal::ConnackReceived connack;
  connack.connection = first.id;
  script.write(1.0067, connack);
  script.will(1.03, second);
  EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 0u);
}

// It is up by the one that it dialled last.
TEST(Crossing, an_answer_that_is_late_makes_no_device_live_for_ever) {
  JournalScript script = by_the_book();
  const Login login{.keep_alive = 0, .connack_after = kNoConnack};
  const Link first = script.connects(1, login);
  script.ends(1.001, first);
  const Link second = script.connects(1.003, {.epoch = 2, .keep_alive = 0});
  journal::ConnackReceived connack;
  connack.connection = first.id;
  script.write(1.0042, connack);
  script.ends(10, second);
  const Outcome outcome = script.judged(30);
  EXPECT_NEAR(outcome.totals.policies[0].all.up_seconds, 9, 0.01);
}

// Two that announced the same bytes: the answer tells that one of them owes a will.
TEST(Crossing, a_will_waits_for_the_answer_that_tells_whose_it_is) {
  JournalScript script = by_the_book();
  const Login same{.epoch_in_payload = false, .connack_after = kNoConnack};
  Login next = same;
  next.epoch = 2;
  script.ends(1.001, script.connects(1, same), Party::device, CloseHow::rst);
  const Link second = script.connects(1.02, next);
  script.ends(1.022, second);
  script.will(1.025, second);
  journal::ConnackReceived connack;
  connack.connection = second.id;
  script.write(1.03, connack);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

}  // namespace
}  // namespace probate::analysis
