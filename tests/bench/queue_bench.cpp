// The event queue of the virtual engine in the hold model: one event out, one in, always as many
// pending.
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "core/base/rng.hpp"
#include "sim/virtual/loop.hpp"

namespace probate::virtual_time {
namespace {

constexpr std::uint64_t kSpread = 300'000'000'000;  // a keep-alive of 300 s in nanoseconds

void hold(benchmark::State& state) {
  Rng rng{1};
  RadixHeap<std::uint64_t> heap;
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t i = 0; i < pending; ++i) heap.push(rng.below(kSpread), i);
  for (auto _ : state) {
    const auto event = heap.pop();
    heap.push(event.key + rng.below(kSpread), event.value);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hold)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

struct NoJournal final : journal::Sink {
  void write(Instant, journal::Body) override {}
};

// With what makes an entry a timer: a slot, a virtual call, and the arming of the next one.
class Repeating final : public Timer {
 public:
  Repeating(Loop& loop, Rng rng) : Timer{loop}, rng_{rng} {
    arm(Instant{Duration{static_cast<Duration::rep>(rng_.below(kSpread))}});
  }

 private:
  void expired(Instant now) override {
    arm(now + Duration{static_cast<Duration::rep>(rng_.below(kSpread))});
  }

  Rng rng_;
};

void timers(benchmark::State& state) {
  NoJournal journal;
  Loop loop{journal};
  std::vector<std::unique_ptr<Repeating>> all;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    all.push_back(std::make_unique<Repeating>(loop, Rng{static_cast<std::uint64_t>(i)}));
  }
  for (auto _ : state) loop.step();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(timers)->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace probate::virtual_time
