// Numbers for faults that come while a proxy runs.
#pragma once

#include <cstddef>

#include "core/base/check.hpp"
#include "core/base/ids.hpp"

namespace probate::live {

// Each is new: none is ever given twice, so that a record never means another fault.
//
// Limits: kMostIds in a run.
class FaultIds {
 public:
  static constexpr std::size_t kMostIds = 60'000;

  // Those of the scenario that the run began with lie before `first`.
  explicit FaultIds(FaultId first) : first_{first} {}

  std::size_t left() const { return kMostIds - taken_; }
  // Requires: left() > 0.
  FaultId take() {
    CHECK(left() > 0);
    return FaultId{static_cast<std::uint16_t>(first_.value + taken_++)};
  }

 private:
  FaultId first_;
  std::size_t taken_ = 0;
};

}  // namespace probate::live
