#include "core/analysis/active_faults.hpp"

namespace probate::analysis {

bool ActiveFaults::insert(FaultId fault, DeviceId device) {
  if (fault.index() >= of_.size()) of_.resize(fault.index() + std::size_t{1});
  Of& of = of_[fault.index()];
  const bool is_one_of_many = device.index() < of.many.size() && of.many[device.index()];
  if (is_one_of_many || few_.contains(pair_of(fault, device))) return false;
  if (of.count++ < kFewMax || device.index() >= fleet_) {
    few_.insert(pair_of(fault, device));
    return true;
  }
  if (of.many.empty()) of.many.resize(fleet_);
  of.many[device.index()] = true;
  return true;
}

bool ActiveFaults::erase(FaultId fault, DeviceId device) {
  if (fault.index() >= of_.size()) return false;
  Of& of = of_[fault.index()];
  if (device.index() < of.many.size() && of.many[device.index()]) {
    of.many[device.index()] = false;
  } else if (few_.erase(pair_of(fault, device)) == 0) {
    return false;
  }
  if (--of.count == 0) of = {};
  return true;
}

}  // namespace probate::analysis
