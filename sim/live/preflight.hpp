// Whether this machine can carry the run: file descriptors.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::live {

// How many descriptors a live run of that scenario needs at most: three per device (its socket and
// two legs), one more per device that a fault can turn into a ghost or give a twin, and a margin.
std::uint64_t descriptors_needed(const scenario::Scenario& scenario);

// Raises the soft limit to the hard one, and returns it.
std::uint64_t raise_descriptors();

// Raises the soft limit to the hard one if need be. The error names the figures and the remedy.
Result<std::uint64_t, std::string> ensure_descriptors(std::uint64_t needed);

}  // namespace probate::live
