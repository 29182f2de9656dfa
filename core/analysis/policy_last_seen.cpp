#include "core/analysis/policy.hpp"
#include "core/analysis/waits.hpp"

namespace probate::analysis {

namespace {

// Any birth or message means online; more than `limit` after the last of them the device is
// offline. Wills and farewells are ignored, and a retained copy is no sign of life.
class LastSeen : public Policy {
 public:
  LastSeen(std::size_t devices, Duration limit) : beliefs_(devices), silences_{devices, limit} {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    const bool is_life =
        heard.kind == journal::MessageKind::birth || heard.kind == journal::MessageKind::message;
    if (!is_life || heard.retain) return;
    silences_.begin(heard.device, now);
    Belief& belief = beliefs_[heard.device.index()];
    if (belief == Belief::online) return;
    belief = Belief::online;
    out.push_back({now, heard.device, belief, heard.kind, now});
  }

  void handle_timeout(Instant now, BeliefChanges& out) override {
    while (const auto silence = silences_.take_over(now)) {
      beliefs_[silence->device.index()] = Belief::offline;
      out.push_back({silence->over, silence->device, Belief::offline, journal::MessageKind::message,
                     silence->began, Because::silence});
    }
  }

  void handle_rest(Instant now, DeviceId device, bool is_over) override {
    if (is_over) {
      silences_.go_on(device, now);
    } else {
      silences_.suspend(device);
    }
  }

  std::optional<Instant> next_timeout() const override { return silences_.next(); }
  std::optional<Duration> detection_bound(std::optional<Duration> /*broker*/) const override {
    return silences_.length();
  }

 private:
  std::vector<Belief> beliefs_;
  Waits silences_;
};

}  // namespace

std::unique_ptr<Policy> make_last_seen(std::size_t devices, Duration limit) {
  return std::make_unique<LastSeen>(devices, limit);
}

}  // namespace probate::analysis
