// Classes of wills, one cause of an ending after another.
#include "core/analysis/judge.hpp"

#include <gtest/gtest.h>

#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Flow;
using journal::Party;
using test::at;
using test::censored;
using test::JournalScript;
using test::Link;
using test::missing;
using test::no_will;

// [MQTT-3.1.2-8] A close without DISCONNECT owes the will at once.
TEST(JudgeClasses, a_fin_without_disconnect_owes_the_will_at_once) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.002, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.delay.max(), 2ms);
  EXPECT_EQ(outcome.totals.wills.filled_by_cause[static_cast<std::size_t>(EndCause::device_fin)],
            1u);
}

TEST(JudgeClasses, a_reset_owes_the_will_at_once) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link, Party::proxy, CloseHow::rst);
  script.will(5.002, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

// [MQTT-3.14.4-3] [MQTT-3.1.2-10]
TEST(JudgeClasses, a_disconnect_owes_none_and_says_why) {
  JournalScript script;
  const Link link = script.connects(1);
  script.disconnects(5, link);
  script.ends(5.001, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::graceful), 1u);
}

TEST(JudgeClasses, a_will_after_a_disconnect_is_spurious) {
  JournalScript script;
  const Link link = script.connects(1);
  script.disconnects(5, link);
  script.ends(5.001, link);
  script.will(5.1, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 1u);
  EXPECT_EQ(outcome.totals.wills.observed, 1u);
}

TEST(JudgeClasses, a_will_of_a_live_connection_is_spurious) {
  JournalScript script;
  const Link link = script.connects(1);
  script.will(5, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 1u);
}

TEST(JudgeClasses, a_will_just_before_the_brokers_close_is_read_tells_the_time_of_the_end) {
  JournalScript script;
  const Link link = script.connects(1);
  script.will(5, link);
  script.broker_leg_ends(5.8, link, Party::broker, CloseHow::fin, 4.0);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.delay.max(), 0ms);
}

TEST(JudgeClasses, a_will_after_the_allowance_is_late_and_its_lateness_is_kept) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(8, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 1u);
  EXPECT_EQ(outcome.totals.wills.lateness.max(), 3s);
}

TEST(JudgeClasses, a_will_after_its_horizon_is_late_and_not_also_missing) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(15, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u);
  EXPECT_EQ(no_will(outcome, NoWill::missing), 0u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
}

TEST(JudgeClasses, a_will_that_never_comes_is_missing_by_the_broker) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  ASSERT_EQ(outcome.wills.size(), 1u);
  EXPECT_EQ(outcome.wills[0].line,
            "meter-0#1: closed by the device at +5.0 s → will due +5.0 s → none seen: missing "
            "(broker). The connection ended without a DISCONNECT.");
}

TEST(JudgeClasses, a_will_that_only_the_control_observer_has_is_lost_by_us) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will_at(journal::Observer::control, 5.002, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(missing(outcome, MissingCause::observer_loss), 1u);
  EXPECT_EQ(outcome.totals.wills.observed, 0u);
}

// [MQTT5-4.8.2-1] Of a shared subscription the filter counts, not the share's name.
TEST(JudgeClasses, a_shared_subscription_brings_the_topics_of_its_filter) {
  JournalScript script;
  script.write(0.5, journal::ObserverUp{journal::Observer::backend, {"$share/backends//willmsg"}});
  script.ends(5, script.connects(1));
  script.ends(5, script.connects(1, {.device = 1, .topic = "willmsg"}));
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  EXPECT_EQ(missing(outcome, MissingCause::topic_mismatch), 1u);
}

TEST(JudgeClasses, a_will_topic_that_the_back_end_does_not_subscribe_to_is_a_topic_mismatch) {
  JournalScript script;
  const Link link = script.connects(1, {.topic = "willmsg"});
  script.ends(5, link);
  script.will_at(journal::Observer::control, 5.002, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(missing(outcome, MissingCause::topic_mismatch), 1u);
  ASSERT_EQ(outcome.wills.size(), 1u);
  EXPECT_NE(outcome.wills[0].line.find("Will topic \"willmsg\"; the back end subscribes to "
                                       "\"/willmsg\""),
            std::string::npos);
}

TEST(JudgeClasses, a_broker_declared_without_wills_is_the_cause_of_what_is_missing) {
  JournalScript script;
  script.scenario().broker.publishes_wills = false;
  const Link link = script.connects(1);
  script.ends(5, link);
  EXPECT_EQ(missing(script.judged(20), MissingCause::broker_no_will), 1u);
}

TEST(JudgeClasses, a_dead_broker_is_the_cause_of_what_it_took_with_it) {
  JournalScript script;
  const Link link = script.connects(1);
  script.write(5, journal::BrokerLost{"exit 137"});
  script.ends(5.001, link, Party::broker, CloseHow::rst);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(missing(outcome, MissingCause::broker_crash), 1u);
  EXPECT_TRUE(outcome.voided_by_guard());
}

TEST(JudgeClasses, copies_are_duplicates_by_their_cause) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.002, link);
  script.will(5.5, link, true);
  script.will(9, link);
  const Outcome outcome = script.judged(20);
  const WillTotals& wills = outcome.totals.wills;
  EXPECT_EQ(wills[WillClass::in_time], 1u);
  EXPECT_EQ(wills[WillClass::duplicate], 2u);
  EXPECT_EQ(wills.duplicates[static_cast<std::size_t>(DuplicateCause::dup_flag)], 1u);
  EXPECT_EQ(wills.duplicates[static_cast<std::size_t>(DuplicateCause::republish)], 1u);
}

