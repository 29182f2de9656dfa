#include <algorithm>

#include "core/analysis/epoch_track.hpp"
#include "core/analysis/waits.hpp"

namespace probate::analysis {

namespace {

// The epoch policy, with a wait of N before the will of the current connection is believed, and
// last_seen as a net below it for wills that never come.
//
//   will, current or newer     → wait N, then offline: dead
//   a later epoch              → online, the wait is over
//   a message without an epoch → online, the wait is over; but not back from the dead
//   farewell, not older        → offline at once: dead
//   nothing for `limit`        → offline: suspect, and any message brings it back
//
// What is older, or of a connection whose will was seen, is no sign of life.
class Hybrid : public Policy {
 public:
  Hybrid(std::size_t devices, Duration wait, Duration limit)
      : states_(devices), waits_{devices, wait}, silences_{devices, limit} {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    State& state = states_[heard.device.index()];
    const EpochTrack::Age age = state.track.place(heard);
    switch (heard.kind) {
      case journal::MessageKind::will:
        return handle_will(now, heard.device, age);
      case journal::MessageKind::farewell:
        if (age == EpochTrack::Age::older) return;
        state.track.die();
        waits_.end(heard.device);
        silences_.end(heard.device);
        state.is_buried = true;
        return change({now, heard.device, Belief::offline, heard.kind, now}, out);
      case journal::MessageKind::birth:
      case journal::MessageKind::message:
        return handle_life(now, heard, age, out);
      case journal::MessageKind::unknown:
        return;
    }
  }

  void handle_timeout(Instant now, BeliefChanges& out) override {
    while (const auto next = next_timeout()) {
      if (*next > now) return;
      if (const auto wait = waits_.take_over(*next)) {
        silences_.end(wait->device);
        states_[wait->device.index()].is_buried = true;
        change({wait->over, wait->device, Belief::offline, journal::MessageKind::will, wait->began,
                Because::wait},
               out);
      } else if (const auto silence = silences_.take_over(*next)) {
        change({silence->over, silence->device, Belief::offline, journal::MessageKind::message,
                silence->began, Because::silence},
               out);
      }
    }
  }

  void handle_rest(Instant now, DeviceId device, bool is_over) override {
    if (is_over) {
      silences_.go_on(device, now);
    } else {
      silences_.suspend(device);
    }
  }

  std::optional<Instant> next_timeout() const override {
    const auto wait = waits_.next();
    const auto silence = silences_.next();
    if (!wait || !silence) return wait ? wait : silence;
    return std::min(*wait, *silence);
  }
  // The net holds whatever the broker does.
  std::optional<Duration> detection_bound(std::optional<Duration> /*broker*/) const override {
    return silences_.length();
  }

 private:
  struct State {
    EpochTrack track;
    Belief belief = Belief::unknown;
    bool is_buried = false;  // offline for sure: only a later epoch brings it back
  };

  void handle_will(Instant now, DeviceId device, EpochTrack::Age age) {
    State& state = states_[device.index()];
    if (age == EpochTrack::Age::older) {
      ++stale_wills_;
      return;
    }
    if (age == EpochTrack::Age::none) return;
    state.track.die();
    if (!state.is_buried && !waits_.has(device)) waits_.begin(device, now);
  }

  void handle_life(Instant now, const Heard& heard, EpochTrack::Age age, BeliefChanges& out) {
    State& state = states_[heard.device.index()];
    if (heard.retain && age != EpochTrack::Age::newer) return;
    switch (age) {
      case EpochTrack::Age::older:
        return;
      case EpochTrack::Age::current:
        if (state.track.is_dead()) return;
        break;
      case EpochTrack::Age::none:
        if (state.is_buried) return;
        break;
      case EpochTrack::Age::newer:
        state.is_buried = false;
        break;
    }
    waits_.end(heard.device);
    silences_.begin(heard.device, now);
    change({now, heard.device, Belief::online, heard.kind, now}, out);
  }

  void change(const BeliefChange& what, BeliefChanges& out) {
    Belief& belief = states_[what.device.index()].belief;
    if (belief == what.belief) return;
    belief = what.belief;
    out.push_back(what);
  }

  std::vector<State> states_;
  Waits waits_;
  Waits silences_;
};

}  // namespace

std::unique_ptr<Policy> make_hybrid(std::size_t devices, Duration wait, Duration limit) {
  return std::make_unique<Hybrid>(devices, wait, limit);
}

}  // namespace probate::analysis
