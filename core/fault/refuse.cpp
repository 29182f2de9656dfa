// refuse: every new connection is answered with RST.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class RefuseCase final : public Case {
 public:
  explicit RefuseCase(const Draws& draws) : draws_{draws} {}

  void begin(Instant now, Emit&) override { wake_at(end_of(now, draws_)); }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit&) override { end(); }
  OnConnect on_connect() const override { return OnConnect::refuse; }

 private:
  Draws draws_;
};

}  // namespace

Start start(const Refuse&, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<RefuseCase>(draws), {}};
}

}  // namespace probate::fault
