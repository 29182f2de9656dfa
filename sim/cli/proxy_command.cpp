#include <array>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "core/base/text.hpp"
#include "core/journal/engines.hpp"
#include "core/scenario/real_devices.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/control_api.hpp"
#include "sim/cli/events_options.hpp"
#include "sim/cli/listener_options.hpp"
#include "sim/cli/proxy_audience.hpp"
#include "sim/cli/proxy_options.hpp"
#include "sim/cli/proxy_scenario.hpp"
#include "sim/cli/reloader.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/runner.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/cli/version.hpp"
#include "sim/live/preflight.hpp"
#include "sim/report/event_writer.hpp"
#include "sim/report/folder_lock.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

ExitCode environment_failure(const std::string& sentence) {
  complain(sentence);
  return ExitCode::environment;
}

// "2 proxy_header, 1 proxy_header_late"
std::string refused_in(const journal::LoopCounters& counters) {
  std::array<std::uint64_t, journal::kRefusedCount> sum{};
  for (const journal::FrontCounters& front : counters.fronts) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += front.refused[i];
  }
  std::string text;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (sum[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", sum[i],
                        journal::to_text(static_cast<journal::Refused>(i)));
  }
  return text;
}

// Everything a proxy needs, in the order in which it comes to be; ends in the opposite one.
class Session {
 public:
  // `recipe`: of the scenario, for the journal.
  // `ends_with_terminal`: see ProxyAudience.
  Session(const ProxyCommand& command, const scenario::Scenario& scenario, journal::Recipe recipe,
          bool ends_with_terminal)
      : command_{command},
        ends_with_terminal_{ends_with_terminal},
        scenario_{scenario},
        judged_{as_judged(command, scenario)},
        schedule_{scenario},
        recipe_{std::move(recipe)},
        run_{scenario, command.proxy},
        reloader_{command, scenario, asker()} {}

  ExitCode run();

 private:
  std::optional<ExitCode> prepare();
  std::optional<ExitCode> serve_control();
  live::AskControlled asker() {
    return [this](std::function<void(live::Controlled&)> task) { run_.ask(std::move(task)); };
  }
  void announce() const;
  ExitCode finish(RunAudience& audience, const live::ProxyEnding& ending,
                  const report::Written& events);
  // Who ended it by a signal does not wait for a scrape.
  void linger_after(const live::ProxyEnding& ending);
  // Into --out, if it was given.
  report::Written write_figures(const std::string& text) const;
  void close(const RunAudience& audience, const live::ProxyEnding& ending) const;
  journal::Header header() const;
  std::string repeat() const;

  const ProxyCommand& command_;
  const bool ends_with_terminal_;
  const scenario::Scenario& scenario_;
  const scenario::Scenario judged_;
  const scenario::Schedule schedule_;
  const journal::Recipe recipe_;
  live::ProxyRun run_;
  Reloader reloader_;
  live::LiveSetting setting_;
  broker::Profile profile_;
  journal::RunBegan begin_;
  metrics::RunInfo info_;
  std::unique_ptr<metrics::Exporter> exporter_;
  std::optional<ControlApi> api_;
  std::unique_ptr<proxy::ControlServer> control_;
  std::optional<report::FolderLock> lock_;
};

std::optional<ExitCode> Session::prepare() {
  if (!command_.out.empty()) {
    auto lock = report::FolderLock::take(command_.out);
    if (!lock) return environment_failure(lock.error());
    lock_ = std::move(*lock);
    clear_folder(command_.out, report::Leftovers::all);
  }
  auto served = serve_metrics(command_.metrics);
  if (!served) return environment_failure(served.error());
  exporter_ = std::move(*served);
  auto setting = run_.prepare(schedule_);
  if (!setting) {
    complain(setting.error());
    return run_.leads_to_itself() ? ExitCode::usage : ExitCode::environment;
  }
  setting_ = *setting;
  auto profile = yaml::load_profile(setting_.profile);
  if (!profile) {
    tell(yaml::render(profile.error(), use_color(command_.load.color, STDERR_FILENO)));
    return ExitCode::invalid_scenario;
  }
  profile_ = std::move(*profile);
  begin_ = {.scenario = scenario_.name,
            .digest = schedule_.digest(),
            .seed = scenario_.seed,
            .engine = journal::kProxyEngine,
            .profile = profile_.name,
            .broker = setting_.broker,
            .fidelity = fault::to_text(setting_.fidelity)};
  info_ = metrics::run_info_of(judged_, begin_);
  info_.version = PROBATE_VERSION;
  if (exporter_ != nullptr) exporter_->begin(info_);
  return serve_control();
}

