#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// Will, birth and farewell are values of one retained status topic: the last one counts, whether it
// came live or was read at a subscription. What a device says elsewhere is not asked for.
class Retained : public Policy {
 public:
  explicit Retained(std::size_t devices) : beliefs_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    if (heard.kind == journal::MessageKind::message) return;
    Belief& belief = beliefs_[heard.device.index()];
    const Belief value =
        heard.kind == journal::MessageKind::birth ? Belief::online : Belief::offline;
    if (belief == value) return;
    belief = value;
    out.push_back({now, heard.device, belief, heard.kind, now});
  }

 private:
  std::vector<Belief> beliefs_;
};

}  // namespace

std::unique_ptr<Policy> make_retained(std::size_t devices) {
  return std::make_unique<Retained>(devices);
}

}  // namespace probate::analysis
