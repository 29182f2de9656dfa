#include "proxy/timer_wheel.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::proxy {
namespace {

class Probe final : public Timer {
 public:
  Probe() = default;
  ~Probe() override = default;
  std::vector<Instant> fired;
  std::function<void(Instant)> then;

 private:
  void expired(Instant now) override {
    fired.push_back(now);
    if (then) then(now);
  }
};

Instant instant(Duration since) { return kRunStart + since; }

TEST(TimerWheel, fires_at_its_time_and_not_before) {
  for (const Duration due :
       {1ms, 255ms, 256ms, 257ms, 65'535ms, 65'536ms, 65'537ms, 16'777'216ms}) {
    TimerWheel wheel;
    Probe probe;
    wheel.arm(probe, instant(due));
    wheel.advance(instant(due - 1ns));
    EXPECT_TRUE(probe.fired.empty()) << to_text(due);
    wheel.advance(instant(due));
    EXPECT_EQ(probe.fired.size(), 1u) << to_text(due);
    EXPECT_FALSE(probe.armed());
    EXPECT_EQ(wheel.size(), 0u);
  }
}

TEST(TimerWheel, reaches_beyond_its_last_level) {
  TimerWheel wheel;
  Probe probe;
  const Duration due = 24h * 120;  // more than twice the 49 days of four levels
  wheel.arm(probe, instant(due));
  for (Duration now{}; now < due; now += 24h) {
    wheel.advance(instant(now));
    ASSERT_TRUE(probe.fired.empty());
  }
  wheel.advance(instant(due));
  EXPECT_EQ(probe.fired.size(), 1u);
}

TEST(TimerWheel, fires_what_is_past_at_the_next_advance) {
  TimerWheel wheel{instant(10s)};
  Probe probe;
  wheel.arm(probe, instant(1s));
  EXPECT_EQ(wheel.next_due(), instant(10s));
  wheel.advance(instant(10s));
  EXPECT_EQ(probe.fired.size(), 1u);
}

TEST(TimerWheel, does_not_spin_on_a_timer_that_arms_itself_in_the_past) {
  TimerWheel wheel;
  Probe probe;
  probe.then = [&](Instant) { wheel.arm(probe, kRunStart); };
  wheel.arm(probe, kRunStart);
  wheel.advance(instant(5ms));
  EXPECT_EQ(probe.fired.size(), 1u);
  wheel.advance(instant(5ms));
  EXPECT_EQ(probe.fired.size(), 2u);
}

TEST(TimerWheel, lets_a_timer_cancel_and_destroy_others_while_it_fires) {
  TimerWheel wheel;
  auto first = std::make_unique<Probe>();
  auto second = std::make_unique<Probe>();
  int fired = 0;
  const auto end_other = [&](std::unique_ptr<Probe>& other) {
    return [&](Instant) {
      ++fired;
      other.reset();
    };
  };
  first->then = end_other(second);
  second->then = end_other(first);
  wheel.arm(*first, instant(3ms));
  wheel.arm(*second, instant(3ms));
  wheel.advance(instant(4ms));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, disarms_what_outlives_it) {
  Probe probe;
  {
    TimerWheel wheel;
    wheel.arm(probe, instant(1h));
  }
  EXPECT_FALSE(probe.armed());
}

// Against a multimap that holds the same timers: the same ones fire at every step, within one tick.
TEST(TimerWheel, does_what_a_multimap_does) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng{seed};
    TimerWheel wheel;
    std::vector<std::unique_ptr<Probe>> probes;
    for (int i = 0; i < 200; ++i) probes.push_back(std::make_unique<Probe>());
    std::multimap<Instant, Probe*> reference;
    const auto forget = [&](Probe* probe) {
      std::erase_if(reference, [probe](const auto& entry) { return entry.second == probe; });
    };
    Instant now = kRunStart;
    for (int step = 0; step < 2'000; ++step) {
      Probe& probe = *probes[rng.below(probes.size())];
      const std::uint64_t choice = rng.below(10);
      if (choice < 5) {
        const Duration far =
            Duration{1ms} * static_cast<std::int64_t>(std::uint64_t{1} << rng.below(22));
        const Instant due = now + rng.uniform(Duration{}, far);
        forget(&probe);
        reference.emplace(due, &probe);
        wheel.arm(probe, due);
      } else if (choice < 6) {
        forget(&probe);
        probe.cancel();
      } else {
        now += rng.uniform(Duration{}, choice == 9 ? Duration{100s} : Duration{50ms});
        wheel.advance(now);
        // Whole ticks: what is due within the running tick may still wait.
        const Instant sure = now - TimerWheel::kTick;
        for (auto& each : probes) {
          for (const Instant fired : each->fired) {
            ASSERT_EQ(fired, now);
            const auto found =
                std::find_if(reference.begin(), reference.end(),
                             [&](const auto& entry) { return entry.second == each.get(); });
            ASSERT_NE(found, reference.end());
            ASSERT_LE(found->first, now) << "early";
            reference.erase(found);
          }
          each->fired.clear();
        }
        if (!reference.empty()) {
          ASSERT_GT(reference.begin()->first, sure) << "late";
        }
      }
      ASSERT_EQ(wheel.size(), reference.size());
      const auto next = wheel.next_due();
      ASSERT_EQ(next.has_value(), !reference.empty());
      if (next) {
        ASSERT_LE(*next, std::max(now, reference.begin()->first + TimerWheel::kTick));
      }
    }
  }
}

}  // namespace
}  // namespace probate::proxy
