#include "core/analysis/policy.hpp"

namespace probate::analysis {

namespace {

// The host of Sparkplug B: a birth (NBIRTH) means online and sets the bdSeq; a will (NDEATH) counts
// only if its bdSeq equals that of the birth before it. Equality, not order: 0 follows 255, and
// nothing is older or newer. A second death of one birth is ignored, a birth after its own death
// brings the node back. A farewell is the NDEATH that a node publishes before it leaves. Other
// messages say nothing.
class Sparkplug : public Policy {
 public:
  explicit Sparkplug(std::size_t devices) : states_(devices) {}

  void handle(Instant now, const Heard& heard, BeliefChanges& out) override {
    const std::optional<std::uint8_t> bdseq = bdseq_of(heard);
    if (!bdseq || heard.kind == journal::MessageKind::message) return;
    State& state = states_[heard.device.index()];
    if (heard.kind == journal::MessageKind::birth) {
      state.born = bdseq;
      if (state.belief == Belief::online) return;
      state.belief = Belief::online;
      out.push_back({now, heard.device, state.belief, heard.kind, now});
      return;
    }
    if (state.born != bdseq) {
      if (heard.kind == journal::MessageKind::will) ++stale_wills_;
      return;
    }
    if (state.belief == Belief::offline) return;
    state.belief = Belief::offline;
    out.push_back({now, heard.device, state.belief, heard.kind, now});
  }

 private:
  struct State {
    std::optional<std::uint8_t> born;  // of the last birth
    Belief belief = Belief::unknown;
  };
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Policy> make_sparkplug(std::size_t devices) {
  return std::make_unique<Sparkplug>(devices);
}

}  // namespace probate::analysis
