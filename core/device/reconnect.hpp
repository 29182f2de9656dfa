// How long a device waits before it dials again.
#pragma once

#include <cstdint>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/device/config.hpp"

namespace probate::device {

// The wait number `index` (from 0) since the device was last up, or since it booted.
//   fixed:        `every`, without jitter.
//   exponential:  the cap is base·2^index, at most `max`; with full jitter uniform in [0, cap].
Duration retry_wait(const RetryConfig& retry, std::uint32_t index, Rng& rng);

}  // namespace probate::device
