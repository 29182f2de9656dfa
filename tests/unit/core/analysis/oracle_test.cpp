// The oracle alone: what each end owes, by version and profile.
#include "core/analysis/oracle.hpp"

#include <gtest/gtest.h>

#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using test::at;
using test::mosquitto_2_0_11;

Session v3(bool clean, Duration keep_alive = 10s) {
  Session session;
  session.clean = clean;
  session.keep_alive = keep_alive;
  return session;
}
Session v5(Duration expiry, Duration delay) {
  Session session;
  session.version = mqtt::Version::v5;
  session.clean = false;
  session.keep_alive = 10s;
  session.expiry = expiry;
  session.delay = delay;
  return session;
}

// What the specification asks for: every takeover, exactly one and a half intervals.
Oracle spec() { return Oracle{broker::Profile{}}; }
Oracle mosquitto() { return Oracle{mosquitto_2_0_11()}; }

// [MQTT-3.1.2-10] [MQTT5-3.1.2-10] [MQTT5-3.14.4-3] The will is deleted by DISCONNECT; in 5.0 by
// reason 0x00 alone.
TEST(Oracle, any_disconnect_of_3_x_and_only_a_normal_one_of_5_deletes_the_will) {
  EXPECT_EQ(spec().disconnect(v3(true), at(5), 0x04, {}).duty, Duty::forbidden);
  EXPECT_EQ(spec().disconnect(v5(0s, 0s), at(5), 0x00, {}).duty, Duty::forbidden);
  EXPECT_EQ(spec().disconnect(v5(0s, 0s), at(5), 0x04, {}).duty, Duty::required);
  EXPECT_EQ(spec().disconnect(v5(0s, 0s), at(5), 0x98, {}).duty, Duty::required);
  const Ruling known = mosquitto().disconnect(v5(0s, 0s), at(5), 0x98, {});
  EXPECT_EQ(known.duty, Duty::permitted);
  EXPECT_EQ(known.if_none_deviates, Deviation::error_reason_deletes_will);
}

TEST(Oracle, a_disconnect_may_shorten_the_session_and_with_it_the_delay) {
  const Ruling ruling = spec().disconnect(v5(60s, 5s), at(5), 0x04, 1s);
  EXPECT_EQ(ruling.begins, at(6));
  // Raising it from zero is a protocol error: the broker closes, the session is over.
  EXPECT_EQ(spec().disconnect(v5(0s, 5s), at(5), 0x04, 60s).begins, at(5));
}

// [MQTT-3.1.2-24] [MQTT5-3.1.2-22] One and a half intervals, counted from the last packet.
TEST(Oracle, silence_is_due_after_one_and_a_half_intervals_in_every_version) {
  for (const Session& session : {v3(true), v5(0s, 0s)}) {
    const Ruling ruling = spec().silence(session, at(100));
    EXPECT_EQ(ruling.begins, at(115));
    EXPECT_EQ(ruling.ends, at(115));
  }
  const Ruling ruling = mosquitto().silence(v3(true, 7s), at(100));
  EXPECT_EQ(ruling.begins, at(110));
  EXPECT_EQ(ruling.ends, at(116.1));
  EXPECT_TRUE(spec().silence(v3(true, 0s), at(100)).never_due);
}

// [MQTT5-3.1.3-9] The delay or the end of the session, whichever happens first.
TEST(Oracle, a_delay_moves_the_window_and_never_one_of_3_x) {
  EXPECT_EQ(spec().close(v5(60s, 5s), EndCause::device_fin, at(10)).begins, at(15));
  EXPECT_EQ(spec().close(v5(2s, 5s), EndCause::device_fin, at(10)).begins, at(12));
  EXPECT_EQ(spec().close(v5(0s, 5s), EndCause::device_fin, at(10)).begins, at(10));
  EXPECT_EQ(mosquitto().close(v5(0s, 5s), EndCause::device_fin, at(10)).begins, at(15));
  Session session = v3(true);
  session.delay = 5s;
  EXPECT_EQ(spec().close(session, EndCause::device_fin, at(10)).begins, at(10));
}

TEST(Oracle, a_keep_alive_close_that_was_seen_starts_the_delay) {
  const Session session = v5(60s, 20s);
  const Ruling ruling = mosquitto().silence_closed(session, at(0), at(17));
  EXPECT_EQ(ruling.begins, at(37));
  EXPECT_EQ(ruling.ends, at(38.1));
  // Closed later than the window allows: counted as at its end, so that it is not excused.
  EXPECT_EQ(mosquitto().silence_closed(session, at(0), at(50)).begins, at(41.1));
}

