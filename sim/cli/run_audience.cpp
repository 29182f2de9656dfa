#include "sim/cli/run_audience.hpp"

#include <chrono>
#include <cstddef>

#include "metrics/exposition.hpp"

namespace probate::cli {
namespace {

double wall_clock() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_1970).count();
}

}  // namespace

RunAudience::RunAudience(const scenario::Scenario& scenario, const broker::Profile& profile,
                         metrics::Exporter* exporter, Progress& progress, RecordSink sink,
                         Announce announce)
    : judge_{scenario, profile},
      watch_{scenario, judge_},
      exporter_{exporter},
      progress_{progress},
      sink_{std::move(sink)},
      announce_{std::move(announce)},
      started_at_{wall_clock()} {}

std::uint64_t RunAudience::judge(std::span<const journal::Record> records, Instant until) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const journal::Record& record = records[i];
    judge_.look_ahead(records, i);
    watch_.add(record);
    counts_.add(record);
    sink_(record);
    last_ = record.at;
    if (const auto* phase = std::get_if<journal::PhaseBegan>(&record.body)) {
      progress_.set_phase(phase->name);
    } else if (std::holds_alternative<journal::DrainBegan>(record.body)) {
      progress_.set_phase("drain");
    } else if (const auto* end = std::get_if<journal::RunEnded>(&record.body)) {
      end_reason_ = end->reason;
    }
  }
  // After the last record the loop promises everything at once; judging stopped with it.
  if (until != kNever) watch_.advance(until);
  return judge_.progress().open_obligations;
}

metrics::Snapshot RunAudience::snapshot(const analysis::Totals& totals) const {
  return {.totals = totals,
          .loops = counters_,
          .records = counts_,
          .control = control_ ? control_() : journal::ControlCounters{},
          .rules = {},
          .started_at = started_at_,
          .ended_at = ended_at_,
          .process = {}};
}

void RunAudience::tick(Instant now, const journal::LoopCounters& counters) {
  counters_ = counters;
  progress_.show(now, judge_.totals(), counters_);
  if (exporter_ != nullptr) exporter_->publish(snapshot(judge_.totals()));
}

analysis::Outcome RunAudience::finish() {
  progress_.clear();
  ended_at_ = wall_clock();
  analysis::Outcome outcome = judge_.finish(last_);
  findings_ = watch_.findings(outcome.judged_until.value_or(last_));
  return outcome;
}

std::string RunAudience::freeze(const metrics::RunInfo& info, const analysis::Totals& totals,
                                std::span<const analysis::gate::RuleResult> rules) {
  metrics::Snapshot last = snapshot(totals);
  last.rules = rules;
  if (exporter_ == nullptr) return metrics::exposition(info, last);
  exporter_->freeze(last);
  return exporter_->text();
}

}  // namespace probate::cli
