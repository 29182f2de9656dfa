#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <mutex>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/proxy_options.hpp"
#include "sim/cli/run_options.hpp"

namespace probate::cli {
namespace {

constexpr std::array<Command, 11> kCommands{{
    {"run", "SCENARIO.yaml [flags]", "run a scenario, judge it, write results",
     "probate run scenarios/first-look.yaml\n"
     "probate run x.yaml --seed 8123 --set fleet.city.count=500\n"
     "probate run x.yaml --metrics 9464 --out results/\n",
     run_command, run_flags_help},
    {"proxy", "--listen [HOST:]PORT --upstream HOST[:PORT] [flags]",
     "stand between real devices and a broker; faults by ClientID",
     "probate proxy --listen 1884 --upstream broker.lab:1883\n"
     "probate proxy --listen 0.0.0.0:1884 --upstream broker.lab --scenario cut-meters.yaml\n"
     "probate proxy --listen 1884 --upstream broker.lab --control 9465\n"
     "probate proxy --listen 1884 --upstream broker.lab --observe --metrics 9464 --out results/\n",
     proxy_command, proxy_flags_help},
    {"fault", "add FAULT [KEY=VALUE…] | list | heal ID|NAME…|--all | reload [flags]",
     "make a fault at a running proxy by hand, see those that stand, heal them; reload its file",
     "probate fault add stall for=30s --on \"meter-*\"\n"
     "probate fault add drop how=rst --on \"devices=meter-*,share=10%\"\n"
     "probate fault add latency delay=300ms --newcomers --forever --name slow\n"
     "probate fault list\n"
     "probate fault heal 3 slow\n"
     "probate fault reload\n",
     fault_command, fault_flags_help},
    {"links", "[flags]", "the connections that a running proxy holds",
     "probate links\nprobate links --devices \"meter-*\" --json\n", links_command,
     links_flags_help},
    {"validate", "FILE… [flags]",
     "check scenarios: syntax and meaning, and what they will take; no network",
     "probate validate scenarios/*.yaml\n"
     "probate validate x.yaml --set devices.meter.keep_alive=30s\n",
     validate_command, validate_flags_help},
    {"explain", "SCENARIO.yaml|CODE [flags]",
     "a scenario in words, the wills that it owes, what it will take; or an error's code",
     "probate explain scenarios/first-look.yaml\n"
     "probate explain E0107\n",
     explain_command, explain_flags_help},
    {"gate", "RESULT-DIR|EVENTS.ndjson[.gz]|RESULT.json [flags]",
     "judge a recorded run again, by the same or other rules and policies",
     "probate gate probate-out\n"
     "probate gate probate-out --expect \"false_offline_ratio{policy=epoch} < 1%\"\n"
     "probate gate probate-out/events.ndjson.gz --policies naive,debounce=5s --rules my-gate.yaml\n"
     "probate gate probate-out/result.json --rules my-gate.yaml\n",
     gate_command, gate_flags_help},
    {"compare", "BASE NEW [flags]", "what changed between two runs, with confidence bounds",
     "probate compare base/result.json new/result.json\n"
     "probate compare base new --expect \"false_offline_ratio{policy=naive} <= 0.5%\"\n"
     "probate compare base new --format md >> \"$GITHUB_STEP_SUMMARY\"\n",
     compare_command, compare_flags_help},
    {"sweep", "SCENARIO.yaml [--vary PATH=V1,V2,…]… [flags]",
     "the scenario over a grid in virtual time: false offlines against detection time",
     "probate sweep x.yaml --vary devices.meter.keep_alive=30s,60s,300s\n"
     "probate sweep x.yaml --vary devices.meter.keep_alive=30s,60s --seeds 10\n"
     "probate sweep x.yaml --vary backend.presence[1].debounce=2s,5s,10s --out sweep/\n",
     sweep_command, sweep_flags_help},
    {"list", "faults|policies [NAME]|metrics|presets|profiles [NAME]|exit-codes",
     "what scenarios and rules can use", "probate list faults\nprobate list metrics\n",
     list_command, nullptr},
    {"version", "", "version, compiler and libraries", "probate version\n", version_command,
     nullptr},
}};

constexpr std::string_view kIntroduction =
    "probate proves MQTT wills: simulated devices, a proxy that makes the network misbehave, a "
    "real\n"
    "broker, and a judge that knows the truth.\n";

std::string indent(std::string_view lines) {
  std::string text;
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    text += fmt::format("  {}\n", lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return text;
}

std::string general_help() {
  std::string text = "Examples:\n";
  text += indent(
      "probate run scenarios/first-look.yaml      500 devices, a private mosquitto, a verdict\n"
      "probate validate my.yaml                   every mistake at once, with line and column\n"
      "probate list faults                        what can go wrong on purpose\n");
  text += fmt::format("\n{}\nCommands:\n", kIntroduction);
  for (const Command& command : kCommands) {
    text += fmt::format("  {:<10}{}\n", command.name, command.about);
  }
  text +=
      "\n`probate COMMAND --help` tells more. Results go to stdout, everything else to stderr.\n"
      "Every flag can stand in the environment, too: PROBATE_TIME_SCALE=5 is --time-scale 5.\n"
      "What is given on the command line counts more.\n";
  return text;
}

std::string help_of(const Command& command) {
  std::string text = fmt::format("Examples:\n{}\n", indent(command.examples));
  text += fmt::format("probate {} {}\n  {}\n", command.name, command.synopsis, command.about);
  if (command.flags_help != nullptr) text += "\n" + command.flags_help();
  return text;
}

const Command* find(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

ExitCode unknown_command(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  complain(fmt::format("unknown command \"{}\"{}", word, suggestion(word, names)));
  complain("`probate help` lists the commands");
  return ExitCode::usage;
}

// "PROBATE_TIME_SCALE" for each flag of any command, as its help names them.
std::vector<std::string> variables() {
  constexpr std::string_view kFlag = "\n  --";
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    const std::string help = command.flags_help == nullptr ? "" : command.flags_help();
    for (std::size_t at = help.find(kFlag); at != help.npos; at = help.find(kFlag, at + 1)) {
      const std::size_t begin = at + kFlag.size();
      names.push_back(variable_of(help.substr(begin, help.find_first_of(" \n", begin) - begin)));
    }
  }
  return names;
}

// A misspelt one would have no effect, and nobody would know.
void warn_of_unknown_variables() {
  const std::vector<std::string> known = variables();
  const std::vector<std::string_view> names{known.begin(), known.end()};
  for (const std::string& name : own_variables()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    complain(fmt::format("the environment variable {} has no effect: no flag is called so{}", name,
                         suggestion(name, names)));
  }
}

bool asks_for_help(std::string_view word) { return word == "--help" || word == "-h"; }

}  // namespace

std::span<const Command> commands() { return kCommands; }

void tell(std::string_view text) {
  // What poll() finds room for is only one thread's to write.
  static std::mutex one_at_a_time;
  const std::lock_guard lock{one_at_a_time};
  static bool is_read = true;
  std::fflush(stderr);
  while (!text.empty()) {
    pollfd reader{STDERR_FILENO, POLLOUT, 0};
    // Nobody waits for a second time; whoever reads again is told again.
    constexpr int kPatienceMs = 1'000;
    const int ready = poll(&reader, 1, is_read ? kPatienceMs : 0);
    if (ready < 0 && errno == EINTR) continue;
    is_read = ready > 0;
    if (ready <= 0) return;
    // A pipe that is ready takes so much at once.
    const auto written =
        write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void complain(std::string_view sentence) { tell(fmt::format("probate: {}\n", sentence)); }

ExitCode dispatch(const std::vector<std::string>& words) {
  if (words.empty()) {
    tell(general_help());
    return ExitCode::usage;
  }
  if (asks_for_help(words[0]) || words[0] == "help") {
    if (words.size() < 2) {
      fmt::print("{}", general_help());
      return ExitCode::pass;
    }
    const Command* command = find(words[1]);
    if (command == nullptr) return unknown_command(words[1]);
    fmt::print("{}", help_of(*command));
    return ExitCode::pass;
  }
  if (words[0] == "--version") return version_command({});
  const Command* command = find(words[0]);
  if (command == nullptr) return unknown_command(words[0]);
  const std::vector<std::string> rest{words.begin() + 1, words.end()};
  for (const std::string& word : rest) {
    if (word == "--") break;
    if (!asks_for_help(word)) continue;
    fmt::print("{}", help_of(*command));
    return ExitCode::pass;
  }
  warn_of_unknown_variables();
  return command->run(rest);
}

}  // namespace probate::cli
