// sim_arrears: the SIM is not paid. cut: the connection is silent from now on and no new one gets
// through; barred: the live connection stays, the next attach fails; walled_garden: as cut, but new
// connections may be answered by the operator's portal; throttled: a trickle. All until paid
// (`for`), or until the operator's next batch after that (`recover`). Who was drawn to need a
// reboot stops dialling at its first attempt in vain and returns by a power cycle after payment.
#include <algorithm>

#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

// When the first batch at or after `paid` is; kNever: there is none any more.
Instant booked_at(const Recovery& recover, Instant phase_began, Instant paid) {
  if (paid == kNever || !recover.in_batches()) return paid;
  const Instant first = saturating_add(phase_began, recover.batch_at.value_or(Duration{}));
  if (paid <= first) return first;
  if (!recover.batch_every) return kNever;
  const Duration every = *recover.batch_every;
  const Duration::rep whole = (paid - first) / every;
  const bool is_batch = (paid - first) % every == Duration{};
  return saturating_add(first, every * (is_batch ? whole : whole + 1));
}

class ArrearsCase final : public Case {
 public:
  ArrearsCase(const SimArrears& spec, const Draws& draws, bool has_link)
      : spec_{spec}, draws_{draws}, notice_{spec.notices, draws}, has_link_{has_link} {}

  void begin(Instant now, Emit& emit) override {
    paid_at_ = booked_at(spec_.recover, draws_.phase_began, end_of(now, draws_));
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
    wait();
  }
  void handle_timeout(Instant now, Emit& emit) override {
    notice_.handle_timeout(now, emit);
    if (stage_ == Stage::rejected) {
      // Its modem is told a permanent cause: it does not try again by itself.
      emit(TellLeave{});
      stage_ = Stage::stopped;
    }
    if (now >= boots_at()) return heal(now, emit);
    wait();
  }
  void handle_link_down(Instant, Emit&) override { notice_.forget(); }
  void handle_connect_kept(Instant now) override {
    if (!draws_.reboot || stage_ != Stage::trying) return;
    stage_ = Stage::rejected;
    wake_at(now);
  }
  // Who waits for its power cycle gets it now.
  void heal(Instant, Emit& emit) override {
    if (stage_ == Stage::stopped) emit(TellPowerCut{.boots_after = Duration{}});
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
  bool hears_attempts() const override { return draws_.reboot.has_value(); }

 private:
  // trying: it dials as it likes; stopped: and will not before its power is cycled.
  enum class Stage : std::uint8_t { trying, rejected, stopped };

  // Of the SIM: both ways and every connection together.
  static void throttle(std::uint64_t bytes_per_second, Emit& emit) {
    emit(Throttle{FlowDirection::both, bytes_per_second, true});
  }
  Instant boots_at() const {
    return stage_ == Stage::stopped ? saturating_add(paid_at_, *draws_.reboot) : paid_at_;
  }
  void wait() { wake_at(std::min(notice_.due(), boots_at())); }

  SimArrears spec_;
  Draws draws_;
  Notice notice_;
  Instant paid_at_ = kNever;
  Stage stage_ = Stage::trying;
  bool has_link_;
};

}  // namespace

Start start(const SimArrears& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (spec.mode == ArrearsMode::cut && !view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<ArrearsCase>(spec, draws, view.has_link), {}};
}

}  // namespace probate::fault
