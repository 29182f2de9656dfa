#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/estimate_text.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/terminal.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description validate_flags() {
  po::options_description flags{"Flags"};
  add_load_flags(flags);
  flags.add_options()("proxy", po::bool_switch(),
                      "the files are scenarios of `probate proxy`: nothing listens");
  return flags;
}

}  // namespace

std::string validate_flags_help() {
  std::ostringstream text;
  text << validate_flags();
  return text.str();
}

ExitCode validate_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, validate_flags());
  if (!arguments) {
    complain(arguments.error());
    return ExitCode::usage;
  }
  if (arguments->positional.empty()) {
    complain("validate needs a file: `probate validate scenarios/first-look.yaml`");
    return ExitCode::usage;
  }
  auto options = load_options(*arguments);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  const bool is_of_proxy = arguments->values["proxy"].as<bool>();
  if (is_of_proxy && arguments->typed.contains("time-scale")) {
    complain("--time-scale is none of `probate proxy`: real devices have their own time");
    return ExitCode::usage;
  }
  options->load.real_devices = is_of_proxy;
  ExitCode code = ExitCode::pass;
  for (const std::string& path : arguments->positional) {
    const auto scenario = load_scenario(path, *options);
    if (!scenario) {
      code = ExitCode::invalid_scenario;
      tell(yaml::render(scenario.error(), use_color(options->color, STDERR_FILENO)));
      continue;
    }
    fmt::print(
        "{}: ok: {}, {}, {}, {}\n", path == "-" ? kStandardInput : path,
        is_of_proxy ? "real devices" : counted(scenario->device_count(), "device", "devices"),
        counted(scenario->phases.size(), "phase", "phases"),
        counted(scenario->faults.size(), "fault", "faults"),
        counted(scenario->gate.size(), "rule", "rules"));
    if (is_of_proxy) continue;
    for (const std::string& line : estimate_lines(*scenario)) fmt::print("  {}\n", line);
  }
  return code;
}

}  // namespace probate::cli
