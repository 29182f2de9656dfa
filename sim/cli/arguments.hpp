// Flags of a command: parsed with Boost.Program_options, complained about like a scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace probate::cli {

// One command line, after flags > environment > defaults. `--` ends the flags.
struct Arguments {
  boost::program_options::variables_map values;
  std::vector<std::string> positional;
  // Each flag as it was given, with its value or "": where the order means something. Those of the
  // environment come first.
  std::vector<std::pair<std::string, std::string>> in_order{};
  // The flags that stand on the command line itself. One of the environment may be meant for
  // another command.
  std::set<std::string> typed{};
};

// A flag `--metrics-linger` can also be given as PROBATE_METRICS_LINGER, and one without a value,
// `--quiet`, as PROBATE_QUIET=true; false is as if it were not given. The error is one sentence
// with a suggestion for a mistyped flag.
Result<Arguments, std::string> parse_arguments(
    const std::vector<std::string>& words,
    const boost::program_options::options_description& flags);

// "0", "30s", "1.5s"; the scenario language's other units do not matter on a command line.
std::optional<Duration> parse_seconds(const std::string& text);
// "metrics-linger" → "PROBATE_METRICS_LINGER".
std::string variable_of(std::string_view flag);
// The flag with its value as the user gave it: "--seed 5", or "PROBATE_SEED=5".
std::string as_given(const Arguments& arguments, const std::string& flag, std::string_view value);
// The names of all variables of the environment that look like one, sorted.
std::vector<std::string> own_variables();

}  // namespace probate::cli
