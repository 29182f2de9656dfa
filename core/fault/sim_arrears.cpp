// sim_arrears: the SIM is not paid. cut: the connection is silent from now on and no new one gets
// through; barred: the live connection stays, the next attach fails. Both until paid (`for`).
#include <algorithm>

#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

class ArrearsCase final : public Case {
 public:
  ArrearsCase(const SimArrears& spec, const Draws& draws)
      : spec_{spec}, draws_{draws}, notice_{spec.notices, draws} {}

  void begin(Instant now, Emit& emit) override {
    paid_at_ = end_of(now, draws_);
    if (spec_.mode == ArrearsMode::cut) {
      emit(MakeGhost{});
      notice_.begin(now);
    }
    wake_at(std::min(notice_.due(), paid_at_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    notice_.handle_timeout(now, emit);
    if (now >= paid_at_) return heal(now, emit);
    wake_at(std::min(notice_.due(), paid_at_));
  }
  void handle_link_down(Instant, Emit&) override { notice_.forget(); }
  void heal(Instant, Emit& emit) override {
    if (spec_.mode == ArrearsMode::cut) notice_.hurry(emit);
    end();
  }
  OnConnect on_connect() const override { return OnConnect::swallow; }

 private:
  SimArrears spec_;
  Draws draws_;
  Notice notice_;
  Instant paid_at_ = kNever;
};

}  // namespace

Start start(const SimArrears& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (spec.mode == ArrearsMode::cut && !view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<ArrearsCase>(spec, draws), {}};
}

}  // namespace probate::fault