TEST(JudgeClasses, a_copy_at_once_over_two_of_our_filters_is_an_overlap) {
  JournalScript script;
  script.write(0.5, journal::ObserverUp{journal::Observer::backend, {"/willmsg", "/#"}});
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.002, link);
  script.will(5.003, link);
  const WillTotals wills = script.judged(20).totals.wills;
  EXPECT_EQ(wills.duplicates[static_cast<std::size_t>(DuplicateCause::overlap)], 1u);
}

// [MQTT-3.3.1-8] RETAIN=1 answers a subscription.
TEST(JudgeClasses, a_retained_copy_is_a_state_and_never_counted_as_a_will) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.retained_will(5.002, link);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills.observed, 0u);
  EXPECT_EQ(outcome.totals.retained_copies, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
}

TEST(JudgeClasses, a_will_of_an_epoch_that_nobody_announced_is_spurious) {
  JournalScript script;
  const Link link = script.connects(1);
  Link forged = link;
  forged.login.epoch = 77;
  script.will_at(journal::Observer::backend, 5, forged);
  EXPECT_EQ(script.judged(20).totals.wills[WillClass::spurious], 1u);
}

TEST(JudgeClasses, a_will_of_nobody_we_know_is_unattributed) {
  JournalScript script;
  journal::Observed stranger;
  stranger.kind = journal::MessageKind::will;
  stranger.topic = "/willmsg";
  stranger.payload = "who?";
  script.write(5, stranger);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::unattributed], 1u);
  EXPECT_EQ(outcome.totals.wills_by_group.back()[WillClass::unattributed], 1u);
}

// What comes on a will's topic and is nothing that a device says; of real devices nobody knows.
TEST(JudgeClasses, what_a_stranger_says_on_the_topic_of_a_will_is_unattributed) {
  for (const char* engine : {"live", "proxy"}) {
    JournalScript script;
    journal::RunBegan begin;
    begin.engine = engine;
    script.write(0, begin);
    script.connects(1);
    journal::Observed stranger;
    stranger.kind = journal::MessageKind::unknown;
    stranger.topic = "/willmsg";
    stranger.payload = "GARBAGE";
    script.write(5, stranger);
    stranger.topic = "/birth/meter-0";  // where no will was announced
    script.write(6, stranger);
    const Outcome outcome = script.judged(20);
    const bool is_ours = std::string_view{engine} == "live";
    EXPECT_EQ(outcome.totals.wills[WillClass::unattributed], is_ours ? 1u : 0u) << engine;
    EXPECT_EQ(outcome.totals.wills.observed, is_ours ? 1u : 0u) << engine;
  }
}

TEST(JudgeClasses, the_new_connections_will_in_place_of_the_old_ones_is_of_the_wrong_epoch) {
  JournalScript script;
  const Link old = script.connects(1);
  script.falls_silent(2, old, 1.5);
  const Link fresh = script.connects(6, {.epoch = 2});
  script.will(6.0005, fresh);
  script.broker_leg_ends(6.002, old, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::wrong_epoch], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
}

// [MQTT-3.1.4-5] Nothing of a refused CONNECT is kept, its will neither.
TEST(JudgeClasses, a_refused_connect_owes_none_and_takes_nothing_over) {
  JournalScript script;
  const Link live = script.connects(1);
  const Link refused = script.connects(3, {.epoch = 2, .reason = 5});
  script.ends(3.1, refused);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::never_accepted), 1u);
  EXPECT_EQ(outcome.totals.takeovers_organic, 0u);
  EXPECT_EQ(outcome.totals.devices_up, 1u);
  (void)live;
}

