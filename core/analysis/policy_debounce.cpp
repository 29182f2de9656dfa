#include <deque>

#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// A will starts a wait of N; only if neither a birth nor a message comes within it is the device
// offline. A will while waiting does not start the wait again.
class Debounce : public Policy {
 public:
  Debounce(std::size_t devices, Duration wait) : states_(devices), wait_{wait} {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    State& state = states_[heard.device.index()];
    if (heard.kind == journal::MessageKind::will) {
      if (state.is_waiting || state.belief == Belief::offline) return;
      state.is_waiting = true;
      ++state.round;
      waits_.push_back({now, heard.device, state.round});
      return;
    }
    state.is_waiting = false;
    if (state.belief == Belief::online) return;
    state.belief = Belief::online;
    out.push_back({now, heard.device, state.belief, heard.kind, now});
  }

  void handle_timeout(Instant now, BeliefChanges& out) override {
    while (!waits_.empty() && saturating_add(waits_.front().began, wait_) <= now) {
      const Wait wait = waits_.front();
      waits_.pop_front();
      State& state = states_[wait.device.index()];
      if (!state.is_waiting || state.round != wait.round) continue;
      state.is_waiting = false;
      state.belief = Belief::offline;
      out.push_back({saturating_add(wait.began, wait_), wait.device, state.belief,
                     journal::MessageKind::will, wait.began});
    }
  }

  std::optional<Instant> next_timeout() const override {
    if (waits_.empty()) return std::nullopt;
    return saturating_add(waits_.front().began, wait_);
  }

  Duration patience() const override { return wait_; }

 private:
  struct State {
    Belief belief = Belief::unknown;
    bool is_waiting = false;
    std::uint32_t round = 0;
  };
  // All waits are equally long, so they end in the order in which they began.
  struct Wait {
    Instant began{};
    DeviceId device;
    std::uint32_t round = 0;
  };
  std::vector<State> states_;
  std::deque<Wait> waits_;
  Duration wait_;
};

}  // namespace

std::unique_ptr<Policy> make_debounce(std::size_t devices, Duration wait) {
  return std::make_unique<Debounce>(devices, wait);
}

}  // namespace probate::analysis
