#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// The article's back end: a will raises an alarm, and nothing takes it back. A birth or a message
// makes an unknown device known as online.
class NaiveAlarm : public Policy {
 public:
  explicit NaiveAlarm(std::size_t devices) : beliefs_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    Belief& belief = beliefs_[heard.device.index()];
    if (belief == Belief::offline) return;
    const Belief next = heard.kind == journal::MessageKind::will ? Belief::offline : Belief::online;
    if (belief == next) return;
    belief = next;
    out.push_back({now, heard.device, belief, heard.kind, now});
  }
  void prefetch(DeviceId device) const override { prefetch_one(beliefs_[device.index()]); }

 private:
  std::vector<Belief> beliefs_;
};

}  // namespace

std::unique_ptr<Policy> make_naive_alarm(std::size_t devices) {
  return std::make_unique<NaiveAlarm>(devices);
}

}  // namespace probate::analysis
