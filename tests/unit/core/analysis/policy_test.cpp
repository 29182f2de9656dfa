// Each presence policy as a machine, fed by hand.
#include "core/analysis/policy.hpp"

#include <string>

#include <gmock/gmock.h>

#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::BrokerEventKind;
using journal::MessageKind;
using test::at;

constexpr DeviceId kDevice{0};

// Drives one policy over one device and tells what it believes: "?", "ON", "OFF".
class Driver {
 public:
  explicit Driver(std::unique_ptr<Policy> policy) : policy_{std::move(policy)} {}

  Driver& hear(double second, MessageKind kind, Epoch epoch = 0, bool retain = false) {
    return hear_as(second, {kDevice, kind, epoch, retain, std::nullopt});
  }
  Driver& hear_bdseq(double second, MessageKind kind, std::uint8_t bdseq) {
    return hear_as(second, {kDevice, kind, 0, false, bdseq});
  }
  Driver& will(double second, Epoch epoch = 0) { return hear(second, MessageKind::will, epoch); }
  Driver& birth(double second, Epoch epoch = 0) { return hear(second, MessageKind::birth, epoch); }
  Driver& message(double second, Epoch epoch = 0) {
    return hear(second, MessageKind::message, epoch);
  }
  Driver& farewell(double second, Epoch epoch = 0) {
    return hear(second, MessageKind::farewell, epoch);
  }
  Driver& connected(double second, std::uint64_t version) {
    return event(second, BrokerEventKind::connected, version);
  }
  Driver& disconnected(double second, std::uint64_t version) {
    return event(second, BrokerEventKind::disconnected, version);
  }
  // Without a version: the broker's own time, and the session.
  Driver& event(double second, BrokerEventKind kind, double sent, const std::string& session) {
    journal::BrokerEvent event;
    event.kind = kind;
    event.device = kDevice;
    event.sent_at = at(sent);
    event.session = session;
    return take(second, event);
  }

  // What it believes at that second, timers that are due then included.
  std::string belief(double second) {
    run_until(at(second) + 1ns);
    return belief_;
  }
  const BeliefChange& last() const { return last_; }
  const Policy& policy() const { return *policy_; }

 private:
  Driver& hear_as(double second, const Heard& heard) {
    run_until(at(second));
    policy_->handle(at(second), heard, changes_);
    apply();
    return *this;
  }
  Driver& event(double second, BrokerEventKind kind, std::uint64_t version) {
    journal::BrokerEvent event;
    event.kind = kind;
    event.device = kDevice;
    event.version = version;
    return take(second, event);
  }
  Driver& take(double second, const journal::BrokerEvent& event) {
    run_until(at(second));
    policy_->handle_broker_event(at(second), event, changes_);
    apply();
    return *this;
  }
  void run_until(Instant now) {
    for (auto next = policy_->next_timeout(); next && *next < now; next = policy_->next_timeout()) {
      policy_->handle_timeout(*next, changes_);
      apply();
    }
  }
  void apply() {
    for (const BeliefChange& change : changes_) {
      EXPECT_EQ(change.device, kDevice);
      belief_ = change.belief == Belief::online ? "ON" : "OFF";
      last_ = change;
    }
    changes_.clear();
  }

  std::unique_ptr<Policy> policy_;
  BeliefChanges changes_;
  std::string belief_ = "?";
  BeliefChange last_;
};

TEST(NaiveAlarmPolicy, never_takes_an_alarm_back) {
  Driver d{make_naive_alarm(1)};
  EXPECT_EQ(d.birth(1).will(2).birth(3).message(4).belief(5), "OFF");
  EXPECT_EQ(Driver{make_naive_alarm(1)}.birth(1).farewell(2).belief(3), "ON");
}

TEST(NaivePolicy, believes_the_last_message_and_a_retained_copy_as_well) {
  Driver d{make_naive(1)};
  EXPECT_EQ(d.belief(0), "?");
  EXPECT_EQ(d.message(1).belief(1), "ON");
  EXPECT_EQ(d.will(2).belief(2), "OFF");
  EXPECT_EQ(d.message(3).belief(3), "ON");
  EXPECT_EQ(d.hear(4, MessageKind::will, 0, true).belief(4), "OFF");
  EXPECT_EQ(d.birth(5).farewell(6).belief(6), "OFF");
}

TEST(NaiveBirthPolicy, hears_births_only) {
  Driver d{make_naive_birth(1)};
  EXPECT_EQ(d.message(1).belief(1), "?");
  EXPECT_EQ(d.birth(2).belief(2), "ON");
  EXPECT_EQ(d.will(3).message(4).belief(4), "OFF");
  EXPECT_EQ(d.birth(5).farewell(6).belief(6), "OFF");
}