// [MQTT-3.1.4-2] [MQTT5-3.1.4-3] [MQTT-3.1.2-8] The matrix of takeovers.
TEST(Oracle, a_takeover_owes_the_will_by_the_specification_whatever_the_sessions) {
  for (const bool was_clean : {true, false}) {
    for (const bool is_clean : {true, false}) {
      const Takeover by{is_clean, at(10), at(10.1)};
      const Ruling ruling = spec().takeover(v3(was_clean), by);
      EXPECT_EQ(ruling.duty, Duty::required);
      EXPECT_EQ(ruling.begins, at(10));
      EXPECT_EQ(ruling.ends, at(10.1));
      const bool is_kept = !was_clean && !is_clean;
      EXPECT_EQ(mosquitto().takeover(v3(was_clean), by).duty,
                is_kept ? Duty::permitted : Duty::required);
    }
  }
  const Takeover resumes{false, at(10), at(10.1)};
  const Takeover anew{true, at(10), at(10.1)};
  EXPECT_EQ(mosquitto().takeover(v5(60s, 0s), resumes).if_none_deviates,
            Deviation::takeover_v5_kept_to_kept);
  EXPECT_EQ(mosquitto().takeover(v5(60s, 0s), anew).duty, Duty::required);
  EXPECT_EQ(mosquitto().takeover(v5(0s, 0s), resumes).duty, Duty::required);
}

// [MQTT5-3.1.3-9] [MQTT5-3.1.2-8]
TEST(Oracle, a_takeover_of_a_delayed_will_is_forbidden_if_the_session_goes_on) {
  const Takeover resumes{false, at(10), at(10.1)};
  const Takeover anew{true, at(10), at(10.1)};
  EXPECT_EQ(spec().takeover(v5(60s, 5s), resumes).if_none, NoWill::cancelled_by_resume);
  EXPECT_EQ(spec().takeover(v5(60s, 5s), resumes).duty, Duty::forbidden);
  // The session ends here: the specification is read both ways.
  const Ruling ruling = spec().takeover(v5(60s, 5s), anew);
  EXPECT_EQ(ruling.duty, Duty::permitted);
  EXPECT_FALSE(ruling.if_none_deviates.has_value());
}

TEST(Oracle, a_session_that_goes_on_while_the_delay_runs_out_leaves_it_open) {
  const Session session = v5(60s, 5s);
  const Ruling so_far = spec().close(session, EndCause::device_fin, at(10));  // due at 15 s
  EXPECT_EQ(spec().resume(session, so_far, {false, at(12), at(12.1)}).duty, Duty::forbidden);
  EXPECT_EQ(spec().resume(session, so_far, {false, at(14.9), at(15.1)}).duty, Duty::permitted);
  EXPECT_EQ(spec().resume(session, so_far, {false, at(16), at(16.1)}).duty, Duty::required);
}

// Read so that the session's end by takeover publishes its will, either reason owes it.
TEST(Oracle, owes_a_delayed_will_for_a_takeover_or_for_its_time_if_both_owe_it) {
  broker::Profile profile;
  profile.takeover.reading = broker::Reading::b;
  const Oracle oracle{profile};
  const Session session = v5(60s, 5s);
  const Ruling so_far = oracle.close(session, EndCause::device_fin, at(10));
  const Ruling either = oracle.resume(session, so_far, {true, at(14.9), at(15.1)});
  EXPECT_EQ(either.duty, Duty::required);
  EXPECT_EQ(either.begins, at(14.9));
  const Ruling resumed = oracle.resume(session, so_far, {false, at(14.9), at(15.1)});
  EXPECT_EQ(resumed.duty, Duty::permitted) << "it may have gone on before its time";
  EXPECT_EQ(resumed.begins, at(15));
}

// A broker that found no session of a live connection ended it some time, or left Session Present
// out.
TEST(Oracle, owes_no_delayed_will_for_a_session_that_nobody_saw_end) {
  broker::Profile profile;
  profile.takeover.reading = broker::Reading::b;
  const Oracle oracle{profile};
  Takeover by{.clean = false, .forwarded = at(10), .accepted = at(10.1), .found_no_session = true};
  EXPECT_EQ(oracle.takeover(v5(60s, 5s), by).duty, Duty::permitted);
  by.clean = true;
  EXPECT_EQ(oracle.takeover(v5(60s, 5s), by).duty, Duty::required);
}

// [MQTT-3.1.4-5] [MQTT5-3.1.4-6]
TEST(Oracle, a_refused_connect_owes_none) {
  EXPECT_EQ(spec().refused(v3(true), at(3)).duty, Duty::forbidden);
  EXPECT_EQ(spec().unanswered(v3(true), at(3)).duty, Duty::permitted);
}

TEST(Oracle, the_detection_bound_is_the_slowest_keep_alive_and_the_delay) {
  EXPECT_EQ(mosquitto().detection_bound(v3(true)), 21100ms);
  EXPECT_EQ(mosquitto().detection_bound(v5(60s, 4s)), 21100ms + 4s + 1100ms);
  EXPECT_FALSE(mosquitto().detection_bound(v3(true, 0s)).has_value());
}

}  // namespace
}  // namespace probate::analysis
