#include <ctime>
#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/events_options.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/run_audience.hpp"
#include "sim/cli/run_options.hpp"
#include "sim/cli/runner.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/cli/version.hpp"
#include "sim/report/event_writer.hpp"
#include "sim/report/folder_lock.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

Progress::Style progress_style(const RunOptions& options) {
  if (options.quiet) return Progress::Style::none;
  return is_terminal(STDERR_FILENO) ? Progress::Style::live : Progress::Style::plain;
}

// A failure before the first device connected.
ExitCode environment_failure(const std::string& sentence) {
  complain(sentence);
  return ExitCode::environment;
}

journal::Header journal_header(const RunOptions& options, const scenario::Scenario& scenario,
                               const journal::Recipe& recipe) {
  journal::Header header;
  header.program = PROBATE_VERSION;
  // The same run writes the same bytes in virtual time.
  if (options.engine == EngineKind::live) {
    header.started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  }
  header.level = level_for(options.events, scenario);
  header.recipe = recipe;
  return header;
}

// Everything a run needs, in the order in which it comes to be; ends in the opposite one.
class Session {
 public:
  Session(const RunOptions& options, const scenario::Scenario& scenario,
          const journal::Recipe& recipe)
      : options_{options},
        scenario_{scenario},
        recipe_{recipe},
        schedule_{scenario},
        runner_{make_runner(options, scenario)} {}

  ExitCode run();

 private:
  // Metrics, broker, profile. An exit code ends it.
  std::optional<ExitCode> prepare();
  ExitCode finish(RunAudience& audience, const live::LiveEnding& ending,
                  const report::Written& events);
  void announce(const std::string& proxy) const;
  // Says why, and leaves results that say it, too.
  ExitCode could_not_begin(ExitCode code, const std::string& sentence) const;
  const RunOptions& options_;
  const scenario::Scenario& scenario_;
  const journal::Recipe& recipe_;
  const scenario::Schedule schedule_;
  std::unique_ptr<Runner> runner_;
  live::LiveSetting setting_;
  broker::Profile profile_;
  journal::RunBegan begin_;
  metrics::RunInfo info_;
  std::unique_ptr<metrics::Exporter> exporter_;
  std::optional<report::FolderLock> lock_;
};

ExitCode Session::could_not_begin(ExitCode code, const std::string& sentence) const {
  complain(sentence);
  report::RunReport report = assemble(scenario_, {}, {}, code);
  report.reason = sentence;
  report.recipe = recipe_;
  report.digest = schedule_.digest();
  report.engine = runner_->engine();
  report.repeat = repeat_command(recipe_, scenario_.seed, report.engine);
  for (const report::FileError& failure : report::write_results(report, options_.out)) {
    complain(report::to_text(failure));
  }
  // The events of a run that could not begin belong to no result.
  std::error_code ignored;
  std::filesystem::remove(options_.out + "/events.ndjson.gz", ignored);
  return code;
}

std::optional<ExitCode> Session::prepare() {
  auto lock = report::FolderLock::take(options_.out);
  if (!lock) return environment_failure(lock.error());
  lock_ = std::move(*lock);
  clear_folder(options_.out, report::Leftovers::all);
  auto served = serve_metrics(options_.metrics);
  if (!served) return could_not_begin(ExitCode::environment, served.error());
  exporter_ = std::move(*served);
  auto setting = runner_->prepare();
  if (const int signal = live::pending_signal()) {
    return could_not_begin(decide(signal, {}, {}),
                           fmt::format("{} before the run began", live::name_of_signal(signal)));
  }
  if (!setting) return could_not_begin(ExitCode::environment, setting.error());
  setting_ = *setting;
  auto profile = yaml::load_profile(setting_.profile);
  if (!profile) {
    tell(yaml::render(profile.error(), use_color(options_.load.color, STDERR_FILENO)));
    return ExitCode::invalid_scenario;
  }
  profile_ = std::move(*profile);
  if (const std::string lacking = runner_->unsupported(profile_); !lacking.empty()) {
    return could_not_begin(ExitCode::invalid_scenario, lacking);
  }
  if (const std::string trouble = runner_->too_large(schedule_); !trouble.empty()) {
    return could_not_begin(ExitCode::environment, trouble);
  }
  begin_ = {.scenario = scenario_.name,
            .digest = schedule_.digest(),
            .seed = scenario_.seed,
            .engine = runner_->engine(),
            .profile = profile_.name,
            .broker = setting_.broker,
            .fidelity = fault::to_text(setting_.fidelity)};
  info_ = metrics::run_info_of(scenario_, begin_);
  info_.version = PROBATE_VERSION;
  if (exporter_ != nullptr) exporter_->begin(info_);
  return std::nullopt;
}