TEST(DebouncePolicy, waits_from_the_first_will_and_drops_the_wait_at_a_sign_of_life) {
  Driver d{make_debounce(1, 10s)};
  EXPECT_EQ(d.birth(1).will(2).will(9).belief(11.9), "ON");
  EXPECT_EQ(d.belief(12), "OFF");
  EXPECT_EQ(d.last().at, at(12));
  EXPECT_EQ(d.last().because_at, at(2));
  EXPECT_EQ(d.last().why, Because::wait);
  EXPECT_EQ(d.message(20).will(21).message(30).belief(60), "ON");
  EXPECT_EQ(d.farewell(61).belief(100), "ON");  // is no will, and no sign of life
}

TEST(EpochPolicy, ignores_wills_of_older_connections_and_counts_them) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.birth(1, 1).birth(2, 2).will(3, 1).belief(3), "ON");
  EXPECT_EQ(d.policy().stale_wills(), 1u);
  EXPECT_EQ(d.will(4, 2).belief(4), "OFF");
  EXPECT_EQ(d.policy().stale_wills(), 1u);
}

TEST(EpochPolicy, ignores_a_birth_or_message_behind_the_will_of_its_own_epoch) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.birth(1, 1).will(2, 1).birth(3, 1).message(4, 1).belief(4), "OFF");
  EXPECT_EQ(d.birth(5, 2).belief(5), "ON");
}

TEST(EpochPolicy, believes_a_will_of_an_epoch_not_heard_of_and_then_awaits_a_later_one) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.birth(1, 1).will(2, 3).belief(2), "OFF");
  EXPECT_EQ(d.birth(3, 2).birth(4, 3).belief(4), "OFF");  // older, and dead
  EXPECT_EQ(d.message(5, 4).belief(5), "ON");
}

TEST(EpochPolicy, takes_a_message_of_the_current_epoch_for_a_birth_and_ignores_one_without) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.message(1).belief(1), "?");
  EXPECT_EQ(d.message(2, 7).belief(2), "ON");
  EXPECT_EQ(d.will(3, 7).message(4).belief(4), "OFF");
  EXPECT_EQ(d.farewell(5).belief(5), "OFF");
}

TEST(EpochPolicy, believes_a_farewell_of_the_current_connection_only) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.birth(1, 2).farewell(2, 1).belief(2), "ON");
  EXPECT_EQ(d.farewell(3, 2).belief(3), "OFF");
  EXPECT_EQ(d.policy().stale_wills(), 0u);
}

// Only eight bits are carried: 255 is followed by 0.
TEST(EpochPolicy, unwraps_a_bdseq_to_the_nearest_epoch) {
  Driver d{make_epoch(1)};
  EXPECT_EQ(d.hear_bdseq(1, MessageKind::birth, 255).belief(1), "ON");
  EXPECT_EQ(d.hear_bdseq(2, MessageKind::birth, 0).belief(2), "ON");
  EXPECT_EQ(d.hear_bdseq(3, MessageKind::will, 255).belief(3), "ON");
  EXPECT_EQ(d.policy().stale_wills(), 1u);
  EXPECT_EQ(d.hear_bdseq(4, MessageKind::will, 0).belief(4), "OFF");
}

TEST(SparkplugPolicy, matches_deaths_by_equality_of_bdseq_over_the_wrap) {
  Driver d{make_sparkplug(1)};
  EXPECT_EQ(d.hear_bdseq(1, MessageKind::birth, 255).belief(1), "ON");
  EXPECT_EQ(d.hear_bdseq(2, MessageKind::birth, 0).hear_bdseq(3, MessageKind::will, 255).belief(3),
            "ON");
  EXPECT_EQ(d.hear_bdseq(4, MessageKind::will, 0).belief(4), "OFF");
  EXPECT_EQ(d.policy().stale_wills(), 1u);
}

TEST(SparkplugPolicy, ignores_deaths_before_a_birth_and_second_deaths) {
  Driver d{make_sparkplug(1)};
  EXPECT_EQ(d.hear_bdseq(1, MessageKind::will, 0).belief(1), "?");
  EXPECT_EQ(d.hear_bdseq(2, MessageKind::birth, 0).hear_bdseq(3, MessageKind::will, 0).belief(3),
            "OFF");
  EXPECT_EQ(d.last().at, at(3));
  EXPECT_EQ(d.hear_bdseq(4, MessageKind::will, 0).last().at, at(3));
}

