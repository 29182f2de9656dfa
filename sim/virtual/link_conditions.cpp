// What faults set for a device's links, those to come included: delay, loss, budgets, limits, and
// the watch for idle spells.
#include <algorithm>
#include <utility>

#include "sim/virtual/link.hpp"

namespace probate::virtual_time {

using fault::Conditions;
using fault::FlowDirection;
using fault::LegChoice;

namespace {

// The choice that does not mean this way.
FlowDirection only_other(mqtt::Direction way) {
  return way == mqtt::Direction::uplink ? FlowDirection::down : FlowDirection::up;
}

}  // namespace

void Link::follow_conditions(FaultId fault) {
  if (phase_ == Phase::ended) return;
  Conditions* conditions = network_.conditions(device_);
  const bool fresh = gauge_ == Gauge::none;
  if (conditions == nullptr && fresh) return;
  if (!fresh && fault != kNoFault) last_fault_ = fault;
  if (fresh) last_fault_ = conditions->cause();
  follow_watches(conditions);
  watch_idle(conditions);
  follow_limits(conditions);
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    if (of.dead) continue;
    const bool was_paced = of.paced;
    of.paced = (conditions != nullptr && conditions->paces(way)) || capped(way);
    const auto total = conditions == nullptr ? Conditions::Delayed{} : conditions->total(way);
    // What a parked line's delay was is not known any more: it begins anew, empty as it was.
    const bool was_parked = of.parked;
    of.parked = false;
    const bool delay_stays = of.line ? of.line->delays_by(total.delay, total.jitter) &&
                                           of.line->loses(total.loss, total.rto)
                                     : total.nothing() && !was_parked;
    if (delay_stays && of.paced == was_paced) continue;
    if (!delay_stays) {
      line(way).set_delay(total.delay, total.jitter, network_.jitter_stream(connection_, way));
      line(way).set_loss(total.loss, total.rto, network_.loss_stream(connection_, way));
    }
    pump(way);
  }
}

void Link::follow_watches(const Conditions* conditions) {
  for (const Way way : {Way::uplink, Way::downlink}) {
    const auto watched = conditions == nullptr ? fault::PacketSet{} : conditions->watched(way);
    if (!treated_ && watched.empty()) continue;
    if (!treated_) treated_ = std::make_unique<Treated>();
    treated_->watched[static_cast<std::size_t>(way)] = watched;
  }
}

// ---- budgets

// How many of that many bytes may leave now. Requires: the way is paced.
std::size_t Link::allowed(Way way, Instant now, std::size_t most) const {
  std::uint64_t least = most;
  if (Conditions* conditions = network_.conditions(device_)) {
    least = std::min(least, conditions->allowed(way, now));
  }
  if (!extras_) return static_cast<std::size_t>(least);
  for (const Cap& cap : extras_->caps) {
    if (cap.flow != only_other(way)) least = std::min(least, cap.left);
  }
  return static_cast<std::size_t>(least);
}

// The byte that uses up a limit is the connection's last.
void Link::spend(Way way, Instant now, std::size_t bytes) {
  if (Conditions* conditions = network_.conditions(device_)) conditions->spend(way, now, bytes);
  if (!extras_) return;
  for (Cap& cap : extras_->caps) {
    if (cap.flow == only_other(way)) continue;
    cap.left -= bytes;
    if (cap.left > 0) continue;
    const Cap reached = cap;
    extras_->caps.clear();
    for (Channel& each : channels_) {
      if (each.line) each.line->clear();
    }
    return cut({.legs = LegChoice::both, .how = reached.how}, reached.fault);
  }
}

// Something waits, for its time or for its budget.
void Link::wait_more(Way way, Instant now) {
  const Channel& of = channel(way);
  const std::size_t ready = of.line->ready(now);
  Conditions* conditions = network_.conditions(device_);
  const bool for_budget = of.paced && ready > 0 && conditions != nullptr;
  wait_line(for_budget ? conditions->allowed_at(way, now, ready) : of.line->next_due());
}

// ---- idle spells

void Link::watch_idle(const Conditions* conditions) {
  const auto idle = conditions == nullptr ? std::nullopt : conditions->shortest_idle();
  if (idle) {
    extras().idle.arm(saturating_add(last_passed_at_, idle->after));
  } else if (extras_) {
    extras_->idle.cancel();
  }
}

// What passes only notes when; this looks, and waits on.
void Link::handle_idle_due(Instant now) {
  const Conditions* conditions = network_.conditions(device_);
  const auto idle = conditions == nullptr ? std::nullopt : conditions->shortest_idle();
  if (!idle || ghost_ || phase_ == Phase::swallowed) return;
  // What has no broker leg yet has nothing that could be forgotten.
  const Instant since = phase_ == Phase::piping ? last_passed_at_ : now;
  const Instant due = saturating_add(since, idle->after);
  if (now < due) {
    extras().idle.arm(due);
  } else if (network_.newest_link(device_) == this) {
    network_.tell(Network::NewsKind::link_idle, device_, idle->fault);
  } else {
    make_ghost({}, idle->fault);
  }
}

// ---- limits

// Bytes that passed before the limit was set do not count; time does.
void Link::follow_limits(const Conditions* conditions) {
  const bool none = conditions == nullptr || conditions->limits.empty();
  if (none && !extras_) return;
  auto& caps = extras().caps;
  extras_->limit.cancel();
  if (none) return caps.clear();
  Instant due = kNever;
  for (const Conditions::Limited& limit : conditions->limits) {
    const auto same = [&limit](const Cap& cap) { return cap.fault == limit.fault; };
    if (limit.what.bytes && std::none_of(caps.begin(), caps.end(), same)) {
      caps.push_back({limit.fault, limit.what.flow, limit.what.how, *limit.what.bytes});
    }
    const Instant ends = limit.what.after ? saturating_add(began_, *limit.what.after) : kNever;
    if (ends >= due) continue;
    due = ends;
    extras_->limited_by = limit.fault;
    extras_->limit_how = limit.what.how;
  }
  std::erase_if(caps, [conditions](const Cap& cap) {
    return std::none_of(conditions->limits.begin(), conditions->limits.end(),
                        [&cap](const auto& limit) { return limit.fault == cap.fault; });
  });
  if (due != kNever) extras_->limit.arm(due);
}

bool Link::capped(Way way) const {
  return extras_ && std::any_of(extras_->caps.begin(), extras_->caps.end(),
                                [way](const Cap& cap) { return cap.flow != only_other(way); });
}

void Link::handle_limit_due(Instant) {
  cut({.legs = LegChoice::both, .how = extras_->limit_how}, extras_->limited_by);
}

}  // namespace probate::virtual_time
