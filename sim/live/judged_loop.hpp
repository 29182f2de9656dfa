// One loop on a thread of its own, and the judge's end of it on this one.
#pragma once

#include <functional>

#include "proxy/loop.hpp"
#include "sim/live/audience.hpp"
#include "sim/live/feedback.hpp"
#include "sim/live/pulse.hpp"
#include "sim/live/record_channel.hpp"

namespace probate::live {

// SIGINT, SIGTERM and SIGHUP, which must be blocked in every thread: the first ends the engine with
// a drain, a second one at once; SIGHUP unless the audience takes it.
class JudgedLoop {
 public:
  // Judged, ticks and signals are looked at this often.
  static constexpr Duration kJudgeInterval = 10ms;

  // The engine on loop() must have been started. Calls `each_turn` on this thread, until the loop
  // stops. Returns the signal that ended it early, or 0: one that comes when the engine drains
  // already, because it has finished or for another reason, changes nothing of that.
  int run(Stoppable& engine, Audience& audience, const std::function<void()>& each_turn);

  // Before run(): nobody needs the records, so none are written, and the judge gets none.
  void mute() { loop_.mute(); }
  const proxy::RunClock& clock() const { return clock_; }
  RecordChannel& channel() { return channel_; }
  proxy::Loop& loop() { return loop_; }
  const Feedback& feedback() const { return feedback_; }

 private:
  void handle_signal(int signal, Stoppable& engine, Audience& audience);
  // Ends the run, once, when the audience wants it.
  void obey(const Audience& audience, Stoppable& engine);

  proxy::RunClock clock_;
  RecordChannel channel_{0};
  RecordMerge merge_{{&channel_}};
  proxy::Loop loop_{clock_, channel_};
  CounterBoard board_;
  Pulse pulse_{loop_, channel_, board_};
  Feedback feedback_;
  int signal_ = 0;  // the first that came
  bool obeyed_ = false;
};

}  // namespace probate::live
