#include "core/analysis/epoch_track.hpp"

namespace probate::analysis {

namespace {

// Every will and birth carries the epoch of its connection, so order does not matter: a will of an
// epoch that a newer birth has replaced is ignored, and a birth that comes after the will of its
// own epoch is too late. A will of an epoch not heard of before is believed, and its birth will be
// too late. A farewell ends its epoch as a will does. A message without an epoch says nothing.
class EpochPolicy : public Policy {
 public:
  explicit EpochPolicy(std::size_t devices) : states_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    State& state = states_[heard.device.index()];
    const bool is_will = heard.kind == journal::MessageKind::will;
    const bool is_end = is_will || heard.kind == journal::MessageKind::farewell;
    switch (state.track.place(heard)) {
      case EpochTrack::Age::none:
        return;
      case EpochTrack::Age::older:
        if (is_will) ++stale_wills_;
        return;
      case EpochTrack::Age::current:
        if (!is_end && state.track.is_dead()) return;
        break;
      case EpochTrack::Age::newer:
        break;
    }
    if (is_end) state.track.die();
    const Belief next = is_end ? Belief::offline : Belief::online;
    if (state.belief == next) return;
    state.belief = next;
    out.push_back({now, heard.device, next, heard.kind, now});
  }

 private:
  struct State {
    EpochTrack track;
    Belief belief = Belief::unknown;
  };
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Policy> make_epoch(std::size_t devices) {
  return std::make_unique<EpochPolicy>(devices);
}

}  // namespace probate::analysis
