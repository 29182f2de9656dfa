#include <boost/version.hpp>
#include <fmt/core.h>

#include "sim/cli/command.hpp"
#include "sim/cli/version.hpp"

namespace probate::cli {

ExitCode version_command(const std::vector<std::string>& words) {
  if (!words.empty()) {
    complain("version takes no arguments");
    return ExitCode::usage;
  }
  fmt::print("probate {} ({})\n", PROBATE_VERSION, PROBATE_BUILD_TYPE);
  fmt::print("compiler        {}\n", __VERSION__);
  fmt::print("Boost           {}.{}.{}\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
             BOOST_VERSION % 100);
  fmt::print("yaml-cpp        {}\n", PROBATE_YAML_CPP_VERSION);
  return ExitCode::pass;
}

}  // namespace probate::cli
