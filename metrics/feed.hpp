// The published figures between the thread that publishes and those that answer scrapes.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include <prometheus/collectable.h>

#include "metrics/figures.hpp"
#include "metrics/scrape_log.hpp"

namespace probate::metrics {

// Threads: begin() and publish() by one at a time, all others from any.
class Feed : public prometheus::Collectable {
 public:
  // Once, before publish(): whose figures they are.
  void begin(const RunInfo& info) { figures_.emplace(info); }
  void publish(Snapshot snapshot, bool last);
  bool has_figures() const;
  std::vector<prometheus::MetricFamily> Collect() const override;

  // Around each request for the figures, on the thread that answers it.
  void scrape_begun(Instant now, std::optional<Duration> timeout);
  void scrape_answered();

  Duration patience(Instant now) const;
  bool wait_for_final_answer(Duration at_most, const std::stop_token& stop);

 private:
  std::optional<Figures> figures_;  // changes no more once something was published
  mutable std::mutex mutex_;
  std::condition_variable_any answered_;
  std::optional<Numbers> published_;
  mutable std::optional<Numbers> shown_;
  bool frozen_ = false;
  ScrapeLog scrapes_;
  ProcessFigures process_;
  std::optional<Instant> process_read_at_;
};

// The live engine's clock, as far as the exporter needs one.
Instant monotonic_now();

}  // namespace probate::metrics
