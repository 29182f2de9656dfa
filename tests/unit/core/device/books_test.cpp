#include "core/device/books.hpp"

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

constexpr DeviceId kDevice{4};
constexpr GroupId kGroup{1};

struct Desk {
  journal::LoopCounters counters;
  DeviceConfig config = plain_device();
  DeviceMachine machine{config, Identity{4, "rural"}, Rng{1}};
  DeviceBooks books{kGroup};
  Actions actions;

  Desk() {
    counters.groups.resize(2);
    books.open(counters);
  }
  journal::GroupCounters& group() { return counters.groups[kGroup.index()]; }
  std::uint64_t in(DeviceState state) {
    return group().devices_by_state[static_cast<std::size_t>(state)];
  }
  void keep(Instant now) { books.keep(now, machine, counters); }
  // Dials at 1 s, is accepted at 3 s.
  void connects() {
    dials(Instant{1s});
    machine.handle_opened(Instant{2s}, actions);
    machine.handle_packet(Instant{3s}, mqtt::Connack{}, actions);
    keep(Instant{3s});
  }
  void dials(Instant now) {
    machine.start(now, actions);
    EXPECT_EQ(books.attempt_began(kDevice, now, machine.epoch()),
              (journal::AttemptBegan{kDevice, machine.epoch()}));
    keep(now);
  }
};

TEST(DeviceBooks, count_a_device_in_exactly_one_state) {
  Desk desk;
  EXPECT_EQ(desk.in(DeviceState::off), 1U);
  desk.dials(Instant{1s});
  EXPECT_EQ(desk.in(DeviceState::off), 0U);
  EXPECT_EQ(desk.in(DeviceState::dialing), 1U);
}

TEST(DeviceBooks, time_a_session_from_when_its_attempt_was_due) {
  Desk desk;
  desk.connects();
  EXPECT_EQ(desk.group().connects, 1U);
  EXPECT_EQ(desk.group().reconnects, 0U);
  EXPECT_EQ(desk.counters.connack.count, 1U);
  EXPECT_DOUBLE_EQ(desk.counters.connack.sum_seconds, 2);
  EXPECT_FALSE(desk.books.attempt_ended(kDevice, desk.machine, desk.counters))
      << "it became a session";
}

TEST(DeviceBooks, say_why_an_attempt_never_became_a_session) {
  Desk desk;
  desk.dials(Instant{1s});
  desk.machine.handle_closed(Instant{2s}, CloseCause::refused, desk.actions);
  const auto failed = desk.books.attempt_ended(kDevice, desk.machine, desk.counters);
  ASSERT_TRUE(failed);
  EXPECT_EQ(*failed, (journal::AttemptFailed{kDevice, 1, "refused"}));
  EXPECT_EQ(desk.group().connect_errors[static_cast<std::size_t>(CloseCause::refused)], 1U);
  EXPECT_FALSE(desk.books.attempt_ended(kDevice, desk.machine, desk.counters)) << "once";
}

TEST(DeviceBooks, count_a_session_that_the_device_ended_for_what_the_broker_sent) {
  Desk desk;
  desk.connects();
  desk.machine.handle_packet(Instant{4s}, mqtt::Pingreq{}, desk.actions);
  EXPECT_FALSE(desk.books.attempt_ended(kDevice, desk.machine, desk.counters));
  desk.keep(Instant{4s});
  EXPECT_FALSE(desk.books.attempt_ended(kDevice, desk.machine, desk.counters)) << "once";
  std::array<std::uint64_t, 11> expected{};
  expected[static_cast<std::size_t>(CloseCause::protocol_error)] = 1;
  EXPECT_EQ(desk.group().connect_errors, expected);
}

TEST(DeviceBooks, count_every_session_of_a_device_that_returns_for_weeks) {
  Desk desk;
  constexpr std::uint32_t kSessions = 600;  // more than eight bits hold
  for (std::uint32_t i = 0; i < kSessions; ++i) {
    const Instant now{i * 1min};
    if (i == 0) {
      desk.dials(now);
    } else {
      desk.machine.handle_timeout(now, desk.actions);
      desk.books.attempt_began(kDevice, now, desk.machine.epoch());
    }
    desk.machine.handle_opened(now, desk.actions);
    desk.machine.handle_packet(now, mqtt::Connack{}, desk.actions);
    desk.keep(now);
    desk.machine.handle_closed(now + 1s, CloseCause::peer_fin, desk.actions);
    EXPECT_FALSE(desk.books.attempt_ended(kDevice, desk.machine, desk.counters));
    desk.keep(now + 1s);
  }
  EXPECT_EQ(desk.group().connects, kSessions);
  EXPECT_EQ(desk.group().connect_errors, (std::array<std::uint64_t, 11>{}))
      << "what became of them is told elsewhere";
  EXPECT_EQ(desk.group().reconnects, kSessions - 1);
  EXPECT_EQ(desk.machine.counts().sessions, kSessions);
}

TEST(DeviceBooks, count_refusals_by_reason) {
  Desk desk;
  desk.books.refused(5, desk.counters);
  EXPECT_EQ(desk.group().connack_refusals[5], 1U);
}

}  // namespace
}  // namespace probate::device
