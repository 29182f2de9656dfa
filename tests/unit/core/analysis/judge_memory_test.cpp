// The judge's memory is a matter of the fleet and of what is open, not of how long a run is.
#include <gtest/gtest.h>
#include <malloc.h>

#include "core/analysis/judge.hpp"
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

}  // namespace
}  // namespace probate::analysis
