// Who asked for the figures and when: decides how long a finished run must stay for the last
// scrape.
#pragma once

#include <optional>

#include "core/base/time.hpp"

namespace probate::metrics {

// Time is an argument. Threads: one at a time.
class ScrapeLog {
 public:
  // A request for the figures arrived. `timeout`: what the scraper says it waits, if it does.
  void begun(Instant now, std::optional<Duration> timeout);
  // An answer with the final figures was written to its end.
  void final_answered() { final_answered_ = true; }
  bool is_final_answered() const { return final_answered_; }

  // How long to wait for the last scrape: three intervals of the scraper, nothing if there never
  // was one. With a single scrape the interval is at least the time since, and at least its
  // timeout.
  Duration patience(Instant now) const;

  // Prometheus forgets a series after five minutes, so nobody scrapes more rarely than this.
  static constexpr Duration kIntervalMax = 2min;

 private:
  std::optional<Instant> last_;
  std::optional<Duration> interval_;
  Duration timeout_{};
  bool final_answered_ = false;
};

}  // namespace probate::metrics
