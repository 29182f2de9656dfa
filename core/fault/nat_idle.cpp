// nat_idle: a middlebox forgets connections on which nothing passes for a while; who finds out, and
// how, is `then`. It goes on with every connection of the device until healed.
#include <algorithm>
#include <optional>

#include "core/fault/case.hpp"
#include "core/fault/notice.hpp"

namespace probate::fault {
namespace {

class NatIdleCase final : public Case {
 public:
  NatIdleCase(const NatIdle& spec, const Draws& draws) : spec_{spec}, draws_{draws} {}

  void begin(Instant now, Emit& emit) override {
    emit(WatchIdle{spec_.after});
    ends_at_ = end_of(now, draws_);
    wake();
  }
  void handle_link_idle(Instant now, Emit& emit) override {
    switch (spec_.then) {
      case NatThen::silent:
        emit(MakeGhost{});
        notice_.emplace(spec_.notices, draws_);
        notice_->begin(now);
        return wake();
      case NatThen::rst_sender:
        return emit(MakeGhost{DeadLeg::resets});
      case NatThen::rst:
        return emit(Cut{LegChoice::both, CutHow::rst});
    }
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (notice_) notice_->handle_timeout(now, emit);
    if (now >= ends_at_) return heal(now, emit);
    wake();
  }
  void handle_link_down(Instant, Emit&) override { forget(); }
  void handle_session_up(Instant, Emit&) override { forget(); }
  void heal(Instant, Emit& emit) override {
    emit(WatchIdle{});
    if (notice_) notice_->hurry(emit);
    end();
  }

 private:
  void wake() { wake_at(std::min(notice_ ? notice_->due() : kNever, ends_at_)); }
  void forget() {
    notice_.reset();
    wake();
  }

  NatIdle spec_;
  Draws draws_;
  std::optional<Notice> notice_;  // while a link is dead and the device does not know it
  Instant ends_at_ = kNever;
};

}  // namespace

// The middlebox stands there whether or not the device has a connection.
Start start(const NatIdle& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  return {std::make_unique<NatIdleCase>(spec, draws), {}};
}

}  // namespace probate::fault
