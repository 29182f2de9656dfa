#include "core/scenario/phase_machine.hpp"

#include <algorithm>

namespace probate::scenario {

PhaseMachine::PhaseMachine(const Scenario& scenario, const Schedule& schedule, Host& host)
    : scenario_{scenario}, schedule_{schedule}, host_{host} {
  connect_order_.reserve(scenario.device_count());
  for (std::uint32_t i = 0; i < scenario.device_count(); ++i) connect_order_.push_back(DeviceId{i});
  std::stable_sort(connect_order_.begin(), connect_order_.end(), [&](DeviceId a, DeviceId b) {
    return schedule.connect_offset(a) < schedule.connect_offset(b);
  });
}

void PhaseMachine::start(Instant now) { begin(now); }

void PhaseMachine::stop() {
  stopped_ = true;
  due_ = kNever;
}

void PhaseMachine::begin(Instant now) {
  began_ = now;
  fired_ = 0;
  due_ = now;
  host_.phase_began(now, phase());
  if (std::holds_alternative<ForAuto>(scenario_.phases[index_].end)) host_.heal(now);
}

Duration PhaseMachine::connect_at(std::size_t position) const {
  return schedule_.connect_offset(connect_order_[position]);
}

void PhaseMachine::do_what_is_due(Instant now) {
  const Duration elapsed = now - began_;
  if (schedule_.connect_phase() == phase()) {
    while (connected_ < connect_order_.size() && connect_at(connected_) <= elapsed) {
      const Instant intended = began_ + connect_at(connected_);
      host_.connect_device(connect_order_[connected_++], intended);
    }
    // Nobody comes later.
    if (connected_ == connect_order_.size()) connect_order_ = {};
  }
  const auto& firings = schedule_.firings(phase());
  while (fired_ < firings.size() && firings[fired_].offset <= elapsed) {
    host_.fire(now, firings[fired_++]);
  }
}

PhaseMachine::Ending PhaseMachine::ending(Instant now) const {
  struct Judge {
    const PhaseMachine& self;
    Duration elapsed;

    Ending operator()(const ForDuration& end) const {
      return elapsed >= end.duration ? Ending::done : Ending::running;
    }
    Ending operator()(const UntilOnline& end) const {
      if (self.host_.online_share() >= end.share) return Ending::done;
      return elapsed >= end.timeout ? Ending::timed_out : Ending::running;
    }
    Ending operator()(const ForAuto& end) const {
      if (self.host_.settled(self.began_)) return Ending::done;
      return elapsed >= end.at_most ? Ending::timed_out : Ending::running;
    }
  };
  return std::visit(Judge{*this, now - began_}, scenario_.phases[index_].end);
}

Instant PhaseMachine::next_event(Instant now) const {
  Instant next = kNever;
  if (schedule_.connect_phase() == phase() && connected_ < connect_order_.size()) {
    next = std::min(next, began_ + connect_at(connected_));
  }
  const auto& firings = schedule_.firings(phase());
  if (fired_ < firings.size()) next = std::min(next, began_ + firings[fired_].offset);
  if (const auto* fixed = std::get_if<ForDuration>(&scenario_.phases[index_].end)) {
    return std::min(next, saturating_add(began_, fixed->duration));
  }
  return std::min(next, now + kConditionInterval);
}

void PhaseMachine::handle_timeout(Instant now) {
  if (stopped_) return;
  do_what_is_due(now);
  if (stopped_) return;
  const Ending state = ending(now);
  if (state != Ending::running) return end(now, state == Ending::timed_out);
  due_ = next_event(now);
}

void PhaseMachine::end(Instant now, bool timed_out) {
  host_.phase_ended(now, phase(), timed_out);
  if (index_ + 1 == scenario_.phases.size()) {
    stop();
    return host_.phases_over(now);
  }
  ++index_;
  begin(now);
}

}  // namespace probate::scenario
