#include "sim/live/judged_loop.hpp"

#include <atomic>
#include <thread>
#include <utility>

#include "sim/live/signals.hpp"

namespace probate::live {
namespace {
constexpr int kIntervalsPerTick = 10;
}  // namespace

void JudgedLoop::handle_signal(int signal, Stoppable& engine, Audience& audience) {
  if (signal == 0) return;
  if (signal == SIGHUP && audience.takes_hangup()) return;
  if (signal_ != 0) return engine.stop_now();
  signal_ = signal;
  engine.abort(name_of_signal(signal));
  audience.told_to_end();
}

void JudgedLoop::obey(const Audience& audience, Stoppable& engine) {
  if (obeyed_) return;
  std::string reason = audience.ending();
  if (reason.empty()) return;
  obeyed_ = true;
  engine.abort(std::move(reason));
}

int JudgedLoop::run(Stoppable& engine, Audience& audience, const std::function<void()>& each_turn) {
  pulse_.start();
  std::atomic<bool> over{false};
  std::thread thread{[&] {
    loop_.run();
    pulse_.finish(engine.reason());
    over.store(true, std::memory_order_release);
  }};
  for (int turn = 1;; ++turn) {
    handle_signal(take_signal(kJudgeInterval), engine, audience);
    // Asked first: what was written before the loop ended is then surely taken below.
    const bool last = over.load(std::memory_order_acquire);
    const RecordMerge::Batch& batch = merge_.take();
    feedback_.publish(batch.complete_until, audience.judge(batch.records, batch.complete_until));
    obey(audience, engine);
    if (turn % kIntervalsPerTick == 0 || last) audience.tick(clock_.now(), board_.get());
    if (last) break;
    each_turn();
  }
  thread.join();
  return signal_ != 0 && engine.ended_by() == name_of_signal(signal_) ? signal_ : 0;
}

}  // namespace probate::live
