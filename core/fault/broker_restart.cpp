// broker_restart: the managed broker is told to end, or killed, and started again after `for`. It
// strikes no device: all of them lose their connections as the broker's own kernel ends them.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class BrokerRestartCase final : public Case {
 public:
  BrokerRestartCase(const BrokerRestart& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(EndBroker{spec_.how});
    wake_at(end_of(now, draws_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(StartBroker{});
    end();
  }

 private:
  BrokerRestart spec_;
  Draws draws_;
};

}  // namespace

Start start(const BrokerRestart& spec, const DeviceView& view, const Draws& draws) {
  if (!view.broker_up) return {nullptr, "broker_down"};
  return {std::make_unique<BrokerRestartCase>(spec, draws), {}};
}

}  // namespace probate::fault
