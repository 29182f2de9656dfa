// vanish: the connection is forgotten without a word, on one leg or both, as by a machine that has
// lost its state: what still comes is answered with RST. Over when the device is back.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class VanishCase final : public Case {
 public:
  VanishCase(const Vanish& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    const auto unless = [this](LegChoice only_other) {
      return spec_.leg == only_other ? DeadLeg::silent : DeadLeg::resets;
    };
    emit(MakeGhost{.device_leg = unless(LegChoice::broker),
                   .broker_leg = unless(LegChoice::device)});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void handle_session_up(Instant, Emit&) override { end(); }
  void heal(Instant, Emit&) override { end(); }

 private:
  Vanish spec_;
  Draws draws_;
};

}  // namespace

Start start(const Vanish& spec, const DeviceView& view, const Draws& draws) {
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<VanishCase>(spec, draws), {}};
}

}  // namespace probate::fault
