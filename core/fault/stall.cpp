// stall: the radio is silent for a while; bytes are held, none is lost. Connections that the device
// opens meanwhile are held, too: their CONNECT has not reached the network.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class StallCase final : public Case {
 public:
  StallCase(const Stall& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(Silence{spec_.direction, spec_.ack, spec_.coming_links});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(Resume{});
    end();
  }
  std::optional<AckBy> ack() const override { return spec_.ack; }
  OnConnect on_connect() const override {
    return spec_.direction == FlowDirection::down ? OnConnect::nothing : OnConnect::hold;
  }

 private:
  Stall spec_;
  Draws draws_;
};

}  // namespace

Start start(const Stall& spec, const DeviceView& view, const Draws& draws) {
  if (!view.has_link) return {nullptr, "no_link"};
  if (view.silent) return {nullptr, "already_silent"};
  return {std::make_unique<StallCase>(spec, draws), {}};
}

}  // namespace probate::fault
