#include "sim/cli/sweep_runs.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "core/analysis/gate/gate.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/run_audience.hpp"
#include "sim/cli/runner.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/live/signals.hpp"

namespace probate::cli {
namespace {

constexpr Duration kProgressInterval = 250ms;

// Why the figures of a run cannot be trusted, or "".
std::string why_not(const analysis::Outcome& outcome) {
  for (const analysis::Guard& guard : outcome.guards) {
    if (guard.voids_run || guard.kind == analysis::GuardKind::phase_timeout) return guard.text;
  }
  return {};
}

}  // namespace

std::optional<report::SweepRun> run_point(const SweepCase& point, std::uint64_t seed,
                                          report::RateFigure rate,
                                          report::DetectionFigure detection) {
  scenario::Scenario scenario = point.scenario;
  scenario.seed = seed;
  const scenario::Schedule schedule{scenario};
  RunOptions virtually;
  virtually.engine = EngineKind::virtual_time;
  const auto runner = make_runner(virtually, scenario);
  const auto setting = runner->prepare();
  // load_points() has seen that this engine can do it; this tells the runner.
  CHECK(setting && runner->unsupported(point.profile).empty());
  const journal::RunBegan begin{.scenario = scenario.name,
                                .digest = schedule.digest(),
                                .seed = seed,
                                .engine = runner->engine(),
                                .profile = point.profile.name,
                                .broker = setting->broker,
                                .fidelity = fault::to_text(setting->fidelity)};
  Progress silent{Progress::Style::none, scenario.device_count()};
  RunAudience audience{scenario,
                       point.profile,
                       nullptr,
                       silent,
                       [](const journal::Record&) {},
                       [](const std::string&) {}};
  const live::LiveEnding ending = runner->run(begin, schedule, audience);
  if (ending.signal != 0) return std::nullopt;
  const analysis::Outcome outcome = audience.finish();
  report::SweepRun run;
  run.seed = seed;
  run.digest = begin.digest;
  run.events = runner->events();
  if (!ending.environment.empty()) {
    run.verdict = report::Verdict::environment;
    run.reason = ending.environment;
    return run;
  }
  const auto gate = analysis::gate::evaluate(scenario, outcome, audience.findings());
  run.verdict = verdict_of(decide(0, outcome, gate));
  run.reason = why_not(outcome);
  run.wills_expected = outcome.totals.wills.expected;
  run.wills_missing = outcome.totals.wills[analysis::WillClass::missing];
  for (const analysis::PolicyTotals& policy : outcome.totals.policies) {
    run.policies.push_back(report::figures_of(policy.all, rate, detection));
  }
  return run;
}

namespace {

class Workers {
 public:
  Workers(const SweepOptions& options, const std::vector<SweepCase>& points)
      : options_{options}, points_{points}, runs_(points.size()) {
    for (auto& of_point : runs_) of_point.resize(options.seeds);
  }

  SweepRuns run(std::size_t jobs, const std::function<void(std::size_t)>& progress) {
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < jobs; ++i) {
        threads.emplace_back([this] { work(); });
        ++working_;
      }
      begin_.test_and_set();
      begin_.notify_all();
      std::unique_lock lock{mutex_};
      while (!over_.wait_for(lock, kProgressInterval, [this] { return working_ == 0; })) {
        progress(done_);
      }
    }
    if (failure_) std::rethrow_exception(failure_);
    return std::move(runs_);
  }

 private:
  void work() {
    begin_.wait(false);
    try {
      while (one_more()) {
      }
    } catch (...) {  // given to the thread that waits
      const std::lock_guard lock{mutex_};
      if (!failure_) failure_ = std::current_exception();
      next_ = points_.size() * options_.seeds;
    }
    const std::lock_guard lock{mutex_};
    --working_;
    over_.notify_one();
  }

  bool one_more() {
    if (live::pending_signal() != 0) return false;
    const std::size_t number = next_++;
    if (number >= points_.size() * options_.seeds) return false;
    const std::size_t point = number % points_.size();
    const std::size_t seed = number / points_.size();
    const SweepCase& that = points_[point];
    runs_[point][seed] =
        run_point(that, that.scenario.seed + seed, options_.rate, options_.detection);
    if (runs_[point][seed]) ++done_;
    return true;
  }

  const SweepOptions& options_;
  const std::vector<SweepCase>& points_;
  SweepRuns runs_;  // each of them written by one thread, and read when all have ended
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic_flag begin_;
  std::mutex mutex_;
  std::condition_variable over_;
  std::size_t working_ = 0;  // before begin_ written by the main thread alone, then under mutex_
  std::exception_ptr failure_;
};

}  // namespace

SweepRuns run_all(const SweepOptions& options, const std::vector<SweepCase>& points,
                  std::size_t jobs, const std::function<void(std::size_t done)>& progress) {
  return Workers{options, points}.run(jobs, progress);
}

}  // namespace probate::cli
