// When the device learns that its link is dead: shared by the faults that kill a link silently.
#pragma once

#include "core/fault/case.hpp"

namespace probate::fault {

class Notice {
 public:
  Notice(const Notices& spec, const Draws& draws) : how_{spec.how}, after_{draws.notices} {}

  void begin(Instant now) {
    if (how_ == NoticesHow::after) due_ = saturating_add(now, after_);
  }
  Instant due() const { return due_; }
  void handle_timeout(Instant now, Emit& emit) {
    if (now < due_) return;
    due_ = kNever;
    emit(LinkDied{});
  }
  // The device has found out by itself.
  void forget() { due_ = kNever; }
  // The network is back: a link that is dead for good is now reset at the first touch, so a device
  // that was to learn it later, or never, learns it now.
  void hurry(Instant, Emit& emit) {
    if (how_ == NoticesHow::own || told()) return;
    due_ = kNever;
    emit(LinkDied{});
  }

 private:
  bool told() const { return how_ == NoticesHow::after && due_ == kNever; }

  NoticesHow how_;
  Duration after_;
  Instant due_ = kNever;
};

}  // namespace probate::fault
