#include "metrics/scrape_log.hpp"

#include <algorithm>

namespace probate::metrics {

void ScrapeLog::begun(Instant now, std::optional<Duration> timeout) {
  if (last_) interval_ = now - *last_;
  last_ = now;
  timeout_ = timeout.value_or(Duration{});
}

Duration ScrapeLog::patience(Instant now) const {
  if (!last_) return Duration{};
  const Duration interval = interval_.value_or(now - *last_);
  return 3 * std::min(std::max(interval, timeout_), kIntervalMax);
}

}  // namespace probate::metrics
