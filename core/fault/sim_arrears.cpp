// sim_arrears: the SIM is not paid. cut: the connection is silent from now on and no new one gets
// through; barred: the live connection stays, the next attach fails; walled_garden: as cut, but new
// connections may be answered by the operator's portal; throttled: a trickle. All until paid
// (`for`).
#include <algorithm>

#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

class ArrearsCase final : public Case {
 public:
  ArrearsCase(const SimArrears& spec, const Draws& draws, bool has_link)
      : spec_{spec}, draws_{draws}, notice_{spec.notices, draws}, has_link_{has_link} {}

  void begin(Instant now, Emit& emit) override {
    paid_at_ = end_of(now, draws_);
    switch (spec_.mode) {
      case ArrearsMode::barred:
        break;
      case ArrearsMode::cut:
      case ArrearsMode::walled_garden:
        if (!has_link_) break;
        emit(MakeGhost{});
        notice_.begin(now);
        break;
      case ArrearsMode::throttled:
        throttle(spec_.bytes_per_second, emit);
        break;
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
    switch (spec_.mode) {
      case ArrearsMode::barred:
        break;
      case ArrearsMode::cut:
      case ArrearsMode::walled_garden:
        if (has_link_) notice_.hurry(emit);
        break;
      case ArrearsMode::throttled:
        throttle(0, emit);
        break;
    }
    end();
  }
  OnConnect on_connect() const override {
    switch (spec_.mode) {
      case ArrearsMode::barred:
      case ArrearsMode::cut:
        return OnConnect::swallow;
      case ArrearsMode::walled_garden:
        return spec_.answer == GardenAnswer::redirect ? OnConnect::redirect : OnConnect::swallow;
      case ArrearsMode::throttled:
        break;
    }
    return OnConnect::nothing;
  }

 private:
  // Of the SIM: both ways and every connection together.
  static void throttle(std::uint64_t bytes_per_second, Emit& emit) {
    emit(Throttle{FlowDirection::both, bytes_per_second, true});
  }

  SimArrears spec_;
  Draws draws_;
  Notice notice_;
  Instant paid_at_ = kNever;
  bool has_link_;
};

}  // namespace

Start start(const SimArrears& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (spec.mode == ArrearsMode::cut && !view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<ArrearsCase>(spec, draws, view.has_link), {}};
}

}  // namespace probate::fault
