// Delayed wills that wait behind one another: mosquitto keeps them sorted by their delay, newest
// first, and stops its scan at the first that is not due. One with a shorter or equal delay holds
// up every older one that is still there.
#include <algorithm>

#include "core/analysis/ledger.hpp"

namespace probate::analysis {

// Puts off the older ones that it holds up. Costs a look at each that is blocked.
void Ledger::block_behind(Slot slot) {
  constexpr std::size_t kParts = 16;
  constexpr std::size_t kRest = 8;
  Connection& c = connections_[slot];
  const Instant began = c.end_or(c.forwarded);
  const Instant ends = c.ruling()->ends;
  Instant first = kNever;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < blocked_.size(); ++i) {
    if (i + kParts < blocked_.size()) connections_.prefetch(blocked_[i + kParts], Fetch::parts);
    if (i + kRest < blocked_.size()) connections_.prefetch(blocked_[i + kRest], Fetch::rest);
    const Slot other = blocked_[i];
    Connection& o = connections_[other];
    if (!o.is_blocked) continue;
    blocked_[kept++] = other;
    Ruling& held_up = *o.ruling();
    const bool was_due_later = held_up.ends >= began && o.terms->delay >= c.terms->delay;
    if (was_due_later && other != slot) held_up.ends = std::max(held_up.ends, ends);
    if (o.is_behind) first = std::min(first, deadline(o));
  }
  blocked_.resize(kept);
  first_behind_due_ = first;
  if (c.is_blocked) return;
  c.is_blocked = true;
  blocked_.push_back(slot);
}

// Requires: is_blocked. In a storm each would be put off by every newer one: it is scheduled again
// when no newer one has come for as long as that takes.
void Ledger::wait_behind(Slot slot) {
  Connection& c = connections_[slot];
  if (c.is_behind) return;
  c.is_behind = true;
  behind_.emplace_back(slot, c.generation);
  first_behind_due_ = std::min(first_behind_due_, deadline(c));
}

void Ledger::let_blocked_fall_due() {
  const Instant at = first_behind_due_;
  first_behind_due_ = kNever;
  const auto leaves = [&](const auto& each) {
    const auto [slot, generation] = each;
    Connection& c = connections_[slot];
    if (c.generation != generation || !c.is_behind) return true;
    const Instant due = deadline(c);
    if (due > at) {
      first_behind_due_ = std::min(first_behind_due_, due);
      return false;
    }
    c.is_behind = false;
    schedule(slot);
    return true;
  };
  std::erase_if(behind_, leaves);
}

// Its entry in blocked_ goes with the next look, which is before the slot is blocked again.
void Ledger::unblock(Slot slot) {
  connections_[slot].is_blocked = false;
  connections_[slot].is_behind = false;
}

}  // namespace probate::analysis