TEST(SparkplugPolicy, keeps_nothing_but_equality_in_mind) {
  Driver d{make_sparkplug(1)};
  // An NBIRTH behind the NDEATH of its own bdSeq brings a dead node back.
  EXPECT_EQ(d.birth(1, 1).will(2, 1).birth(3, 1).belief(3), "ON");
  // 256 connections later the eight bits are the same again: an old death kills the living.
  EXPECT_EQ(d.birth(4, 257).will(5, 1).belief(5), "OFF");
  // Data says nothing, a farewell is a death.
  EXPECT_EQ(d.message(6, 257).belief(6), "OFF");
  EXPECT_EQ(d.birth(7, 2).farewell(8, 2).belief(8), "OFF");
}

TEST(RetainedPolicy, believes_the_last_value_of_the_status_topic_live_or_read) {
  Driver d{make_retained(1)};
  EXPECT_EQ(d.hear(1, MessageKind::will, 1, true).belief(1), "OFF");
  EXPECT_EQ(d.hear(2, MessageKind::birth, 2, true).belief(2), "ON");
  EXPECT_EQ(d.will(3, 1).belief(3), "OFF");  // it cannot know that it is old
  EXPECT_EQ(d.message(4).belief(4), "OFF");
  EXPECT_EQ(d.birth(5, 3).farewell(6, 3).belief(6), "OFF");
}

TEST(LastSeenPolicy, is_offline_after_more_than_the_limit_without_a_word) {
  Driver d{make_last_seen(1, 30s)};
  EXPECT_EQ(d.belief(100), "?");
  EXPECT_EQ(d.message(101).will(102).farewell(103).belief(130.9), "ON");
  EXPECT_EQ(d.birth(131).belief(160.9), "ON");  // exactly the limit is not more
  EXPECT_EQ(d.belief(161), "OFF");
  EXPECT_EQ(d.last().at, at(161));
  EXPECT_EQ(d.last().because_at, at(131));
  EXPECT_EQ(d.last().why, Because::silence);
  EXPECT_EQ(d.message(200).belief(200), "ON");
}

TEST(LastSeenPolicy, takes_no_retained_copy_for_a_sign_of_life) {
  Driver d{make_last_seen(1, 30s)};
  EXPECT_EQ(d.hear(1, MessageKind::birth, 1, true).belief(1), "?");
  EXPECT_EQ(d.message(2).hear(20, MessageKind::message, 0, true).belief(32), "OFF");
}

TEST(LastSeenWillPolicy, checks_soon_after_a_will_and_else_waits_for_the_limit) {
  Driver d{make_last_seen_will(1, 30s, 5s)};
  EXPECT_EQ(d.message(1).will(2).belief(6.9), "ON");
  EXPECT_EQ(d.belief(7), "OFF");
  EXPECT_EQ(d.last().why, Because::wait);
  EXPECT_EQ(d.message(8).will(9).message(10).belief(39.9), "ON");
  EXPECT_EQ(d.belief(40), "OFF");
  EXPECT_EQ(d.last().why, Because::silence);
  // A will can only shorten the wait.
  EXPECT_EQ(d.message(50).will(79).belief(80), "OFF");
  EXPECT_EQ(d.last().at, at(80));
}

TEST(HybridPolicy, waits_before_it_believes_a_will_and_a_later_birth_ends_the_wait) {
  Driver d{make_hybrid(1, 10s, 60s)};
  EXPECT_EQ(d.birth(1, 1).will(2, 1).birth(11, 2).belief(30), "ON");
  EXPECT_EQ(d.will(31, 1).belief(60), "ON");  // stale
  EXPECT_EQ(d.policy().stale_wills(), 1u);
  EXPECT_EQ(d.message(61).will(62, 2).belief(71.9), "ON");
  EXPECT_EQ(d.belief(72), "OFF");
  EXPECT_EQ(d.last().why, Because::wait);
}

TEST(HybridPolicy, lets_a_message_end_the_wait_but_not_raise_the_dead) {
  Driver d{make_hybrid(1, 10s, 60s)};
  EXPECT_EQ(d.birth(1, 1).will(2, 1).message(11).belief(20), "ON");
  EXPECT_EQ(d.will(21, 1).belief(31), "OFF");
  EXPECT_EQ(d.message(32).birth(33, 1).belief(34), "OFF");
  EXPECT_EQ(d.birth(35, 2).belief(35), "ON");
}