std::optional<ExitCode> Session::serve_control() {
  if (!command_.control) return std::nullopt;
  std::vector<ToxiproxyApi::Front> fronts;
  for (const auto& front : run_.fronts()) fronts.push_back({front.listen, front.upstream});
  std::vector<std::string> groups;
  for (const scenario::GroupSpec& group : scenario_.fleet) groups.push_back(group.name);
  api_.emplace(asker(), fronts, std::move(groups),
               [this](const Reloader::Done& done) { reloader_.reload(done); });
  HostPort address = *command_.control;
  auto server = proxy::ControlServer::start(
      {.host = address.host, .port = address.port, .token = command_.control_token},
      [this](const proxy::ControlRequest& request, const proxy::ControlServer::Answer& answer) {
        api_->handle(request, answer);
      });
  if (!server) return environment_failure(server.error());
  control_ = std::move(*server);
  address.port = control_->port();
  tell(fmt::format("control: http://{}/v1/\n", address.text()));
  return std::nullopt;
}

void Session::announce() const {
  tell_fidelity(setting_, command_.quiet);
  std::map<std::string, std::string> unreachable;  // each broker once
  for (const auto& front : run_.fronts()) {
    tell(fmt::format("proxy: {} → broker {}", front.listen, front.upstream));
    if (command_.proxy.observes) {
      tell(fmt::format(" ({}), judged as {} ({})",
                       setting_.broker.empty() ? "version unknown" : setting_.broker, profile_.name,
                       setting_.profile_reason));
    }
    tell("\n");
    if (!front.unreachable.empty()) unreachable.emplace(front.upstream, front.unreachable);
  }
  for (const auto& [broker, why] : unreachable) {
    complain(fmt::format("the broker {} does not answer ({}): devices get RST until it does{}",
                         broker, why, command_.proxy.observes ? ", and nothing is judged" : ""));
  }
}

journal::Header Session::header() const {
  journal::Header header;
  header.program = PROBATE_VERSION;
  header.started_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  header.level = level_for(command_.events, scenario_);
  header.recipe = recipe_;
  return header;
}

ExitCode Session::run() {
  if (const auto failed = prepare()) return *failed;
  std::unique_ptr<report::EventWriter> events;
  if (!command_.out.empty() && command_.events != journal::Level::none) {
    events = std::make_unique<report::EventWriter>(command_.out + "/events.ndjson.gz", header());
  }
  const bool shows = !command_.quiet && command_.proxy.observes;
  const auto style = is_terminal(STDERR_FILENO) ? Progress::Style::live : Progress::Style::plain;
  Progress progress{shows ? style : Progress::Style::none, 0};
  RunAudience judge{judged_,
                    profile_,
                    exporter_.get(),
                    progress,
                    [&](const journal::Record& record) {
                      if (events) events->write(record);
                    },
                    [this](const std::string&) { announce(); }};
  if (control_) judge.watch_control([this] { return control_->counters(); });
  ProxyAudience audience{judge, run_, judged_, reloader_, ends_with_terminal_};
  if (!command_.quiet && command_.proxy.drain > Duration{}) {
    audience.announce_drain(command_.proxy.drain);
  }
  const live::ProxyEnding ending = run_.run(begin_, audience);
  if (control_) judge.watch_control([last = control_->counters()] { return last; });
  control_.reset();
  return finish(judge, ending, events ? events->finish() : report::Written{std::monostate{}});
}

