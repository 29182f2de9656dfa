// half_open: the device leg is dead, the broker leg becomes a ghost: the broker believes in a
// device that is gone. Ends when the device is back, or after `for`, before which it cannot come
// back.
#include <algorithm>

#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

class HalfOpenCase final : public Case {
 public:
  HalfOpenCase(const HalfOpen& spec, const Draws& draws)
      : spec_{spec}, draws_{draws}, notice_{spec.notices, draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(MakeGhost{});
    notice_.begin(now);
    if (!spec_.until_device_returns) ends_at_ = end_of(now, draws_);
    wake_at(std::min(notice_.due(), ends_at_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    notice_.handle_timeout(now, emit);
    if (now >= ends_at_) return heal(now, emit);
    wake_at(std::min(notice_.due(), ends_at_));
  }
  void handle_session_up(Instant, Emit&) override {
    notice_.forget();
    if (spec_.until_device_returns) end();
  }
  void handle_link_down(Instant, Emit&) override { notice_.forget(); }
  void heal(Instant, Emit& emit) override {
    notice_.hurry(emit);
    end();
  }
  OnConnect on_connect() const override {
    return spec_.until_device_returns ? OnConnect::nothing : OnConnect::swallow;
  }

 private:
  HalfOpen spec_;
  Draws draws_;
  Notice notice_;
  Instant ends_at_ = kNever;
};

}  // namespace

Start start(const HalfOpen& spec, const DeviceView& view, const Draws& draws) {
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<HalfOpenCase>(spec, draws), {}};
}

}  // namespace probate::fault
