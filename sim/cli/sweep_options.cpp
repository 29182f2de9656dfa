#include "sim/cli/sweep_options.hpp"

#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/cli/overlap.hpp"
#include "sim/cli/vary.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description sweep_flags() {
  po::options_description flags{"Flags"};
  auto add = flags.add_options();
  add("vary", po::value<std::vector<std::string>>()->value_name("PATH=V1,V2,…"),
      "the values of one key of the scenario, with the paths of --set; repeatable: every "
      "combination is a point; a value with commas in quotes");
  add("seeds", po::value<std::string>()->value_name("N"),
      "run every point with N seeds, the scenario's and those after it, and give intervals");
  add("jobs", po::value<std::string>()->value_name("N"),
      "runs at the same time (default: one for each core); the results do not depend on it");
  add("rate", po::value<std::string>()->value_name("FIGURE"),
      "false_offline_ratio (default), false_offlines_per_device_hour, false_offline_time_ratio");
  add("detection", po::value<std::string>()->value_name("FIGURE"),
      "untold (default): the time of every outage until it was told; of the detection times: mean, "
      "p50, p95, p99, max; or false_online: the time believed online, of every outage");
  add("out", po::value<std::string>()->value_name("DIR"),
      "folder of the result files (default probate-sweep); an earlier sweep's are replaced");
  add("quiet", po::bool_switch(), "no progress, only the result");
  add_load_flags(flags);
  return flags;
}

using Mistake = std::optional<std::string>;

// A whole number from 1 to `most`, if the flag is given.
Mistake read_count(const po::variables_map& values, const char* flag, std::uint64_t most,
                   std::optional<std::uint64_t>& count) {
  if (values.count(flag) == 0) return std::nullopt;
  const std::string text = values[flag].as<std::string>();
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end || number == 0 || number > most) {
    return fmt::format("--{} {}: expected a whole number from 1 to {}", flag, text, most);
  }
  count = number;
  return std::nullopt;
}

// One of the words of an enumeration, if the flag is given.
template <typename Figure>
Mistake read_figure(const po::variables_map& values, const char* flag, std::size_t count,
                    Figure& figure) {
  if (values.count(flag) == 0) return std::nullopt;
  const std::string text = values[flag].as<std::string>();
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < count; ++i) {
    words.emplace_back(report::to_text(static_cast<Figure>(i)));
    if (words.back() != text) continue;
    figure = static_cast<Figure>(i);
    return std::nullopt;
  }
  return fmt::format("--{} {}: expected one of {}{}", flag, text, fmt::join(words, ", "),
                     suggestion(text, words));
}

// What stands in the environment gives way to what stands on the command line.
bool gives_way(const Arguments& arguments, const std::string& flag) {
  return !arguments.typed.contains(flag) && arguments.typed.contains("vary");
}

// A point would be labelled with a value that another flag had replaced, or would have been run
// without what another flag says.
Mistake check_overlap(const Arguments& arguments, const std::string& text, std::string_view path,
                      ScenarioOptions& load) {
  const std::string vary = "--vary " + text;
  if (load.changes_policies && replaces(path, kPoliciesPath)) {
    if (!gives_way(arguments, "policies")) return overlap_text(load.policies_given, vary);
    load.load.set.pop_back();
    load.changes_policies = false;
  }
  if (gives_way(arguments, "set")) drop_replaced(path, load.load.set);
  if (const auto set = replaced_by(path, load.load.set)) {
    return overlap_text(as_given(arguments, "set", *set), vary);
  }
  if (path != kSeedPath || !load.load.seed) return std::nullopt;
  if (!gives_way(arguments, "seed")) {
    return overlap_text(as_given(arguments, "seed", arguments.values["seed"].as<std::string>()),
                        vary);
  }
  load.load.seed.reset();
  return std::nullopt;
}

Mistake read_axes(const Arguments& arguments, SweepOptions& options) {
  if (arguments.values.count("vary") == 0) return std::nullopt;
  std::vector<std::string> earlier;
  for (const std::string& text : arguments.values["vary"].as<std::vector<std::string>>()) {
    auto axis = parse_vary(text);
    if (!axis) return axis.error();
    for (const report::SweepAxis& other : options.axes) {
      if (other.path != axis->path) continue;
      return fmt::format("--vary {}: this path is varied already; give all its values at once",
                         text);
    }
    if (const auto other = replaced_by(axis->path, earlier)) {
      return fmt::format("--vary {} leaves nothing of --vary {}: give it before that one", text,
                         *other);
    }
    if (auto mistake = check_overlap(arguments, text, axis->path, options.load)) return mistake;
    options.axes.push_back(std::move(*axis));
    earlier.push_back(text);
  }
  return std::nullopt;
}

Mistake check_size(const SweepOptions& options) {
  const std::size_t points_max = kSweepRunsMax / options.seeds;
  const std::size_t points = grid_size(options.axes, points_max);
  if (points <= points_max) return std::nullopt;
  std::vector<std::string> factors;
  for (const report::SweepAxis& axis : options.axes) {
    factors.push_back(std::to_string(axis.values.size()));
  }
  factors.push_back(counted(options.seeds, "seed", "seeds"));
  return fmt::format("{} are more than {} runs: vary fewer values, or use fewer --seeds",
                     fmt::join(factors, " × "), kSweepRunsMax);
}

Mistake read_all(const Arguments& arguments, SweepOptions& options) {
  const po::variables_map& values = arguments.values;
  if (auto mistake = read_axes(arguments, options)) return mistake;
  std::optional<std::uint64_t> seeds;
  if (auto mistake = read_count(values, "seeds", kSeedsMax, seeds)) return mistake;
  options.seeds = seeds.value_or(1);
  std::optional<std::uint64_t> jobs;
  if (auto mistake = read_count(values, "jobs", kJobsMax, jobs)) return mistake;
  if (jobs) options.jobs = *jobs;
  if (auto mistake = read_figure(values, "rate", report::kRateFigureCount, options.rate)) {
    return mistake;
  }
  if (auto mistake =
          read_figure(values, "detection", report::kDetectionFigureCount, options.detection)) {
    return mistake;
  }
  if (values.count("out") > 0) options.out = values["out"].as<std::string>();
  if (options.out.empty()) return "--out needs the name of a folder";
  options.quiet = values["quiet"].as<bool>();
  return check_size(options);
}

}  // namespace

std::string sweep_flags_help() {
  std::ostringstream text;
  text << sweep_flags();
  return text.str();
}

Result<SweepOptions, std::string> parse_sweep_options(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, sweep_flags());
  if (!arguments) return Failure{arguments.error()};
  if (arguments->positional.size() != 1 || arguments->positional[0] == "-") {
    return Failure{std::string{
        "sweep needs the file of one scenario: `probate sweep scenarios/first-look.yaml --vary "
        "devices.meter.keep_alive=30s,60s`"}};
  }
  SweepOptions options;
  options.scenario = arguments->positional[0];
  auto load = load_options(*arguments);
  if (!load) return Failure{load.error()};
  options.load = std::move(*load);
  if (auto mistake = read_all(*arguments, options)) return Failure{std::move(*mistake)};
  return options;
}

}  // namespace probate::cli
