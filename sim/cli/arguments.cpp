#include "sim/cli/arguments.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

constexpr std::string_view kEnvironmentPrefix = "PROBATE_";

std::string unknown_flag(const std::string& flag, const po::options_description& flags) {
  std::vector<std::string> names;
  for (const auto& option : flags.options()) names.push_back("--" + option->long_name());
  const std::vector<std::string_view> views{names.begin(), names.end()};
  return fmt::format("unknown flag {}{}", flag, suggestion(flag, views));
}

std::string flag_of_variable(const std::string& variable, const po::options_description& flags) {
  if (!variable.starts_with(kEnvironmentPrefix)) return {};
  std::string flag = variable.substr(kEnvironmentPrefix.size());
  for (char& c : flag) {
    c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return flags.find_nothrow(flag, false) != nullptr ? flag : std::string{};
}

std::optional<bool> read_truth(std::string word) {
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

// A flag without a value is given by its name alone; a variable always has a value, which says
// whether it is. The error names the variable.
std::optional<std::string> settle_switches(po::parsed_options& around,
                                           const po::options_description& flags) {
  std::vector<po::option> given;
  for (po::option& option : around.options) {
    if (flags.find(option.string_key, false).semantic()->max_tokens() > 0) {
      given.push_back(std::move(option));
      continue;
    }
    const std::string word = option.value.empty() ? std::string{} : option.value.front();
    const auto truth = read_truth(word);
    if (!truth) {
      return fmt::format("{}={}: expected true or false", variable_of(option.string_key), word);
    }
    if (!*truth) continue;
    option.value.clear();
    given.push_back(std::move(option));
  }
  around.options = std::move(given);
  return std::nullopt;
}

void keep_order(const po::option& option, Arguments& arguments) {
  if (option.position_key >= 0) return;
  arguments.in_order.emplace_back(option.string_key,
                                  option.value.empty() ? std::string{} : option.value.front());
}

}  // namespace

std::string variable_of(std::string_view flag) {
  std::string name{kEnvironmentPrefix};
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string as_given(const Arguments& arguments, const std::string& flag, std::string_view value) {
  if (arguments.typed.contains(flag)) return fmt::format("--{} {}", flag, value);
  return fmt::format("{}={}", variable_of(flag), value);
}

std::vector<std::string> own_variables() {
  std::vector<std::string> names;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable = *at;
    if (!variable.starts_with(kEnvironmentPrefix)) continue;
    names.emplace_back(variable.substr(0, variable.find('=')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<Arguments, std::string> parse_arguments(const std::vector<std::string>& words,
                                               const po::options_description& flags) {
  po::options_description all;
  all.add(flags);
  all.add_options()("positional", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("positional", -1);
  Arguments arguments;
  try {
    namespace style = po::command_line_style;
    const auto parsed = po::command_line_parser(words)
                            .options(all)
                            .positional(positional)
                            .style(style::unix_style & ~style::allow_guessing)
                            .run();
    po::store(parsed, arguments.values);
    auto around = po::parse_environment(
        flags, [&](const std::string& name) { return flag_of_variable(name, flags); });
    if (auto mistake = settle_switches(around, flags)) return Failure{std::move(*mistake)};
    for (const auto& option : parsed.options) {
      if (option.position_key < 0) arguments.typed.insert(option.string_key);
    }
    for (const auto& option : around.options) {
      if (!arguments.typed.contains(option.string_key)) keep_order(option, arguments);
    }
    for (const auto& option : parsed.options) keep_order(option, arguments);
    try {
      po::store(around, arguments.values);
    } catch (const po::error_with_option_name& error) {
      std::string flag = error.get_option_name();
      flag.erase(0, flag.find_first_not_of('-'));
      return Failure{fmt::format("{}: {}", variable_of(flag), error.what())};
    }
    po::notify(arguments.values);
  } catch (const po::unknown_option& error) {
    return Failure{unknown_flag(error.get_option_name(), flags)};
  } catch (const po::error& error) {
    return Failure{std::string{error.what()}};
  }
  if (arguments.values.count("positional") > 0) {
    arguments.positional = arguments.values["positional"].as<std::vector<std::string>>();
  }
  return arguments;
}

std::optional<Duration> parse_seconds(const std::string& text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds);
  const bool unit = parsed.ptr == end ? seconds == 0 : std::string{parsed.ptr, end} == "s";
  if (parsed.ec != std::errc{} || !unit || !std::isfinite(seconds) || seconds < 0) {
    return std::nullopt;
  }
  return from_seconds(seconds);
}

}  // namespace probate::cli