ExitCode Session::finish(RunAudience& audience, const live::ProxyEnding& ending,
                         const report::Written& events) {
  analysis::Outcome outcome = audience.finish();
  // Without phases a signal is the end that was meant.
  const int signal = scenario::ends_by_itself(scenario_) ? ending.signal : 0;
  close(audience, ending);
  if (!command_.proxy.observes) {
    const auto figures = write_figures(audience.freeze(info_, outcome.totals, {}));
    for (const report::Written* written : {&events, &figures}) {
      if (!*written) complain(report::to_text(written->error()));
    }
    linger_after(ending);
    const bool is_written = events && figures;
    return is_written || signal != 0 ? decide(signal, {}, {}) : ExitCode::environment;
  }
  const auto gate = analysis::gate::evaluate(judged_, outcome, audience.findings());
  const ExitCode code = decide(signal, outcome, gate);
  report::RunReport report = assemble(judged_, std::move(outcome), gate, code);
  report.group_sizes = ending.devices;
  report.reason = audience.end_reason();
  report.digest = begin_.digest;
  report.engine = begin_.engine;
  report.broker = setting_.broker;
  report.profile = begin_.profile;
  report.fidelity = begin_.fidelity;
  report.started_at = audience.started_at();
  report.ended_at = audience.ended_at();
  report.repeat = repeat();
  report.counters = audience.counters();
  report.recipe = recipe_;
  std::vector<report::FileError> unwritten;
  if (!events) unwritten.push_back(events.error());
  const auto figures = write_figures(audience.freeze(info_, report.outcome.totals, report.rules));
  if (!figures) unwritten.push_back(figures.error());
  const ExitCode said = publish(report, command_.out, command_.load.color, std::move(unwritten));
  linger_after(ending);
  return said;
}

report::Written Session::write_figures(const std::string& text) const {
  if (command_.out.empty()) return std::monostate{};
  return report::write_metrics(text, command_.out);
}

void Session::linger_after(const live::ProxyEnding& ending) {
  if (exporter_ != nullptr && ending.signal == 0) linger(*exporter_, command_.metrics);
}

void Session::close(const RunAudience& audience, const live::ProxyEnding& ending) const {
  // Where nothing is judged this is all the result there is.
  if (command_.quiet && command_.proxy.observes) return;
  const journal::LinkCounters& links = audience.counters().links;
  const auto devices = std::accumulate(ending.devices.begin(), ending.devices.end(), 0U);
  tell(fmt::format("proxy: {} of {}, {} bytes up, {} down; {} to the broker failed\n",
                   counted(links.accepted, "connection", "connections"),
                   counted(devices, "device", "devices"), links.bytes[0], links.bytes[1],
                   counted(links.dial_errors, "dial", "dials")));
  if (const std::string refused = refused_in(audience.counters()); !refused.empty()) {
    tell(fmt::format("proxy: connections that were refused: {}\n", refused));
  }
  if (ending.untracked == 0) return;
  tell(fmt::format("proxy: {} of more ClientIDs than it tells apart in its life\n",
                   counted(ending.untracked, "CONNECT", "CONNECTs")));
}

std::string Session::repeat() const {
  std::string command = "probate proxy";
  for (const live::FrontOptions& front : command_.proxy.fronts) command += " " + flags_of(front);
  command += " --observe";
  if (!command_.proxy.observe_host.empty()) {
    const HostPort at{command_.proxy.observe_host, command_.proxy.observe_port};
    command += " --observe-at " + at.text();
  }
  if (!command_.scenario.empty()) command += " --scenario " + shell_word(command_.scenario);
  command += fmt::format(" --seed {}", scenario_.seed);
  return command + report::set_flags(command_.load.load.set);
}

}  // namespace

ExitCode proxy_command(const std::vector<std::string>& words) {
  const auto command = parse_proxy_options(words);
  if (!command) {
    complain(command.error());
    return ExitCode::usage;
  }
  journal::Recipe recipe;
  const auto scenario = load_proxy_scenario(*command, recipe);
  if (!scenario) {
    if (scenario.error().mistakes.empty()) {
      complain(scenario.error().sentence);
      return ExitCode::usage;
    }
    tell(yaml::render(scenario.error().mistakes, use_color(command->load.color, STDERR_FILENO)));
    return ExitCode::invalid_scenario;
  }
  // Before anything takes one.
  const std::uint64_t descriptors = live::raise_descriptors();
  const auto room = live::room_for_devices(descriptors, command->proxy.fronts.size());
  if (!room) return environment_failure(room.error());
  if (descriptors < live::kDescriptorsFew) {
    complain(
        fmt::format("this process may have no more than {} file descriptors: that is room for "
                    "about {}; raise `ulimit -n`",
                    descriptors, counted(*room, "device", "devices")));
  }
  live::block_signals();
  const bool ends_with_terminal = live::take_over_hangup() && has_terminal();
  return Session{*command, *scenario, std::move(recipe), ends_with_terminal}.run();
}

}  // namespace probate::cli
