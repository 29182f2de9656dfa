#include "core/broker/delayed_wills.hpp"

#include <algorithm>

namespace probate::broker {

void DelayedWills::add(std::uint32_t delay_seconds, const Deadline& will) {
  if (!head_of_line_) return each_.push(will);
  list_[delay_seconds].push_back(will);
}

std::optional<Instant> DelayedWills::next() const {
  if (!head_of_line_) return each_.next();
  if (list_.empty()) return std::nullopt;
  return std::max(list_.begin()->second.back().due, not_before_);
}

std::optional<Deadline> DelayedWills::pop(Instant now, const IsLive& is_live) {
  if (!head_of_line_) {
    while (auto will = each_.pop(now)) {
      if (is_live(*will)) return will;
    }
    return std::nullopt;
  }
  drop_void_heads(is_live);
  if (list_.empty() || not_before_ > now) return std::nullopt;
  const Deadline head = list_.begin()->second.back();
  if (head.due > now) return std::nullopt;
  pop_head();
  drop_void_heads(is_live);
  return head;
}

void DelayedWills::note_void(Instant next_look, const IsLive& is_live) {
  if (!head_of_line_) return;
  not_before_ = std::max(not_before_, next_look);
  drop_void_heads(is_live);
}

void DelayedWills::pop_head() {
  std::vector<Deadline>& shortest = list_.begin()->second;
  shortest.pop_back();
  if (shortest.empty()) list_.erase(list_.begin());
}

void DelayedWills::drop_void_heads(const IsLive& is_live) {
  while (!list_.empty() && !is_live(list_.begin()->second.back())) pop_head();
}

}  // namespace probate::broker
