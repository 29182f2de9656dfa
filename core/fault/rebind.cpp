// rebind: the device gets a new address. Its old socket is dead, the broker's half of it a ghost;
// it redials once it notices.
#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

class RebindCase final : public Case {
 public:
  RebindCase(const Rebind& spec, const Draws& draws) : notice_{spec.notices, draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(MakeGhost{});
    notice_.begin(now);
    wake_at(notice_.due());
  }
  void handle_timeout(Instant now, Emit& emit) override {
    notice_.handle_timeout(now, emit);
    wake_at(notice_.due());
  }
  void handle_session_up(Instant, Emit&) override { end(); }
  void handle_link_down(Instant, Emit&) override { notice_.forget(); }
  void heal(Instant, Emit& emit) override {
    notice_.hurry(emit);
    end();
  }

 private:
  Notice notice_;
};

}  // namespace

Start start(const Rebind& spec, const DeviceView& view, const Draws& draws) {
  if (!view.has_link) return {nullptr, "no_link"};
  return {std::make_unique<RebindCase>(spec, draws), {}};
}

}  // namespace probate::fault
