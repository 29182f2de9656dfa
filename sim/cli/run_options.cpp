#include "sim/cli/run_options.hpp"

#include <sstream>

#include <fmt/format.h>

#include "core/journal/engines.hpp"
#include "sim/cli/events_options.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description run_flags() {
  po::options_description flags{"Flags"};
  add_load_flags(flags);
  auto add = flags.add_options();
  add("engine", po::value<std::string>()->value_name("ENGINE"),
      "live (default): real sockets and a real broker; virtual: a virtual clock, a simulated "
      "network "
      "and a model of the broker");
  add("out", po::value<std::string>()->value_name("DIR"),
      "folder of the result files (default probate-out); an earlier run's are replaced");
  add_events_flag(flags);
  add("quiet", po::bool_switch(), "no progress, only the result");
  add_metrics_flags(flags);
  add("keep-state", po::bool_switch(),
      "leave retained messages and sessions on a broker that is not managed");
  return flags;
}

}  // namespace

std::string run_flags_help() {
  std::ostringstream text;
  text << run_flags();
  return text.str();
}

Result<RunOptions, std::string> parse_run_options(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, run_flags());
  if (!arguments) return Failure{arguments.error()};
  if (arguments->positional.size() != 1) {
    return Failure{std::string{"run needs one scenario: `probate run scenarios/first-look.yaml`"}};
  }
  RunOptions options;
  options.scenario = arguments->positional[0];
  auto load = load_options(*arguments);
  if (!load) return Failure{load.error()};
  options.load = std::move(*load);
  const po::variables_map& values = arguments->values;
  if (values.count("engine") > 0) {
    const std::string engine = values["engine"].as<std::string>();
    if (engine == journal::kVirtualEngine) {
      options.engine = EngineKind::virtual_time;
    } else if (engine != journal::kLiveEngine) {
      return Failure{fmt::format("--engine {}: expected live or virtual", engine)};
    }
  }
  if (values.count("out") > 0) options.out = values["out"].as<std::string>();
  if (options.out.empty()) return Failure{std::string{"--out needs the name of a folder"}};
  const auto events = read_events(*arguments);
  if (!events) return Failure{events.error()};
  options.events = *events;
  options.quiet = values["quiet"].as<bool>();
  options.keep_state = values["keep-state"].as<bool>();
  if (options.keep_state && options.engine == EngineKind::virtual_time) {
    return Failure{std::string{"--keep-state is about a broker of yours: a virtual run has none"}};
  }
  auto metrics = read_metrics(*arguments);
  if (!metrics) return Failure{metrics.error()};
  options.metrics = std::move(*metrics);
  return options;
}

}  // namespace probate::cli
