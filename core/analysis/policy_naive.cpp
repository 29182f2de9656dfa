#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// A will or a farewell means offline; a birth or any other message means online. A retained will
// read at a subscription is taken for a will: the RETAIN flag is ignored, as naive back ends do.
class Naive : public Policy {
 public:
  explicit Naive(std::size_t devices) : beliefs_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    Belief& belief = beliefs_[heard.device.index()];
    const bool is_end =
        heard.kind == journal::MessageKind::will || heard.kind == journal::MessageKind::farewell;
    const Belief next = is_end ? Belief::offline : Belief::online;
    if (belief == next) return;
    belief = next;
    out.push_back({now, heard.device, belief, heard.kind, now});
  }
  void prefetch(DeviceId device) const override { prefetch_one(beliefs_[device.index()]); }

 private:
  std::vector<Belief> beliefs_;
};

}  // namespace

std::unique_ptr<Policy> make_naive(std::size_t devices) { return std::make_unique<Naive>(devices); }

}  // namespace probate::analysis