TEST(HybridPolicy, suspects_a_silent_device_and_takes_any_message_back) {
  Driver d{make_hybrid(1, 10s, 60s)};
  EXPECT_EQ(d.birth(1, 1).belief(61), "OFF");
  EXPECT_EQ(d.last().why, Because::silence);
  EXPECT_EQ(d.message(62).belief(62), "ON");
  // Suspect already when the will comes: dead after the wait, without another change.
  EXPECT_EQ(d.belief(122), "OFF");
  EXPECT_EQ(d.will(123, 1).belief(140), "OFF");
  EXPECT_EQ(d.last().at, at(122));
  EXPECT_EQ(d.message(141).belief(141), "OFF");
}

TEST(HybridPolicy, believes_a_farewell_at_once_and_waits_after_a_will_of_a_later_epoch) {
  Driver d{make_hybrid(1, 10s, 60s)};
  EXPECT_EQ(d.birth(1, 1).farewell(2, 1).belief(2), "OFF");
  EXPECT_EQ(d.birth(3, 2).will(4, 3).belief(13.9), "ON");
  EXPECT_EQ(d.belief(14), "OFF");
  EXPECT_EQ(d.birth(15, 3).belief(15), "OFF");
  EXPECT_EQ(d.birth(16, 4).belief(16), "ON");
}

TEST(AwsLifecyclePolicy, waits_after_disconnected_for_a_newer_connected) {
  Driver d{make_aws_lifecycle(1, 5s)};
  EXPECT_EQ(d.connected(1, 7).disconnected(2, 7).connected(6.9, 8).belief(20), "ON");
  EXPECT_EQ(d.disconnected(21, 8).belief(25.9), "ON");
  EXPECT_EQ(d.belief(26), "OFF");
  EXPECT_EQ(d.last().why, Because::broker_event);
  EXPECT_EQ(d.last().because_at, at(21));
}

TEST(AwsLifecyclePolicy, ignores_what_is_old_or_has_no_version_and_every_message) {
  Driver d{make_aws_lifecycle(1, 5s)};
  EXPECT_EQ(d.connected(1, 8).disconnected(2, 7).connected(3, 7).belief(20), "ON");
  EXPECT_EQ(d.event(21, BrokerEventKind::disconnected, 21, "a").will(22).belief(60), "ON");
  // The order of arrival does not matter: its connected is older than its disconnected.
  EXPECT_EQ(d.disconnected(61, 9).connected(62, 9).belief(66), "OFF");
}

TEST(AwsLifecyclePolicy, takes_a_smaller_version_for_new_after_an_hour_offline) {
  Driver d{make_aws_lifecycle(1, 5s)};
  EXPECT_EQ(d.connected(1, 8).disconnected(2, 8).belief(7), "OFF");
  EXPECT_EQ(d.connected(3607, 0).belief(3607), "OFF");  // offline since 7: an hour, not more
  EXPECT_EQ(d.connected(3607.1, 0).belief(3608), "ON");
}

TEST(BrokerEventsPolicy, goes_by_the_sequence_number) {
  Driver d{make_broker_events(1)};
  EXPECT_EQ(d.connected(1, 5).disconnected(2, 4).belief(2), "ON");
  EXPECT_EQ(d.disconnected(3, 5).belief(3), "OFF");
  EXPECT_EQ(d.connected(4, 5).belief(4), "OFF");
  EXPECT_EQ(d.connected(5, 6).will(6).belief(6), "ON");
}

TEST(BrokerEventsPolicy, goes_by_time_and_session_where_there_is_no_number) {
  using enum BrokerEventKind;
  Driver d{make_broker_events(1)};
  EXPECT_EQ(d.event(1, connected, 1, "a").event(2, connected, 2, "b").belief(2), "ON");
  // The end of the session that b replaced, sent later than b's begin.
  EXPECT_EQ(d.event(3, disconnected, 3, "a").belief(3), "ON");
  EXPECT_EQ(d.event(4, disconnected, 4, "b").belief(4), "OFF");
  EXPECT_EQ(d.event(5, connected, 3.5, "c").belief(5), "OFF");  // sent before b's end
  EXPECT_EQ(d.event(6, connected, 6, "").belief(6), "ON");
}

TEST(MakePolicy, makes_every_policy_with_its_parameters) {
  for (std::size_t i = 0; i < scenario::kPolicyNameCount; ++i) {
    scenario::PolicySpec spec;
    spec.name = static_cast<scenario::PolicyName>(i);
    ASSERT_NE(make_policy(spec, 1), nullptr) << scenario::PolicySpec{spec}.label();
  }
  scenario::PolicySpec spec{scenario::PolicyName::last_seen, 10s, 7s, 2, true};
  Driver d{make_policy(spec, 1)};
  EXPECT_EQ(d.message(1).belief(14.9), "ON");
  EXPECT_EQ(d.belief(15), "OFF");
}

}  // namespace
}  // namespace probate::analysis
