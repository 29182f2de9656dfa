#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/estimate_text.hpp"
#include "sim/cli/memory.hpp"
#include "sim/cli/sweep_options.hpp"
#include "sim/cli/sweep_points.hpp"
#include "sim/cli/sweep_runs.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/cli/version.hpp"
#include "sim/live/signals.hpp"
#include "sim/report/folder_lock.hpp"
#include "sim/report/sweep_files.hpp"
#include "sim/report/sweep_text.hpp"
#include "sim/virtual/estimate.hpp"

namespace probate::cli {
namespace {

// How many runs are done: a live line on a terminal, nothing in a pipe.
class RunCounter {
 public:
  RunCounter(bool is_shown, std::size_t all) : is_shown_{is_shown}, all_{all} {}
  ~RunCounter() {
    if (was_shown_) tell("\r\x1b[K");
  }

  void show(std::size_t done) {
    if (!is_shown_) return;
    tell(fmt::format("\r\x1b[K{} of {}", done, counted(all_, "run", "runs")));
    was_shown_ = true;
  }

 private:
  bool is_shown_;
  bool was_shown_ = false;
  std::size_t all_;
};

report::SweepReport begin_report(const SweepOptions& options,
                                 const std::vector<SweepCase>& points) {
  const scenario::Scenario& first = points.front().scenario;
  report::SweepReport report;
  report.program = PROBATE_VERSION;
  report.scenario = first.name;
  report.about = first.about;
  report.file = options.scenario;
  report.overrides = options.load.load.set;
  report.time_scale = options.load.load.time_scale;
  report.seed = first.seed;
  report.seeds = options.seeds;
  report.rate = options.rate;
  report.detection = options.detection;
  report.axes = options.axes;
  for (const SweepCase& point : points) {
    report::SweepPoint& shown = report.points.emplace_back();
    shown.values = point.values;
    shown.has_rules = !point.scenario.gate.empty();
    for (const scenario::PolicySpec& policy : point.scenario.backend.presence) {
      auto why = scenario::why_not_applicable(point.scenario, policy);
      shown.policies.push_back(
          {scenario::word(policy.name), policy.label(), std::move(why).value_or("")});
    }
  }
  return report;
}

// The scenario's seed may itself be varied; the seeds behind it must be numbers, too.
std::string seed_trouble(const SweepOptions& options, const std::vector<SweepCase>& points) {
  for (const SweepCase& point : points) {
    const std::uint64_t seed = point.scenario.seed;
    if (seed <= std::numeric_limits<std::uint64_t>::max() - (options.seeds - 1)) continue;
    return fmt::format("--seeds {}: there are not so many seeds from {} on", options.seeds, seed);
  }
  return {};
}

// How many runs at the same time; or why not even that many can be, a sentence.
Result<std::size_t, std::string> jobs_of(const SweepOptions& options,
                                         const std::vector<SweepCase>& points, std::size_t runs) {
  virtual_time::Estimate largest;
  for (const SweepCase& point : points) {
    const scenario::Schedule schedule{point.scenario};
    const auto estimate = virtual_time::estimate(point.scenario, schedule);
    if (estimate.memory_bytes > largest.memory_bytes) largest = estimate;
  }
  const std::uint64_t available = available_memory();
  std::string trouble = memory_refusal(largest, available);
  if (!trouble.empty()) return Failure{std::move(trouble)};
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t wanted = std::min(options.jobs.value_or(cores), runs);
  const std::uint64_t fitting = available / std::max<std::uint64_t>(largest.memory_bytes, 1);
  if (wanted <= fitting) return wanted;
  if (!options.jobs) return std::max<std::size_t>(fitting, 1);
  return Failure{
      fmt::format("{} at a time need about {} of memory and {} are available here: use --jobs {}",
                  counted(wanted, "run", "runs"), bytes_text(wanted * largest.memory_bytes),
                  bytes_text(available), fitting)};
}

ExitCode code_of(const report::SweepReport& report, int signal, bool written) {
  if (signal != 0) return decide(signal, {}, {});
  for (const report::SweepPoint& point : report.points) {
    for (const auto& run : point.runs) {
      if (run && run->verdict == report::Verdict::environment) return ExitCode::environment;
    }
  }
  if (!written) return ExitCode::environment;
  const bool any = std::any_of(report.options.begin(), report.options.end(),
                               [](const auto& option) { return option.standing.is_comparable; });
  return any ? ExitCode::pass : ExitCode::inconclusive;
}

// What kept runs from beginning, each reason once.
void complain_of_runs(const report::SweepReport& report) {
  std::vector<std::string> said;
  for (std::size_t p = 0; p < report.points.size(); ++p) {
    for (const auto& run : report.points[p].runs) {
      if (!run || run->verdict != report::Verdict::environment) continue;
      if (std::find(said.begin(), said.end(), run->reason) != said.end()) continue;
      said.push_back(run->reason);
      complain(fmt::format("at {} (seed {}): {}", report::point_name(report, p), run->seed,
                           run->reason));
    }
  }
}

void clear(const std::string& folder) {
  for (const report::FileError& failure : report::clear_sweep(folder)) {
    complain(fmt::format("cannot remove {}: {}", failure.path, failure.cause));
  }
}

// An earlier sweep's files are none of one that could not even begin; nobody else's are touched.
void forget_sweep(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return;
  const auto lock = report::FolderLock::take(folder);
  if (lock) clear(folder);
}

ExitCode sweep(const SweepOptions& options, const std::vector<SweepCase>& points) {
  auto lock = report::FolderLock::take(options.out);
  if (!lock) {
    complain(lock.error());
    return ExitCode::environment;
  }
  clear(options.out);
  report::SweepReport report = begin_report(options, points);
  const auto jobs = jobs_of(options, points, report.runs_wanted());
  if (!jobs) {
    complain(jobs.error());
    return ExitCode::environment;
  }
  if (!options.quiet) {
    tell(fmt::format("{}: {} in virtual time, {} at a time\n", report.scenario,
                     counted(report.runs_wanted(), "run", "runs"), *jobs));
  }
  SweepRuns runs;
  {
    RunCounter counter{!options.quiet && is_terminal(STDERR_FILENO), report.runs_wanted()};
    runs = run_all(options, points, *jobs, [&](std::size_t done) { counter.show(done); });
  }
  const int signal = live::pending_signal();
  for (std::size_t p = 0; p < runs.size(); ++p) report.points[p].runs = std::move(runs[p]);
  // A signal that came when all was done changes nothing.
  const bool is_whole = report.runs_done() == report.runs_wanted();
  if (!is_whole) report.stopped = live::name_of_signal(signal);
  report::conclude(report);
  const auto files = report::write_sweep(report, options.out);
  for (const report::FileError& failure : files.failed) complain(report::to_text(failure));
  fmt::print("{}", report::sweep_table(report, use_color(options.load.color, STDOUT_FILENO)));
  if (!files.written.empty()) {
    fmt::print("written to {}: {}\n", options.out, fmt::join(files.written, ", "));
  }
  complain_of_runs(report);
  return code_of(report, is_whole ? 0 : signal, files.failed.empty());
}

}  // namespace

ExitCode sweep_command(const std::vector<std::string>& words) {
  const auto options = parse_sweep_options(words);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  const auto points = load_points(*options);
  if (!points) {
    tell(points.error());
    forget_sweep(options->out);
    return ExitCode::invalid_scenario;
  }
  if (const std::string trouble = seed_trouble(*options, *points); !trouble.empty()) {
    complain(trouble);
    return ExitCode::usage;
  }
  live::block_signals();
  return sweep(*options, *points);
}

}  // namespace probate::cli
