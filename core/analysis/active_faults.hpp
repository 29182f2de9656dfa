// Which faults act on which devices.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "core/base/ids.hpp"

namespace probate::analysis {

// A set of pairs. A fault may act on a million devices at once: of the fleet's it takes a bit each
// then, for as long as it acts on any.
class ActiveFaults {
 public:
  // `fleet`: how many devices the fleet has. Others may come up as well.
  explicit ActiveFaults(std::size_t fleet) : fleet_{fleet} {}

  // False: it is in there.
  bool insert(FaultId fault, DeviceId device);
  // False: it is not.
  bool erase(FaultId fault, DeviceId device);

 private:
  // On so many a fault acts before it takes bits.
  static constexpr std::uint32_t kFewMax = 1'024;
  struct Of {
    std::vector<bool> many;   // by device, those that are not among the few
    std::uint32_t count = 0;  // of both
  };
  static std::uint64_t pair_of(FaultId fault, DeviceId device) {
    return std::uint64_t{fault.value} << 32 | device.value;
  }

  std::size_t fleet_;
  std::vector<Of> of_;  // by fault
  std::unordered_set<std::uint64_t> few_;
};

}  // namespace probate::analysis
