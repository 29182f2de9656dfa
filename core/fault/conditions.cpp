#include "core/fault/conditions.hpp"

namespace probate::fault {

Conditions::Delayed Conditions::total(mqtt::Direction direction) const {
  const auto other = direction == mqtt::Direction::uplink ? FlowDirection::down : FlowDirection::up;
  Delayed sum{.fault = kNoFault};
  for (const Delayed& each : delays) {
    if (each.flow == other) continue;
    sum.delay += each.delay;
    sum.jitter += each.jitter;
  }
  return sum;
}

void Conditions::set_delay(FaultId fault, const Delay& delay) {
  std::erase_if(delays, [&](const Delayed& each) { return each.fault == fault; });
  if (delay.delay == Duration{} && delay.jitter == Duration{}) return;
  delays.push_back({fault, delay.flow, delay.delay, delay.jitter});
}

}  // namespace probate::fault