void Session::announce(const std::string& proxy) const {
  tell_fidelity(setting_, options_.quiet);
  if (options_.quiet) return;
  if (options_.engine == EngineKind::virtual_time) {
    tell(fmt::format("{}: {} in virtual time, a model of {} as broker; seed {}\n", scenario_.name,
                     counted(scenario_.device_count(), "device", "devices"), profile_.name,
                     scenario_.seed));
    return;
  }
  tell(fmt::format("{}: {} → proxy {} → broker {} ({}), judged as {} ({}); seed {}\n",
                   scenario_.name, counted(scenario_.device_count(), "device", "devices"), proxy,
                   setting_.address, setting_.broker.empty() ? "version unknown" : setting_.broker,
                   profile_.name, setting_.profile_reason, scenario_.seed));
}

ExitCode Session::run() {
  if (const auto failed = prepare()) return *failed;
  const journal::Header header = journal_header(options_, scenario_, recipe_);
  std::unique_ptr<report::EventWriter> events;
  if (header.level != journal::Level::none) {
    events = std::make_unique<report::EventWriter>(options_.out + "/events.ndjson.gz", header);
  }
  Progress progress{progress_style(options_), scenario_.device_count()};
  RunAudience audience{scenario_,
                       profile_,
                       exporter_.get(),
                       progress,
                       [&](const journal::Record& record) {
                         if (events) events->write(record);
                       },
                       [this](const std::string& proxy) { announce(proxy); }};
  const live::LiveEnding ending = runner_->run(begin_, schedule_, audience);
  return finish(audience, ending, events ? events->finish() : report::Written{std::monostate{}});
}

ExitCode Session::finish(RunAudience& audience, const live::LiveEnding& ending,
                         const report::Written& events) {
  analysis::Outcome outcome = audience.finish();
  if (!ending.environment.empty()) {
    return could_not_begin(ExitCode::environment, ending.environment);
  }
  const auto gate = analysis::gate::evaluate(scenario_, outcome, audience.findings());
  const ExitCode code = decide(ending.signal, outcome, gate);
  report::RunReport report = assemble(scenario_, std::move(outcome), gate, code);
  report.reason = audience.end_reason();
  report.digest = begin_.digest;
  report.engine = begin_.engine;
  report.broker = setting_.broker;
  report.profile = begin_.profile;
  report.fidelity = begin_.fidelity;
  report.started_at = audience.started_at();
  report.ended_at = audience.ended_at();
  report.repeat = repeat_command(recipe_, scenario_.seed, report.engine);
  report.counters = audience.counters();
  report.recipe = recipe_;
  for (const std::string& sentence : ending.tidied.left) {
    complain("left on the broker: " + sentence);
  }
  if (!ending.tidied.lost.empty()) complain("lost on the broker: " + ending.tidied.lost);
  std::vector<report::FileError> unwritten;
  if (!events) unwritten.push_back(events.error());
  const std::string last = audience.freeze(info_, report.outcome.totals, report.rules);
  const auto figures = report::write_metrics(last, options_.out);
  if (!figures) unwritten.push_back(figures.error());
  const ExitCode said = publish(report, options_.out, options_.load.color, std::move(unwritten));
  if (exporter_ != nullptr && ending.signal == 0) linger(*exporter_, options_.metrics);
  return said;
}

// Results of an earlier run are none of a run that could not even begin; nobody else's are touched.
void forget_results(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) return;
  const auto lock = report::FolderLock::take(folder);
  if (lock) clear_folder(folder, report::Leftovers::all);
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& words) {
  const auto options = parse_run_options(words);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  journal::Recipe recipe;
  const auto scenario = load_scenario(options->scenario, options->load, recipe);
  if (!scenario) {
    tell(yaml::render(scenario.error(), use_color(options->load.color, STDERR_FILENO)));
    forget_results(options->out);
    return ExitCode::invalid_scenario;
  }
  if (options->keep_state && scenario->broker.managed) {
    complain("--keep-state is about a broker of yours, and this scenario starts its own");
    return ExitCode::usage;
  }
  live::block_signals();
  return Session{*options, *scenario, recipe}.run();
}

}  // namespace probate::cli
