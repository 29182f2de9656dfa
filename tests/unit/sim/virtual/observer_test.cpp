// Markers that are not sent: nobody may notice.
#include "sim/virtual/observer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/virtual_run.hpp"
#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

constexpr const char* kNobody = R"(
version: 1
name: nobody
seed: 7
devices:
  meter: {client_id: "m{index}", will: {topic: "w/{client_id}", payload: "off"}}
fleet:
  city: {device: meter, count: 1}
phases:
  - {name: ramp, connect: {rate: 100/s}, until: {online: 100%, timeout: 5m}}
)";

struct Watched {
  std::vector<std::string> journal;
  std::uint64_t fired = 0;
  std::ptrdiff_t heard = 0;  // messages at the subscriber
};

// An observer for twenty seconds; the broker is killed at that time and back two seconds later.
// `subscriber`: a device hears everything that is published.
Watched watched(bool skips, Instant killed_at, bool subscriber = false) {
  const scenario::Scenario scenario = yaml::load_text(kNobody, "test.yaml").value();
  const scenario::Recognizer recognizer{scenario};
  virtual_time::World world;
  Observer observer{world.loop,
                    world.broker,
                    recognizer,
                    {.which = journal::Observer::backend,
                     .connection = ConnectionId{(std::uint64_t{1} << 62) + 1},
                     .username = {},
                     .password = {},
                     .filters = {"w/#"},
                     .skips_markers = skips}};
  if (subscriber) {
    Link& link = world.dials(kDevice);
    link.device_sent(
        mqtt::Subscribe{.packet_id = 1, .subscriptions = {{.filter = "#"}}, .properties = {}});
  }
  observer.start();
  world.runs_for(killed_at - world.loop.now());
  world.broker.stop(journal::BrokerEnd::crash);
  world.runs_for(2s);
  world.broker.restart();
  world.runs_for(20s - (killed_at - kRunStart));
  observer.finish();
  Watched seen;
  for (const journal::Record& record : world.recorder.records) {
    seen.journal.push_back(journal::to_text(record));
  }
  seen.fired = world.loop.fired();
  const auto& received = world.end.received;
  seen.heard = std::count(received.begin(), received.end(), mqtt::PacketType::publish);
  return seen;
}

TEST(SkippedMarkers, are_events_that_do_not_happen) {
  const std::uint64_t played = watched(false, kRunStart + 9s).fired;
  EXPECT_LT(watched(true, kRunStart + 9s).fired, played * 3 / 4);
}

// The last good marker is told to the nanosecond: before one is sent, on its way, and when it is
// back.
TEST(SkippedMarkers, leave_the_same_gap_whenever_the_broker_dies) {
  for (Duration after = 4s; after < 6s; after += 33'331us) {
    const Instant at = kRunStart + after;
    EXPECT_EQ(watched(true, at).journal, watched(false, at).journal) << to_text(at);
  }
  // Markers begin some hops after the start.
  for (Duration after = 5s; after < 5s + 2ms; after += 37us) {
    const Instant at = kRunStart + after;
    EXPECT_EQ(watched(true, at).journal, watched(false, at).journal) << to_text(at);
  }
}

TEST(SkippedMarkers, are_played_where_somebody_else_would_hear_them) {
  const auto heard = watched(false, kRunStart + 9s, true).heard;
  EXPECT_GT(heard, 5);
  EXPECT_EQ(watched(true, kRunStart + 9s, true).heard, heard);
}

}  // namespace
}  // namespace probate::virtual_time
