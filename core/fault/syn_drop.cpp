// syn_drop: a black hole for new connections. A SYN tells an address and no ClientID, so a device
// that shares its address is spared, unless the fault selects addresses.
#include "core/fault/case.hpp"

namespace probate::fault {
namespace {

class SynDropCase final : public Case {
 public:
  SynDropCase(const Draws& draws, bool takes_whole_source)
      : draws_{draws}, takes_whole_source_{takes_whole_source} {}

  void begin(Instant now, Emit&) override { wake_at(end_of(now, draws_)); }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit&) override { end(); }
  OnConnect on_connect() const override { return OnConnect::swallow; }
  bool takes_whole_source() const override { return takes_whole_source_; }

 private:
  Draws draws_;
  bool takes_whole_source_;
};

}  // namespace

Start start(const SynDrop&, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (view.shares_source && !view.chosen_by_source) return {nullptr, "shared_source"};
  if (view.no_room_for_source) return {nullptr, "too_many_sources"};
  return {std::make_unique<SynDropCase>(draws, view.chosen_by_source), {}};
}

}  // namespace probate::fault
