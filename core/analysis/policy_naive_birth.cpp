#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// As naive, but only a birth means online: other messages are for somebody else.
class NaiveBirth : public Policy {
 public:
  explicit NaiveBirth(std::size_t devices) : beliefs_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    if (heard.kind == journal::MessageKind::message) return;
    Belief& belief = beliefs_[heard.device.index()];
    const Belief next =
        heard.kind == journal::MessageKind::birth ? Belief::online : Belief::offline;
    if (belief == next) return;
    belief = next;
    out.push_back({now, heard.device, belief, heard.kind, now});
  }
  void prefetch(DeviceId device) const override { prefetch_one(beliefs_[device.index()]); }

 private:
  std::vector<Belief> beliefs_;
};

}  // namespace

std::unique_ptr<Policy> make_naive_birth(std::size_t devices) {
  return std::make_unique<NaiveBirth>(devices);
}

}  // namespace probate::analysis
