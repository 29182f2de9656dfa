#include "core/device/reconnect.hpp"

#include <algorithm>

namespace probate::device {
namespace {

Duration cap(const RetryConfig& retry, std::uint32_t index) {
  Duration wait = std::min(retry.base, retry.max);
  for (std::uint32_t step = 0; step < index && wait < retry.max; ++step) {
    if (wait == Duration::zero()) break;
    wait = wait > retry.max / 2 ? retry.max : wait * 2;
  }
  return wait;
}

}  // namespace

Duration retry_wait(const RetryConfig& retry, std::uint32_t index, Rng& rng) {
  switch (retry.policy) {
    case RetryPolicy::fixed:
      return retry.every;
    case RetryPolicy::exponential:
      break;
  }
  const Duration longest = cap(retry, index);
  return retry.jitter == Jitter::full ? rng.uniform(Duration::zero(), longest) : longest;
}

}  // namespace probate::device
