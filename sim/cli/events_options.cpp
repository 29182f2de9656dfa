#include "sim/cli/events_options.hpp"

#include <fmt/format.h>

#include "core/scenario/policies.hpp"

namespace probate::cli {
namespace po = boost::program_options;

void add_events_flag(po::options_description& flags) {
  flags.add_options()(
      "events", po::value<std::string>()->value_name("LEVEL"),
      "what goes into events.ndjson.gz: notable (default) leaves out reports that only repeat; "
      "all; none writes no such file");
}

Result<journal::Level, std::string> read_events(const Arguments& arguments) {
  if (arguments.values.count("events") == 0) return journal::Level::notable;
  const std::string word = arguments.values["events"].as<std::string>();
  const auto level = journal::level_of(word);
  if (!level) return Failure{fmt::format("--events {}: expected notable, all or none", word)};
  return *level;
}

journal::Level level_for(journal::Level asked, const scenario::Scenario& scenario) {
  if (asked != journal::Level::notable) return asked;
  return scenario::counts_messages(scenario) ? journal::Level::all : journal::Level::notable;
}

}  // namespace probate::cli
