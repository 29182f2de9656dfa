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
    if (now >= due_) tell(emit);
  }
  // The device has let go of the link by itself: what comes now would hit its next one.
  void forget() {
    done_ = true;
    due_ = kNever;
  }
  // The network is back. A link that is dead for good is reset at the first touch, so a device that
  // was to learn it later, or never, learns it now; one that waits for its own timeout goes on.
  void hurry(Emit& emit) {
    if (how_ != NoticesHow::own && !done_) tell(emit);
  }

 private:
  void tell(Emit& emit) {
    forget();
    emit(LinkDied{});
  }

  NoticesHow how_;
  Duration after_;
  Instant due_ = kNever;
  bool done_ = false;
};

}  // namespace probate::fault
