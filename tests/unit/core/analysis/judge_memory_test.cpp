// The judge's memory is a matter of the fleet and of what is open, not of how long a run is.
#include <gtest/gtest.h>
#include <malloc.h>

#include "core/analysis/judge.hpp"
#include "core/journal/engines.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Leg;
using journal::Party;

constexpr std::uint32_t kDevices = 400;
constexpr int kWarmUp = 40;  // rounds until everything that is remembered is full
constexpr int kRounds = 160;

std::size_t heap_bytes() { return mallinfo2().uordblks; }

// One round of the whole fleet, as records that nobody keeps: come, be born, be gone, be willed.
// Every third is silent instead of cut, and every fifth will is missing.
class Round {
 public:
  Round(Judge& judge, int round) : judge_{judge}, round_{round} {}

  void run() {
    for (std::uint32_t device = 0; device < kDevices; ++device) live(device);
  }

 private:
  void put(double second, journal::Body body) {
    judge_.add({test::at(60.0 * round_ + second), 0, 0, std::move(body)});
  }

  void live(std::uint32_t device) {
    const double second = 60.0 * device / kDevices;
    const auto epoch = static_cast<Epoch>(round_ + 1);
    const ConnectionId id{std::uint64_t{kDevices} * static_cast<std::uint64_t>(round_) + device +
                          1};
    const test::Login login{.device = device, .epoch = epoch};
    journal::ConnectForwarded connect;
    connect.connection = id;
    connect.device = DeviceId{device};
    connect.epoch = epoch;
    connect.client_id = test::JournalScript::client_id(login);
    connect.keep_alive = 10;
    connect.will = journal::WillFacts{"/willmsg", test::JournalScript::payload(login)};
    put(second, connect);
    journal::ConnackReceived connack;
    connack.connection = id;
    put(second, connack);
    journal::Observed seen;
    seen.device = DeviceId{device};
    seen.epoch = epoch;
    seen.kind = journal::MessageKind::birth;
    seen.topic = "/birth/x";
    put(second, seen);
    const Instant now = test::at(60.0 * round_ + second);
    if (device % 3 == 0) put(second, journal::SilenceBegan{id, journal::Flow::both, kNoFault, now});
    put(second, journal::LegClosed{id, Leg::device, Party::proxy, CloseHow::rst, kNoFault, now});
    put(second, journal::LegClosed{id, Leg::broker, Party::proxy, CloseHow::rst, kNoFault, now});
    if (device % 5 == 0) return;
    seen.kind = journal::MessageKind::will;
    seen.topic = "/willmsg";
    seen.payload = connect.will->payload;
    put(second, seen);
    seen.observer = journal::Observer::control;
    put(second, seen);
  }

  Judge& judge_;
  int round_;
};

TEST(JudgeMemory, does_not_grow_with_the_length_of_a_run) {
  test::JournalScript script{test::fleet_of(kDevices)};
  const std::size_t before = heap_bytes();
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  for (int round = 0; round < kWarmUp; ++round) Round{judge, round}.run();
  const std::size_t warm = heap_bytes() - before;
  for (int round = kWarmUp; round < kRounds; ++round) Round{judge, round}.run();
  const std::size_t end = heap_bytes() - before;
  EXPECT_EQ(judge.totals().wills.expected, std::uint64_t{kDevices} * kRounds);
  // Four times as long. What may still grow is the series of seconds, by its own limit.
  const std::size_t series = Series::kPointsMax * (sizeof(SeriesPoint) + 256);
  EXPECT_LT(end, warm + warm / 20 + series) << warm << " bytes after " << kWarmUp << " rounds";
}

// A real device behind a proxy, on one connection for the whole run, which a fault stalls again and
// again. What it was is known up to its last packet.
class Standing {
 public:
  Standing() {
    journal::RunBegan began;
    began.engine = journal::kProxyEngine;
    put(0, began);
    journal::ConnectForwarded connect;
    connect.connection = kLink;
    connect.device = DeviceId{0};
    connect.epoch = 1;
    connect.client_id = "meter-0";
    connect.keep_alive = 10;
    put(0, connect);
    journal::ConnackReceived connack;
    connack.connection = kLink;
    put(0, connack);
  }

  // `talks`: it says something before each.
  void stall(int times, bool talks) {
    for (int i = 0; i < times; ++i) {
      second_ += 0.01;
      if (talks) packet_at_ = test::at(second_);
      put(second_ + 0.001, journal::SilenceBegan{kLink, journal::Flow::both, kNoFault, packet_at_});
      put(second_ + 0.002, journal::SilenceEnded{kLink});
      judge_.advance(test::at(second_ + 0.003));
    }
  }
  Outcome end() { return judge_.finish(test::at(second_ + 1)); }

 private:
  static constexpr ConnectionId kLink{1};

  void put(double second, journal::Body body) {
    judge_.add({test::at(second), 0, 0, std::move(body)});
  }

  test::JournalScript script_{test::fleet_of(1)};
  Judge judge_{script_.scenario(), script_.profile()};
  Instant packet_at_ = kRunStart;
  double second_ = 1;
};

TEST(JudgeMemory, does_not_grow_with_the_silences_of_a_real_device_that_is_heard_of) {
  Standing standing;
  standing.stall(1'000, true);
  const std::size_t warm = heap_bytes();
  standing.stall(20'000, true);
  const std::size_t series = Series::kPointsMax * (sizeof(SeriesPoint) + 256);
  EXPECT_LT(heap_bytes(), warm + series);
}

// With a walk along all that waits, for each silence, this is not done before the test's time is
// up.
TEST(JudgeMemory, takes_what_waits_for_the_end_of_a_connection_in_its_order) {
  constexpr int kTimes = 100'000;
  Standing standing;
  standing.stall(kTimes, false);
  const Outcome outcome = standing.end();
  ASSERT_FALSE(outcome.totals.policies.empty());
  EXPECT_EQ(outcome.totals.events_out_of_order, 0U);
}

}  // namespace
}  // namespace probate::analysis
