// Who listens to a live run: the judge, the event file, the metrics and the terminal.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/judge.hpp"
#include "metrics/exporter.hpp"
#include "sim/cli/progress.hpp"
#include "sim/live/live_run.hpp"

namespace probate::cli {

// Threads: the main thread.
class RunAudience final : public live::Audience {
 public:
  using RecordSink = std::function<void(const journal::Record&)>;
  using Announce = std::function<void(const std::string& proxy)>;

  // `exporter` may be null. Lifetime: all outlive it.
  RunAudience(const scenario::Scenario& scenario, const broker::Profile& profile,
              metrics::Exporter* exporter, Progress& progress, RecordSink sink, Announce announce);

  void proxy_listens(const std::string& address) override { announce_(address); }
  std::uint64_t judge(std::span<const journal::Record> records, Instant until) override;
  std::string ending() const override { return watch_.ending(); }
  void tick(Instant now, const journal::LoopCounters& counters) override;

  // From then on the metrics tell of a control API, too.
  void watch_control(std::function<journal::ControlCounters()> counters) {
    control_ = std::move(counters);
  }

  // After the run, once.
  analysis::Outcome finish();
  // What the gate found while the run went on. After finish().
  const analysis::gate::Findings& findings() const { return findings_; }
  // The last word of the metrics, as every scrape gets it from then on. `info`: what the exporter
  // began with, if there is one. After finish().
  std::string freeze(const metrics::RunInfo& info, const analysis::Totals& totals,
                     std::span<const analysis::gate::RuleResult> rules);

  const journal::LoopCounters& counters() const { return counters_; }
  double started_at() const { return started_at_; }
  double ended_at() const { return ended_at_; }
  // "" | "SIGINT" | "broker lost" | …
  const std::string& end_reason() const { return end_reason_; }

 private:
  metrics::Snapshot snapshot(const analysis::Totals& totals) const;

  analysis::Judge judge_;
  analysis::gate::Watch watch_;
  analysis::gate::Findings findings_;
  metrics::RecordCounts counts_;
  metrics::Exporter* exporter_;
  Progress& progress_;
  RecordSink sink_;
  Announce announce_;
  std::function<journal::ControlCounters()> control_;  // or null
  journal::LoopCounters counters_;
  Instant last_{};
  double started_at_;
  double ended_at_ = 0;
  std::string end_reason_;
};

}  // namespace probate::cli
