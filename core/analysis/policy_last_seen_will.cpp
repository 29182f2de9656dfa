#include <algorithm>

#include "core/analysis/policy.hpp"
#include "core/analysis/waits.hpp"

namespace probate::analysis {

namespace {

// As last_seen, but a will shortens the wait: unless something is heard within `check` after it,
// the device is offline. A retained copy is neither a sign of life nor of death.
class LastSeenWill : public Policy {
 public:
  LastSeenWill(std::size_t devices, Duration limit, Duration check)
      : beliefs_(devices), silences_{devices, limit}, checks_{devices, check} {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    if (heard.retain) return;
    Belief& belief = beliefs_[heard.device.index()];
    switch (heard.kind) {
      case journal::MessageKind::will:
        if (!checks_.has(heard.device) && belief != Belief::offline) {
          checks_.begin(heard.device, now);
        }
        return;
      case journal::MessageKind::birth:
      case journal::MessageKind::message:
        checks_.end(heard.device);
        silences_.begin(heard.device, now);
        if (belief == Belief::online) return;
        belief = Belief::online;
        out.push_back({now, heard.device, belief, heard.kind, now});
        return;
      case journal::MessageKind::farewell:
      case journal::MessageKind::unknown:
        return;
    }
  }

  void handle_timeout(Instant now, BeliefChanges& out) override {
    while (const auto next = next_timeout()) {
      if (*next > now) return;
      if (const auto check = checks_.take_over(*next)) {
        turn_off({check->over, check->device, Belief::offline, journal::MessageKind::will,
                  check->began, Because::wait},
                 out);
      } else if (const auto silence = silences_.take_over(*next)) {
        turn_off({silence->over, silence->device, Belief::offline, journal::MessageKind::message,
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
    const auto silence = silences_.next();
    const auto check = checks_.next();
    if (!silence || !check) return silence ? silence : check;
    return std::min(*silence, *check);
  }
  // Without a will it takes as long as last_seen.
  std::optional<Duration> detection_bound(std::optional<Duration> /*broker*/) const override {
    return silences_.length();
  }

 private:
  void turn_off(const BeliefChange& change, BeliefChanges& out) {
    silences_.end(change.device);
    checks_.end(change.device);
    beliefs_[change.device.index()] = Belief::offline;
    out.push_back(change);
  }

  std::vector<Belief> beliefs_;
  Waits silences_;
  Waits checks_;
};

}  // namespace

std::unique_ptr<Policy> make_last_seen_will(std::size_t devices, Duration limit, Duration check) {
  return std::make_unique<LastSeenWill>(devices, limit, check);
}

}  // namespace probate::analysis
