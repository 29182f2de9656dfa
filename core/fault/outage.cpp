// outage: the cell is down. Live connections are silent and what they send is held, as in a stall;
// a new connection is not heard by anybody and has to be given up. When the cell is back, whoever
// still has a connection goes on with it.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class OutageCase final : public Case {
 public:
  explicit OutageCase(const Draws& draws) : draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(Silence{FlowDirection::both});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(Resume{});
    end();
  }
  OnConnect on_connect() const override { return OnConnect::swallow; }

 private:
  Draws draws_;
};

}  // namespace

Start start(const Outage&, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (view.silent) return {nullptr, "already_silent"};
  return {std::make_unique<OutageCase>(draws), {}};
}

}  // namespace probate::fault
