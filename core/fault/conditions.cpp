#include "core/fault/conditions.hpp"

#include <algorithm>

namespace probate::fault {
namespace {

FlowDirection opposite(mqtt::Direction direction) {
  return direction == mqtt::Direction::uplink ? FlowDirection::down : FlowDirection::up;
}

std::size_t index_of(mqtt::Direction direction) { return static_cast<std::size_t>(direction); }

}  // namespace

Budget* Conditions::Throttled::of(mqtt::Direction direction) {
  if (flow == opposite(direction)) return nullptr;
  return &budgets[shared ? 0 : static_cast<std::size_t>(direction)];
}

bool Conditions::empty() const {
  return delays.empty() && throttles.empty() && slices.empty() && limits.empty() &&
         late_fins.empty() && idles.empty() && watches.empty() && orders.empty() && hushes.empty();
}

// Watches are no cause: what they find has one. Nor is an order: it waits for an end.
FaultId Conditions::cause() const {
  if (!throttles.empty()) return throttles.back().fault;
  if (!slices.empty()) return slices.back().fault;
  return delays.empty() ? kNoFault : delays.back().fault;
}

Conditions::Delayed Conditions::total(mqtt::Direction direction) const {
  Delayed sum{.fault = kNoFault};
  for (const Delayed& each : delays) {
    if (each.flow == opposite(direction)) continue;
    sum.delay += each.delay;
    sum.jitter += each.jitter;
    sum.loss = 1 - (1 - sum.loss) * (1 - each.loss);
    sum.rto = std::max(sum.rto, each.rto);
  }
  return sum;
}

bool Conditions::paces(mqtt::Direction direction) {
  return std::any_of(throttles.begin(), throttles.end(),
                     [direction](Throttled& each) { return each.of(direction) != nullptr; }) ||
         std::any_of(slices.begin(), slices.end(),
                     [direction](const Sliced& each) { return each.flow != opposite(direction); });
}

std::uint64_t Conditions::allowed(mqtt::Direction direction, Instant now) {
  std::uint64_t least = ~std::uint64_t{0};
  for (Throttled& each : throttles) {
    if (const Budget* budget = each.of(direction)) least = std::min(least, budget->allowed(now));
  }
  for (const Sliced& each : slices) {
    if (each.flow == opposite(direction)) continue;
    least = now < each.next_at[index_of(direction)] ? 0 : std::min(least, each.piece);
  }
  return least;
}

Instant Conditions::allowed_at(mqtt::Direction direction, Instant now, std::uint64_t wanted) {
  Instant latest = now;
  for (Throttled& each : throttles) {
    const Budget* budget = each.of(direction);
    if (budget != nullptr) latest = std::max(latest, budget->allowed_at(now, wanted));
  }
  for (const Sliced& each : slices) {
    if (each.flow == opposite(direction)) continue;
    latest = std::max(latest, each.next_at[index_of(direction)]);
  }
  return latest;
}

void Conditions::spend(mqtt::Direction direction, Instant now, std::uint64_t bytes) {
  for (Throttled& each : throttles) {
    if (Budget* budget = each.of(direction)) budget->spend(now, bytes);
  }
  for (Sliced& each : slices) each.next_at[index_of(direction)] = saturating_add(now, each.gap);
}

PacketSet Conditions::watched(mqtt::Direction direction) const {
  PacketSet all;
  for (const Watched& each : watches) {
    all = all | (direction == mqtt::Direction::uplink ? each.what.up : each.what.down);
  }
  return all;
}

Duration Conditions::fin_delay() const {
  Duration sum{};
  for (const LateFin& each : late_fins) sum += each.delay;
  return sum;
}

std::optional<Conditions::Idle> Conditions::shortest_idle() const {
  const auto least = std::min_element(
      idles.begin(), idles.end(), [](const Idle& a, const Idle& b) { return a.after < b.after; });
  return least == idles.end() ? std::nullopt : std::optional{*least};
}

namespace {

template <typename List>
void drop(List& list, FaultId fault) {
  std::erase_if(list, [fault](const auto& each) { return each.fault == fault; });
}

}  // namespace

void Conditions::set_delay(FaultId fault, const Delay& delay) {
  drop(delays, fault);
  const Delayed entry{fault, delay.flow, delay.delay, delay.jitter, delay.loss, delay.rto};
  if (!entry.nothing()) delays.push_back(entry);
}

void Conditions::set_throttle(FaultId fault, const Throttle& throttle) {
  drop(throttles, fault);
  if (throttle.bytes_per_second == 0) return;
  const Budget budget{throttle.bytes_per_second};
  throttles.push_back({fault, throttle.flow, {budget, budget}, throttle.shared});
}

void Conditions::set_slice(FaultId fault, const SliceBytes& slice) {
  drop(slices, fault);
  if (slice.piece > 0) slices.push_back({fault, slice.flow, slice.piece, slice.gap, {}});
}

void Conditions::set_limits(FaultId fault, const LimitLinks& limit) {
  drop(limits, fault);
  if (limit.after || limit.bytes) limits.push_back({fault, limit});
}

void Conditions::set_late_fin(FaultId fault, const DelayFin& late) {
  drop(late_fins, fault);
  if (late.delay > Duration{}) late_fins.push_back({fault, late.delay});
}

void Conditions::set_idle(FaultId fault, const WatchIdle& watched) {
  drop(idles, fault);
  if (watched.after) idles.push_back({fault, *watched.after});
}

void Conditions::set_watch(FaultId fault, const Watch& watch) {
  drop(watches, fault);
  if (!watch.nothing()) watches.push_back({fault, watch});
}

void Conditions::set_order(FaultId fault, const OrderTakeover& order) {
  drop(orders, fault);
  if (order.gap) orders.push_back({fault, order.connect, *order.gap});
}

void Conditions::set_hush(FaultId fault, const Silence& silence) {
  drop(hushes, fault);
  hushes.push_back({fault, silence});
}

void Conditions::end_hush(FaultId fault) { drop(hushes, fault); }

}  // namespace probate::fault
