#include "sim/cli/load.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"
#include "sim/cli/overlap.hpp"
#include "sim/yaml/policy_text.hpp"
#include "sim/yaml/recipe.hpp"

namespace probate::cli {
namespace po = boost::program_options;

void add_load_flags(po::options_description& flags) {
  add_scenario_flags(flags);
  flags.add_options()("time-scale", po::value<double>()->value_name("F"),
                      "divide every duration of the scenario by F");
}

void add_scenario_flags(po::options_description& flags) {
  auto add = flags.add_options();
  add("set", po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
      "override one value of the scenario; repeatable");
  add("policies", po::value<std::string>()->value_name("LIST"),
      "presence policies to judge instead, like naive,debounce=5s,epoch");
  add("seed", po::value<std::string>()->value_name("N"), "instead of the scenario's seed");
  add("color", po::value<std::string>()->value_name("WHEN"), "auto (default), always, never");
}

namespace {

bool is_policy(std::string_view text) {
  const auto names = yaml::policy_names();
  return std::find(names.begin(), names.end(), text) != names.end();
}

// "naive,debounce=5s" as an override: "backend.presence=[naive, {debounce: 5s}]". Commas within
// braces or brackets belong to a policy's parameters.
Result<std::string, std::string> presence_override(const std::string& list) {
  std::string items;
  std::string item;
  std::string strange;
  int depth = 0;
  const auto take = [&] {
    const std::size_t equals = item.find('=');
    if (item.empty() || equals == 0 || equals + 1 == item.size()) return false;
    const std::string name = item.substr(0, equals);
    if (strange.empty() && name[0] != '{' && !is_policy(name)) strange = name;
    if (!items.empty()) items += ", ";
    items += equals == std::string::npos
                 ? item
                 : fmt::format("{{{}: {}}}", item.substr(0, equals), item.substr(equals + 1));
    item.clear();
    return true;
  };
  const std::string mistake =
      fmt::format("--policies {}: expected names, like naive,debounce=5s,epoch", list);
  for (const char c : list) {
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != ',' || depth > 0) {
      item += c;
    } else if (!take()) {
      return Failure{mistake};
    }
  }
  if (!take()) return Failure{mistake};
  if (!strange.empty()) {
    return Failure{
        fmt::format("--policies {}: no policy is called \"{}\"{} (`probate list policies`)", list,
                    strange, suggestion(strange, yaml::policy_names()))};
  }
  return fmt::format("backend.presence=[{}]", items);
}

using Mistake = std::optional<std::string>;

// What a flag has to do with a --set of its value: a mistake if both were meant, and what stands
// on the command line goes before what stands in the environment.
struct Precedence {
  bool is_set_instead = false;
  Mistake mistake{};
};
Precedence precedence_of(const Arguments& arguments, const std::string& flag, std::string_view path,
                         std::vector<std::string>& settings) {
  const auto set = replaced_by(path, settings);
  if (!set) return {};
  const bool is_flag_typed = arguments.typed.contains(flag);
  const bool is_set_typed = arguments.typed.contains("set");
  if (is_set_typed && !is_flag_typed) return {true};
  if (is_flag_typed && !is_set_typed) {
    drop_replaced(path, settings);
    return {};
  }
  return {false, overlap_text(as_given(arguments, flag, arguments.values[flag].as<std::string>()),
                              as_given(arguments, "set", *set))};
}

Mistake read_policies(const Arguments& arguments, ScenarioOptions& options) {
  if (arguments.values.count("policies") == 0) return std::nullopt;
  const std::string text = arguments.values["policies"].as<std::string>();
  auto policies = presence_override(text);
  if (!policies) return policies.error();
  auto precedence = precedence_of(arguments, "policies", kPoliciesPath, options.load.set);
  if (precedence.mistake || precedence.is_set_instead) return std::move(precedence.mistake);
  options.load.set.push_back(std::move(*policies));
  options.changes_policies = true;
  options.policies_given = as_given(arguments, "policies", text);
  return std::nullopt;
}

Mistake read_seed(const Arguments& arguments, ScenarioOptions& options) {
  if (arguments.values.count("seed") == 0) return std::nullopt;
  const std::string text = arguments.values["seed"].as<std::string>();
  std::uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seed);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    return fmt::format("{}: expected a whole number, 0 or more", as_given(arguments, "seed", text));
  }
  auto precedence = precedence_of(arguments, "seed", kSeedPath, options.load.set);
  if (precedence.mistake || precedence.is_set_instead) return std::move(precedence.mistake);
  options.load.seed = seed;
  return std::nullopt;
}

}  // namespace

Result<ScenarioOptions, std::string> load_options(const Arguments& arguments) {
  ScenarioOptions options;
  const po::variables_map& values = arguments.values;
  if (values.count("set") > 0) options.load.set = values["set"].as<std::vector<std::string>>();
  if (auto mistake = read_policies(arguments, options)) return Failure{std::move(*mistake)};
  if (auto mistake = read_seed(arguments, options)) return Failure{std::move(*mistake)};
  if (values.count("time-scale") > 0) {
    options.load.time_scale = values["time-scale"].as<double>();
    if (!(options.load.time_scale > 0)) {
      return Failure{fmt::format(
          "{}: expected a number above 0",
          as_given(arguments, "time-scale", fmt::format("{:g}", options.load.time_scale)))};
    }
  }
  if (values.count("color") == 0) return options;
  const std::string color = values["color"].as<std::string>();
  if (color == "always") {
    options.color = ColorChoice::always;
  } else if (color == "never") {
    options.color = ColorChoice::never;
  } else if (color != "auto") {
    return Failure{
        fmt::format("{}: expected auto, always or never", as_given(arguments, "color", color))};
  }
  return options;
}

Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_scenario(
    const std::string& path, const ScenarioOptions& options, journal::Recipe& recipe) {
  recipe = {};
  const yaml::LoadOptions load = yaml::noting(options.load, recipe);
  recipe.file = path == "-" ? kStandardInput : path;
  if (path == "-") {
    recipe.text.assign(std::istreambuf_iterator<char>{std::cin}, {});
    return yaml::load_text(recipe.text, recipe.file, load);
  }
  auto scenario = yaml::load_file(path, load);
  if (auto main = recipe.files.extract(path)) recipe.text = std::move(main.mapped());
  return scenario;
}

Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_scenario(
    const std::string& path, const ScenarioOptions& options) {
  journal::Recipe unused;
  return load_scenario(path, options, unused);
}

}  // namespace probate::cli