TEST(JudgeClasses, an_unanswered_connect_that_we_end_may_or_may_not_bring_a_will) {
  JournalScript script;
  const Link first = script.connects(1, {.connack_after = -1});
  script.ends(2, first);
  const Link second = script.connects(3, {.device = 1, .connack_after = -1});
  script.ends(4, second);
  script.will(4.002, second);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(no_will(outcome, NoWill::never_accepted), 1u);
}

TEST(JudgeClasses, a_swallowed_connect_was_never_accepted) {
  JournalScript script;
  script.write(3, journal::ConnectSwallowed{ConnectionId{9}, DeviceId{1}, 1, kNoFault});
  EXPECT_EQ(no_will(script.judged(10), NoWill::never_accepted), 1u);
}

TEST(JudgeClasses, a_connection_without_a_will_says_so) {
  JournalScript script;
  const Link link = script.connects(1, {.will = false});
  script.ends(5, link);
  EXPECT_EQ(no_will(script.judged(20), NoWill::not_announced), 1u);
}

TEST(JudgeClasses, an_obligation_not_yet_overdue_when_judging_stops_is_censored) {
  JournalScript script;
  const Link link = script.connects(1);
  script.falls_silent(2, link, 1.5);  // due from 1.5 + 15 s to + 21.1 s
  const Outcome outcome = script.judged(18);
  EXPECT_EQ(censored(outcome, CensoredCause::not_due), 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
}

TEST(JudgeClasses, an_overdue_obligation_is_missing_when_judging_stops_before_its_horizon) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  EXPECT_EQ(missing(script.judged(6.5), MissingCause::broker), 1u);
}

TEST(JudgeClasses, silence_without_keep_alive_never_falls_due_and_does_not_hold_settle) {
  JournalScript script;
  const Link link = script.connects(1, {.keep_alive = 0});
  script.falls_silent(2, link, 1.5);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  judge.advance(at(100));
  EXPECT_EQ(judge.progress().open_obligations, 0u);
  EXPECT_FALSE(judge.progress().latest_window_end.has_value());
  EXPECT_EQ(judge.totals().wills.open, 1u);
  const Outcome outcome = judge.finish(at(100));
  EXPECT_EQ(censored(outcome, CensoredCause::never_due), 1u);
  EXPECT_EQ(no_will(outcome, NoWill::never_due), 1u);
}

TEST(JudgeClasses, progress_names_the_end_of_the_latest_window) {
  JournalScript script;
  const Link link = script.connects(1);
  script.falls_silent(2, link, 1.5);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  EXPECT_EQ(judge.progress().open_obligations, 1u);
  EXPECT_EQ(judge.progress().latest_window_end, at(1.5 + 21.1));
  EXPECT_EQ(judge.progress().settles_at, at(1.5 + 21.1 + 5));
}

TEST(JudgeClasses, a_graceful_end_holds_settle_until_no_will_has_come_for_the_allowance) {
  JournalScript script;
  const Link link = script.connects(1);
  script.disconnects(5, link);
  script.ends(5.001, link);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  judge.advance(at(5.9));
  EXPECT_EQ(judge.progress().open_obligations, 1u);
  judge.advance(at(6.1));
  EXPECT_EQ(judge.progress().open_obligations, 0u);
}

TEST(JudgeClasses, identical_payloads_fill_the_oldest_obligation_first) {
  JournalScript script;
  const Link first = script.connects(1, {.epoch_in_payload = false});
  script.ends(5, first);
  const Link second = script.connects(5.1, {.epoch = 2, .epoch_in_payload = false});
  script.ends(5.2, second);
  script.will(5.3, first);
  script.will(5.4, second);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.wills.ambiguous, 2u) << "the other may be a copy of the one";
}

TEST(JudgeClasses, an_epoch_in_the_payload_is_never_ambiguous) {
  JournalScript script;
  const Link first = script.connects(1);
  script.ends(5, first);
  const Link second = script.connects(5.1, {.epoch = 2});
  script.ends(5.2, second);
  script.will(5.3, second);
  script.will(5.4, first);
  const Outcome outcome = script.judged(20);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.wills.ambiguous, 0u);
}

TEST(JudgeClasses, nothing_is_judged_after_drain_began) {
  JournalScript script;
  const Link link = script.connects(1);
  script.write(10, journal::DrainBegan{});
  script.disconnects(11, link);
  script.ends(11.1, link);
  script.will(11.2, link);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.observed, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::graceful), 0u);
  EXPECT_EQ(outcome.judged_until, at(10));
}

TEST(JudgeClasses, an_empty_journal_has_an_empty_outcome) {
  Judge judge{test::fleet_of(0), test::mosquitto_2_0_11()};
  const Outcome outcome = judge.finish(at(0));
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_TRUE(outcome.guards.empty());
}

}  // namespace
}  // namespace probate::analysis
