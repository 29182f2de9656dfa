// What faults set for the devices' links: who has it alone, and who with others.
#include <algorithm>
#include <utility>

#include "sim/virtual/link.hpp"
#include "sim/virtual/network.hpp"

namespace probate::virtual_time {

std::uint32_t& Network::conditions_place(DeviceId device) {
  if (device.index() >= conditions_of_.size()) conditions_of_.resize(device.index() + 1, kNone);
  return conditions_of_[device.index()];
}

std::uint32_t Network::new_conditions(fault::Conditions conditions) {
  auto place = static_cast<std::uint32_t>(conditions_.size());
  if (free_conditions_.empty()) {
    conditions_.emplace_back();
  } else {
    place = free_conditions_.back();
    free_conditions_.pop_back();
  }
  conditions_[place].conditions = std::move(conditions);
  return place;
}

void Network::leave_conditions(DeviceId device) {
  const std::uint32_t place = std::exchange(conditions_place(device), kNone);
  if (place == kNone) return;
  Shared& left = conditions_[place];
  if (--left.users > 0) return;
  if (left.is_common) std::erase(common_, place);
  left = Shared{};
  free_conditions_.push_back(place);
}

fault::Conditions& Network::own_conditions(DeviceId device) {
  const std::uint32_t known = conditions_place(device);
  if (known != kNone && !conditions_[known].is_common) return conditions_[known].conditions;
  const std::uint32_t own =
      new_conditions(known == kNone ? fault::Conditions{} : conditions_[known].conditions);
  leave_conditions(device);
  conditions_[own].users = 1;
  conditions_place(device) = own;
  return conditions_[own].conditions;
}

void Network::leave_empty_conditions(DeviceId device) {
  if (conditions(device)->empty()) leave_conditions(device);
}

bool Network::has_only_common(DeviceId device) const {
  if (device.index() >= conditions_of_.size()) return true;
  const std::uint32_t place = conditions_of_[device.index()];
  return place == kNone || conditions_[place].is_common;
}

void Network::give_common(DeviceId device, fault::Conditions wanted) {
  leave_conditions(device);
  if (wanted.empty()) return;
  const auto found = std::find_if(common_.begin(), common_.end(), [&](std::uint32_t common) {
    const fault::Conditions& other = conditions_[common].conditions;
    return other.delays == wanted.delays && other.watches == wanted.watches;
  });
  std::uint32_t place = kNone;
  if (found != common_.end()) {
    place = *found;
  } else {
    place = new_conditions(std::move(wanted));
    conditions_[place].is_common = common_.size() < kCommonMax;
    if (conditions_[place].is_common) common_.push_back(place);
  }
  ++conditions_[place].users;
  conditions_place(device) = place;
}

void Network::delay_anyway(DeviceId device, const fault::Delay& delay) {
  fault::Conditions wanted;
  wanted.set_delay(kNoFault, delay);
  if (wanted.empty()) return;
  give_common(device, std::move(wanted));
  for (Link* link : links_of(device)) link->follow_conditions(kNoFault);
}

void Network::set_watch(const fault::Act& act, const fault::Watch& watch) {
  if (!has_only_common(act.device)) {
    own_conditions(act.device).set_watch(act.fault, watch);
    return leave_empty_conditions(act.device);
  }
  const fault::Conditions* known = conditions(act.device);
  fault::Conditions wanted = known == nullptr ? fault::Conditions{} : *known;
  wanted.set_watch(act.fault, watch);
  give_common(act.device, std::move(wanted));
}

// Nothing changes for links whose end is not on its way, but a delay that is over lets go of it.
void Network::delay_fin(const fault::Act& act, const fault::DelayFin& late) {
  own_conditions(act.device).set_late_fin(act.fault, late);
  leave_empty_conditions(act.device);
  if (late.delay > Duration{}) return;
  for (Link* link : links_of(act.device)) link->release_ends();
}

// Without an order, an end that waited for a CONNECT waits no longer.
void Network::set_order(const fault::Act& act, const fault::OrderTakeover& order) {
  own_conditions(act.device).set_order(act.fault, order);
  leave_empty_conditions(act.device);
  if (order.gap) return;
  for (Link* link : links_of(act.device)) link->release_ends();
}

}  // namespace probate::virtual_time
