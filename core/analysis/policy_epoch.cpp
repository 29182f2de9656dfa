#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// Every will and birth carries the epoch of its connection, so order does not matter: a will of an
// epoch that a newer birth has replaced is ignored, and a birth that comes after the will of its
// own epoch is too late. A message without an epoch says nothing.
class EpochPolicy : public Policy {
 public:
  explicit EpochPolicy(std::size_t devices) : states_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    if (heard.epoch == 0) return;
    State& state = states_[heard.device.index()];
    if (heard.epoch < state.current) return;
    const bool is_will = heard.kind == journal::MessageKind::will;
    if (!is_will && heard.epoch == state.current && state.is_dead) return;
    state.current = heard.epoch;
    state.is_dead = is_will;
    const Belief next = is_will ? Belief::offline : Belief::online;
    if (state.belief == next) return;
    state.belief = next;
    out.push_back({now, heard.device, next, heard.kind, now});
  }

 private:
  struct State {
    Epoch current = 0;
    Belief belief = Belief::unknown;
    bool is_dead = false;  // the will of `current` was seen
  };
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Policy> make_epoch(std::size_t devices) {
  return std::make_unique<EpochPolicy>(devices);
}

}  // namespace probate::analysis
