#include <charconv>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "core/analysis/compare.hpp"
#include "core/analysis/gate/gate.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/conditions.hpp"
#include "sim/cli/rejudge.hpp"
#include "sim/report/comparison.hpp"
#include "sim/yaml/recipe.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description compare_flags() {
  po::options_description flags{"Flags"};
  auto add = flags.add_options();
  add("expect", po::value<std::vector<std::string>>()->value_name("RULE"),
      "a rule about new minus base, like \"p99(will_lateness) < 100ms\"; repeatable");
  add("rules", po::value<std::string>()->value_name("FILE"),
      "rules about new minus base, from a YAML file as for gate");
  add("confidence", po::value<std::string>()->value_name("SHARE"),
      "of the intervals, two-sided (default 95%)");
  add("format", po::value<std::string>()->value_name("FORM"), "text (default), md or json");
  add("anyway", po::bool_switch(), "compare runs of different fleets, phases or faults, too");
  return flags;
}

enum class Format { text, markdown, json };

struct CompareOptions {
  std::string base;
  std::string fresh;
  std::vector<std::string> expect;
  std::string rules;
  double confidence = 0.95;
  Format format = Format::text;
  bool anyway = false;
};

Result<double, std::string> read_confidence(const std::string& text) {
  double percent = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, percent);
  const bool whole = parsed.ec == std::errc{} && std::string_view{parsed.ptr, end} == "%";
  if (whole && percent > 50 && percent < 100) return percent / 100;
  return Failure{
      fmt::format("--confidence {}: expected a share above 50% and below 100%, like 95%", text)};
}

Result<CompareOptions, std::string> read_flags(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, compare_flags());
  if (!arguments) return Failure{arguments.error()};
  if (arguments->positional.size() != 2) {
    return Failure{std::string{"compare needs two results: `probate compare base new`"}};
  }
  CompareOptions options;
  options.base = arguments->positional[0];
  options.fresh = arguments->positional[1];
  const po::variables_map& values = arguments->values;
  if (values.count("expect") > 0) options.expect = values["expect"].as<std::vector<std::string>>();
  if (values.count("rules") > 0) options.rules = values["rules"].as<std::string>();
  if (!options.expect.empty() && !options.rules.empty()) {
    return Failure{std::string{"--rules and --expect both say what must hold: take one"}};
  }
  if (values.count("confidence") > 0) {
    const auto confidence = read_confidence(values["confidence"].as<std::string>());
    if (!confidence) return Failure{confidence.error()};
    options.confidence = *confidence;
  }
  if (values.count("format") > 0) {
    const std::string format = values["format"].as<std::string>();
    if (format != "text" && format != "md" && format != "json") {
      return Failure{fmt::format("--format {}: expected text, md or json", format)};
    }
    if (format == "md") options.format = Format::markdown;
    if (format == "json") options.format = Format::json;
  }
  options.anyway = values["anyway"].as<bool>();
  return options;
}

Result<report::StoredResult, report::ReadError> read(std::string path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path += "/result.json";
  return report::read_result(path);
}

// The scenario that a result carries; nothing, with the reason said, if it cannot be loaded here.
std::optional<scenario::Scenario> recorded(const report::StoredResult& stored) {
  const journal::Recipe& recipe = stored.recipe;
  if (recipe.text.empty()) return std::nullopt;
  yaml::LoadOptions options = yaml::as_noted(recipe, {});
  options.seed = stored.seed;
  auto loaded = yaml::load_text(recipe.text, recipe.file, options);
  if (loaded) return std::move(*loaded);
  complain(fmt::format("{}: the scenario that it carries cannot be loaded: {}", stored.path,
                       loaded.error().front().message));
  return std::nullopt;
}

std::string not_compared(std::string_view condition) {
  return fmt::format("not compared: the runs differ in {}; --anyway compares them all the same",
                     condition);
}

// That were ever up, as each policy that applies has them.
std::string devices_of(const report::StoredResult& stored) {
  std::uint64_t devices = 0;
  for (const analysis::PolicyTotals& policy : stored.outcome.totals.policies) {
    devices = std::max(devices, policy.all.devices);
  }
  return std::to_string(devices);
}

