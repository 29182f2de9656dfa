#include <algorithm>

#include "core/analysis/policy.hpp"
#include "core/analysis/waits.hpp"

namespace probate::analysis {

namespace {

// AWS IoT counts a ClientID's connections anew about an hour after it was last connected.
constexpr Duration kVersionReset = 1h;

// The broker's lifecycle events, ordered by their version number: connected counts if it is newer
// than what is known; disconnected, if it is not older, starts a wait after which the device is
// offline unless a newer connected came. Messages and wills are not looked at.
class AwsLifecycle : public Policy {
 public:
  AwsLifecycle(std::size_t devices, Duration wait) : states_(devices), waits_{devices, wait} {}

  void handle(Instant /*now*/, const Heard& /*heard*/, BeliefChanges& /*out*/) override {}

  void handle_broker_event(Instant now, const journal::BrokerEvent& event,
                           BeliefChanges& out) override {
    if (!event.version) return;
    State& state = states_[event.device.index()];
    const bool is_anew =
        state.belief == Belief::offline && now - state.offline_since > kVersionReset;
    const bool is_newer = !state.version || *event.version > *state.version || is_anew;
    const bool is_same = state.version == event.version;
    if (event.kind == journal::BrokerEventKind::connected) {
      if (!is_newer) return;
      state.version = event.version;
      waits_.end(event.device);
      if (state.belief == Belief::online) return;
      state.belief = Belief::online;
      out.push_back({now, event.device, state.belief, {}, now, Because::broker_event});
      return;
    }
    if (!is_newer && !is_same) return;
    state.version = event.version;
    if (state.belief == Belief::offline || waits_.has(event.device)) return;
    waits_.begin(event.device, now);
  }

  void handle_timeout(Instant now, BeliefChanges& out) override {
    while (const auto wait = waits_.take_over(now)) {
      State& state = states_[wait->device.index()];
      state.belief = Belief::offline;
      state.offline_since = wait->over;
      out.push_back(
          {wait->over, wait->device, Belief::offline, {}, wait->began, Because::broker_event});
    }
  }

  std::optional<Instant> next_timeout() const override { return waits_.next(); }
  std::optional<Duration> detection_bound(std::optional<Duration> broker) const override {
    if (!broker) return std::nullopt;
    return *broker + waits_.length();
  }

 private:
  struct State {
    std::optional<std::uint64_t> version;
    Belief belief = Belief::unknown;
    Instant offline_since{};
  };
  std::vector<State> states_;
  Waits waits_;
};

}  // namespace

std::unique_ptr<Policy> make_aws_lifecycle(std::size_t devices, Duration wait) {
  return std::make_unique<AwsLifecycle>(devices, wait);
}

}  // namespace probate::analysis
