// power_cut: the device stops without a byte; its link is a ghost. It boots after `for`, or never.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class PowerCutCase final : public Case {
 public:
  PowerCutCase(const PowerCut& spec, const Draws& draws, bool has_link)
      : spec_{spec}, draws_{draws}, has_link_{has_link} {}

  void begin(Instant now, Emit& emit) override {
    // The ghost first: then the close of the device's socket goes nowhere.
    if (has_link_) emit(MakeGhost{});
    emit(TellPowerCut{draws_.lasts, spec_.epoch});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit&) override {
    if (now >= next_timeout()) end();
  }
  // The device boots when it boots.
  void heal(Instant, Emit&) override { end(); }

 private:
  PowerCut spec_;
  Draws draws_;
  bool has_link_;
};

}  // namespace

Start start(const PowerCut& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<PowerCutCase>(spec, draws, view.has_link), {}};
}

}  // namespace probate::fault
