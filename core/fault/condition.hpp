// A fault that is one act at its beginning and one at its end, on a device with power: shared by
// those that only change how the device's links behave.
#pragma once

#include <utility>

#include "core/fault/case.hpp"

namespace probate::fault {

template <typename What>
class Condition final : public Case {
 public:
  Condition(What on, What off, const Draws& draws)
      : on_{std::move(on)}, off_{std::move(off)}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(on_);
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(off_);
    end();
  }

 private:
  What on_;
  What off_;
  Draws draws_;
};

template <typename What>
Start start_condition(What on, What off, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<Condition<What>>(std::move(on), std::move(off), draws), {}};
}

}  // namespace probate::fault