// Fills what the circumstances of the runs differ in, and whether that forbids a comparison.
void compare_circumstances(report::ComparisonReport& report) {
  const report::StoredResult& base = report.base;
  const report::StoredResult& fresh = report.fresh;
  const auto note = [&](const std::string& what, const std::string& a, const std::string& b) {
    if (a != b) report.differences.push_back(fmt::format("{}: {} → {}", what, a, b));
  };
  note("scenario", base.scenario, fresh.scenario);
  note("seed", std::to_string(base.seed), std::to_string(fresh.seed));
  note("engine", base.engine, fresh.engine);
  note("broker", base.broker, fresh.broker);
  note("profile", base.profile, fresh.profile);
  note("fidelity", base.fidelity.empty() ? "unknown" : base.fidelity,
       fresh.fidelity.empty() ? "unknown" : fresh.fidelity);
  note("time scale", fmt::format("{:g}", base.recipe.time_scale),
       fmt::format("{:g}", fresh.recipe.time_scale));
  if (base.digest == fresh.digest) {
    if (!base.digest.empty()) return;
    // Of foreign logs nothing but the fleet is known.
    const std::string before = devices_of(base);
    const std::string now = devices_of(fresh);
    note("devices", before, now);
    if (before != now) report.not_comparable = not_compared("devices");
    return;
  }
  const auto old_scenario = recorded(base);
  const auto new_scenario = recorded(fresh);
  std::string condition;
  if (!old_scenario || !new_scenario) {
    condition = "the digest of what was run, and not both carry their scenario";
  } else {
    auto before = settings_of(*old_scenario);
    auto after = settings_of(*new_scenario);
    for (const auto& [key, value] : after) before.try_emplace(key, "–");
    for (const auto& [key, value] : before) {
      const auto found = after.find(key);
      const std::string now = found == after.end() ? "–" : found->second;
      note(key, value, now);
      if (value != now && condition.empty() && is_condition(key)) condition = key;
    }
  }
  if (condition.empty()) return;
  report.not_comparable = not_compared(condition);
}

// The rules of the user, typed against the scenario of the newer run.
Result<Loaded, ExitCode> rules_for(const CompareOptions& options,
                                   const report::StoredResult& fresh) {
  Rejudge rejudge;
  rejudge.options.load.rules = options.rules;
  read_once(rejudge);
  rejudge.options.load.expect = options.expect;
  rejudge.options.load.rules_of_change = true;
  return scenario_of({fresh.path, fresh.recipe, fresh.seed, fresh.engine}, rejudge);
}

ExitCode judge_change(const CompareOptions& options, report::ComparisonReport& report) {
  if (options.expect.empty() && options.rules.empty()) return ExitCode::pass;
  const auto loaded = rules_for(options, report.fresh);
  if (!loaded) return loaded.error();
  const scenario::Scenario* scenario = &loaded->scenario;
  for (const report::StoredResult* run : {&report.base, &report.fresh}) {
    const std::string trouble = mismatch(*run, *scenario);
    if (trouble.empty()) continue;
    complain(
        fmt::format("{} cannot be judged by these rules, which are read for the scenario of {}: "
                    "{}; rules need the same groups, faults, phases and policies in both runs",
                    run->path, report.fresh.path, trouble));
    return ExitCode::invalid_scenario;
  }
  const auto gate =
      analysis::gate::evaluate_change(*scenario, report.base.outcome, report.fresh.outcome);
  report.rules = gate.rules;
  bool is_doubtful = false;
  for (const report::StoredResult* run : {&report.base, &report.fresh}) {
    const std::string trouble = shortfall(*run);
    if (!trouble.empty()) complain(fmt::format("{}: {}", run->path, trouble));
    is_doubtful = is_doubtful || !trouble.empty() || run->outcome.voided_by_guard();
  }
  if (is_doubtful) return ExitCode::inconclusive;
  if (gate.any_failed) return ExitCode::gate_failed;
  return gate.any_inconclusive ? ExitCode::inconclusive : ExitCode::pass;
}

std::string render(const report::ComparisonReport& report, Format format) {
  switch (format) {
    case Format::text:
      return report::terminal_comparison(report);
    case Format::markdown:
      return report::markdown_comparison(report);
    case Format::json:
      break;
  }
  return report::json_comparison(report);
}

}  // namespace

std::string compare_flags_help() {
  std::ostringstream text;
  text << compare_flags();
  return text.str();
}

ExitCode compare_command(const std::vector<std::string>& words) {
  const auto options = read_flags(words);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  auto base = read(options->base);
  if (!base) return say(base.error());
  auto fresh = read(options->fresh);
  if (!fresh) return say(fresh.error());
  report::ComparisonReport report;
  report.confidence = options->confidence;
  report.base = std::move(*base);
  report.fresh = std::move(*fresh);
  compare_circumstances(report);
  if (options->anyway) report.not_comparable.clear();
  ExitCode code = ExitCode::inconclusive;
  if (report.not_comparable.empty()) {
    report.changes =
        analysis::compare(report.base.outcome, report.fresh.outcome, options->confidence);
    code = judge_change(*options, report);
    if (code == ExitCode::invalid_scenario || code == ExitCode::environment) return code;
  }
  report.verdict = name_of(code);
  if (code == ExitCode::gate_failed) report.verdict = "fail";
  report.exit_code = static_cast<int>(code);
  fmt::print("{}", render(report, options->format));
  return code;
}

}  // namespace probate::cli
