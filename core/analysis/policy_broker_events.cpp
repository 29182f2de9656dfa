#include <string>

#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// The broker's connected and disconnected events. With a sequence number: connected counts if it is
// newer than what is known, disconnected if it is not older. Without one they are ordered by the
// broker's time and the session: the end of a session that a later one has replaced says nothing,
// however late it was sent. Messages and wills are not looked at.
class BrokerEvents : public Policy {
 public:
  explicit BrokerEvents(std::size_t devices) : states_(devices) {}

  void handle(Instant /*now*/, const Heard& /*heard*/, BeliefChanges& /*out*/) override {}

  void handle_broker_event(Instant now, const journal::BrokerEvent& event,
                           BeliefChanges& out) override {
    State& state = states_[event.device.index()];
    const bool is_connected = event.kind == journal::BrokerEventKind::connected;
    const bool counts =
        event.version ? counts_by_version(state, event) : counts_by_time(state, event, now);
    if (!counts) return;
    const Belief next = is_connected ? Belief::online : Belief::offline;
    if (state.belief == next) return;
    state.belief = next;
    out.push_back({now, event.device, next, {}, now, Because::broker_event});
  }

 private:
  struct State {
    std::optional<std::uint64_t> version;
    Instant sent = Instant::min();
    std::string session;   // that the belief is about
    std::string replaced;  // the one before it
    Belief belief = Belief::unknown;
  };

  static bool counts_by_version(State& state, const journal::BrokerEvent& event) {
    const bool is_newer = !state.version || *event.version > *state.version;
    const bool is_end = event.kind == journal::BrokerEventKind::disconnected;
    if (!is_newer && !(is_end && state.version == event.version)) return false;
    state.version = event.version;
    return true;
  }

  static bool counts_by_time(State& state, const journal::BrokerEvent& event, Instant now) {
    const Instant sent = event.sent_at.value_or(now);
    const bool is_told = !event.session.empty();
    if (event.kind == journal::BrokerEventKind::disconnected) {
      if (is_told && event.session == state.replaced) return false;
      const bool is_current = is_told && event.session == state.session;
      if (!is_current && sent < state.sent) return false;
    } else if (sent < state.sent) {
      return false;
    }
    state.sent = std::max(state.sent, sent);
    if (is_told && event.session != state.session) {
      state.replaced = std::move(state.session);
      state.session = event.session;
    }
    return true;
  }

  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Policy> make_broker_events(std::size_t devices) {
  return std::make_unique<BrokerEvents>(devices);
}

}  // namespace probate::analysis
