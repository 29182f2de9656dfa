// leave: the device says DISCONNECT and goes; it returns after `for`.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class LeaveCase final : public Case {
 public:
  explicit LeaveCase(const Draws& draws) : draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(TellLeave{draws_.lasts});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit&) override {
    if (now >= next_timeout()) end();
  }
  // The device returns when it returns.
  void heal(Instant, Emit&) override { end(); }

 private:
  Draws draws_;
};

}  // namespace

Start start(const Leave&, const DeviceView& view, const Draws& draws) {
  if (!view.online) return {nullptr, "not_online"};
  return {std::make_unique<LeaveCase>(draws), {}};
}

}  // namespace probate::fault
