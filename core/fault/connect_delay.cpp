// connect_delay: a new connection takes its time.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class ConnectDelayCase final : public Case {
 public:
  ConnectDelayCase(const ConnectDelay& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit&) override { wake_at(end_of(now, draws_)); }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit&) override { end(); }
  OnConnect on_connect() const override { return OnConnect::delay; }
  Duration connect_delay() const override { return spec_.delay; }

 private:
  ConnectDelay spec_;
  Draws draws_;
};

}  // namespace

Start start(const ConnectDelay& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<ConnectDelayCase>(spec, draws), {}};
}

}  // namespace probate::fault
