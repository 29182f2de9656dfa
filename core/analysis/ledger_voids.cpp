// Where the instruments, or the broker's own end, prove nothing.
#include <algorithm>

#include "core/analysis/ledger.hpp"

namespace probate::analysis {

std::optional<CensoredCause> Ledger::void_cause(const Connection& c, Instant until) const {
  const Instant begins = c.ruling()->begins - kEarlyTolerance;
  const auto is_hit = [&](const Void& window) {
    const bool is_exempt = window.cause == CensoredCause::broker_restart && c.ruling()->last_word;
    return !is_exempt && begins <= window.to && until >= window.from;
  };
  if (open_void_ && is_hit(*open_void_)) return open_void_->cause;
  const auto found = std::find_if(voids_.begin(), voids_.end(), is_hit);
  return found == voids_.end() ? std::nullopt : std::optional{found->cause};
}

void Ledger::handle_broker_started(Instant at) {
  const std::vector<Slot> open = open_;
  for (const Slot slot : open) {
    const Connection& c = connections_[slot];
    // Another one's verdict may have let it go.
    if (!c.ruling() || !c.ruling()->delayed || c.ruling()->never_due || c.ruling()->ends >= at)
      continue;
    Ruling ruling = *c.ruling();
    ruling.ends = at;
    rule(slot, ruling);
  }
}

// What began before every open window touches none of them any more.
void Ledger::forget_old(std::vector<Void>& windows, Instant from) {
  Instant oldest = from;
  for (const Slot slot : open_) oldest = std::min(oldest, connections_[slot].ruling()->begins);
  std::erase_if(windows, [oldest](const Void& window) {
    return window.to < oldest - kEarlyTolerance - kVerdictWait;
  });
}

void Ledger::void_control(Instant from, Instant to) {
  forget_old(control_voids_, from);
  control_voids_.push_back({from, to, CensoredCause::voided});
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    if (c.missing_cause() != MissingCause::broker || !is_unproven(c)) continue;
    unsettle(slot);
    settle_unproven(slot, to);
  }
}

void Ledger::settle_unproven(Slot slot, Instant at) {
  connections_[slot].is_unproven = true;
  ++unproven_;
  settle_censored(slot, CensoredCause::voided, at);
}

void Ledger::open_control_void(Instant from) {
  if (!control_lost_at_) control_lost_at_ = from;
}

void Ledger::close_control_void(Instant to) {
  if (!control_lost_at_) return;
  const Instant from = *control_lost_at_;
  control_lost_at_.reset();
  void_control(from, to);
}

void Ledger::void_window(Instant from, Instant to, CensoredCause cause) {
  forget_old(voids_, from);
  voids_.push_back({from, to, cause});
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    Connection& c = connections_[slot];
    const bool is_wrong = c.settled() == WillClass::missing || c.settled() == WillClass::late ||
                          c.settled() == WillClass::early;
    if (!is_wrong) continue;
    const Instant until = saturating_add(c.ruling()->ends, rules_.allowance);
    const auto voided = void_cause(c, std::max(until, c.seen(0).value_or(until)));
    if (!voided) continue;
    unsettle(slot);
    settle_censored(slot, *voided, to);
  }
}

// That the broker did not publish it is what the control observer tells, unless that was blind.
bool Ledger::is_unproven(const Connection& c) const {
  return was_control_blind_for(c) && missing_cause(c) == MissingCause::broker;
}

bool Ledger::was_control_blind_for(const Connection& c) const {
  const Instant begins = c.ruling()->begins - kEarlyTolerance;
  const Instant until = saturating_add(c.ruling()->ends, rules_.allowance);
  return (control_lost_at_ && until >= *control_lost_at_) ||
         std::any_of(control_voids_.begin(), control_voids_.end(), [&](const Void& window) {
           return begins <= window.to && until >= window.from;
         });
}

bool Ledger::was_blind_for(Slot slot, journal::Observer observer) const {
  const Connection& c = connections_[slot];
  if (observer == journal::Observer::control) return was_control_blind_for(c);
  return void_cause(c, saturating_add(c.ruling()->ends, rules_.allowance)).has_value();
}

}  // namespace probate::analysis
