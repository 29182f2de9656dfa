#include "core/analysis/policy.hpp"
#include "core/analysis/waits.hpp"

namespace probate::analysis {

namespace {

// A will starts a wait of N; only if neither a birth nor a message comes within it is the device
// offline. A will while waiting does not start the wait again. Knows no farewell.
class Debounce : public Policy {
 public:
  Debounce(std::size_t devices, Duration wait) : beliefs_(devices), waits_{devices, wait} {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    Belief& belief = beliefs_[heard.device.index()];
    switch (heard.kind) {
      case journal::MessageKind::will:
        if (!waits_.has(heard.device) && belief != Belief::offline) {
          waits_.begin(heard.device, now);
        }
        return;
      case journal::MessageKind::birth:
      case journal::MessageKind::message:
        waits_.end(heard.device);
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
    while (const auto wait = waits_.take_over(now)) {
      beliefs_[wait->device.index()] = Belief::offline;
      out.push_back({wait->over, wait->device, Belief::offline, journal::MessageKind::will,
                     wait->began, Because::wait});
    }
  }

  void prefetch(DeviceId device) const override {
    prefetch_one(beliefs_[device.index()]);
    waits_.prefetch(device);
  }

  std::optional<Instant> next_timeout() const override { return waits_.next(); }
  std::optional<Duration> detection_bound(std::optional<Duration> broker) const override {
    if (!broker) return std::nullopt;
    return *broker + waits_.length();
  }

 private:
  std::vector<Belief> beliefs_;
  Waits waits_;
};

}  // namespace

std::unique_ptr<Policy> make_debounce(std::size_t devices, Duration wait) {
  return std::make_unique<Debounce>(devices, wait);
}

}  // namespace probate::analysis
