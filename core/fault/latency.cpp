// latency: everything takes longer, and not always equally; order is kept.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class LatencyCase final : public Case {
 public:
  LatencyCase(const Latency& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    delay(emit);
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  // The link is new, the slow network is still the same.
  void handle_session_up(Instant, Emit& emit) override { delay(emit); }
  void heal(Instant, Emit& emit) override {
    emit(Delay{spec_.direction, {}, {}});
    end();
  }

 private:
  void delay(Emit& emit) { emit(Delay{spec_.direction, spec_.delay, spec_.jitter}); }

  Latency spec_;
  Draws draws_;
};

}  // namespace

Start start(const Latency& spec, const DeviceView& view, const Draws& draws) {
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<LatencyCase>(spec, draws), {}};
}

}  // namespace probate::fault
