// mqtt: {swallow: connack}: the broker accepts, the device never hears it and tries again.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class SwallowCase final : public Case {
 public:
  explicit SwallowCase(const Draws& draws) : draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(Watch{true});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(Watch{false});
    end();
  }
  bool swallows_connack() const override { return true; }

 private:
  Draws draws_;
};

}  // namespace

Start start(const SwallowConnack&, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<SwallowCase>(draws), {}};
}

}  // namespace probate::fault
