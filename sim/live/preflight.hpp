// Whether this machine can carry the run: file descriptors.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::live {

// How many descriptors a live run of that scenario is expected to need at most: three per device
// (its socket and two legs), more where a fault leaves a leg behind or brings a twin, and a margin.
// The broker ends what was left behind when its device is back, so that is one; not if the device
// has another ClientID in each epoch, then it is one for each such fault. A fault that strikes such
// a device again and again can take more.
std::uint64_t descriptors_needed(const scenario::Scenario& scenario);

// Raises the soft limit to the hard one, and returns it.
std::uint64_t raise_descriptors();

// With fewer no proxy of so many listeners can let anybody in, and with less than kDescriptorsFew
// it is told how many devices that is. The second is that number; the error names figures and
// remedy.
inline constexpr std::uint64_t kDescriptorsFew = 1024;
Result<std::uint64_t, std::string> room_for_devices(std::uint64_t descriptors,
                                                    std::size_t listeners);

// Raises the soft limit to the hard one, whatever is needed. The error names the figures and the
// remedy.
Result<std::uint64_t, std::string> ensure_descriptors(std::uint64_t needed);

}  // namespace probate::live
