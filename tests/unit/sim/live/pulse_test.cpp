#include "sim/live/pulse.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace probate::live {
namespace {

// A loop with its pulse, run on this thread until somebody stops it.
struct PulseWorld {
  proxy::RunClock clock;
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  proxy::Loop loop{clock, channel};
  CounterBoard board;
  Pulse pulse{loop, channel, board};

  // Keeps the thread busy: what a handler that takes too long does to everybody else.
  void hog(Duration duration) {
    const Instant end = clock.now() + duration;
    while (clock.now() < end) {
    }
  }
  std::vector<journal::GeneratorLag> lags() {
    std::vector<journal::GeneratorLag> all;
    for (const journal::Record& record : merge.take().records) {
      if (const auto* lag = std::get_if<journal::GeneratorLag>(&record.body)) all.push_back(*lag);
    }
    return all;
  }
};

TEST(Pulse, reports_the_lag_of_a_loop_that_was_held_up) {
  PulseWorld world;
  constexpr Duration kHeldUp = 120ms;
  world.pulse.start();
  boost::asio::basic_waitable_timer<std::chrono::steady_clock> later{world.loop.io()};
  later.expires_after(50ms);
  later.async_wait([&](const auto&) {
    world.hog(kHeldUp);
    later.expires_after(50ms);
    later.async_wait([&](const auto&) { world.loop.stop(); });
  });
  world.loop.run();
  world.pulse.finish("");
  const auto lags = world.lags();
  ASSERT_EQ(lags.size(), 1U);
  // The beat that was due during the hold-up came at least this late: the hold-up, less one beat.
  EXPECT_GE(lags[0].max, kHeldUp - 2 * Pulse::kInterval);
  // Of about twenty-two beats twelve were held up: the 99th percentile says so, too.
  EXPECT_GE(lags[0].p99, kHeldUp / 2);
  EXPECT_LE(lags[0].p99, lags[0].max);
}

TEST(Pulse, copies_the_counters_and_publishes_what_was_written) {
  PulseWorld world;
  world.pulse.start();
  world.loop.counters().links.accepted = 7;
  world.loop.write(world.loop.now(), journal::DrainBegan{});
  boost::asio::basic_waitable_timer<std::chrono::steady_clock> later{world.loop.io()};
  later.expires_after(Pulse::kInterval * (Pulse::kBeatsPerCopy + 5));
  later.async_wait([&](const auto&) { world.loop.stop(); });
  world.loop.run();
  EXPECT_EQ(world.board.get().links.accepted, 7U);
  EXPECT_EQ(world.board.get().events_written, 1U);
  EXPECT_GT(world.channel.watermark(), kRunStart);
  const auto batch = world.merge.take();
  ASSERT_EQ(batch.records.size(), 1U);
  world.pulse.finish("SIGINT");
  EXPECT_EQ(world.channel.watermark(), kNever);
}

}  // namespace
}  // namespace probate::live
