#include "sim/cli/conditions.hpp"

#include <array>
#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/scenario/canonical.hpp"
#include "core/scenario/real_devices.hpp"

namespace probate::cli {

namespace {

// Of keys that the canonical text has numbers for: the words of the language, by number.
struct Words {
  std::string_view key;  // what the key ends with
  std::array<std::string_view, 3> words;
  std::size_t first = 0;
};
constexpr std::array kWords{
    Words{".protocol", {"3.1", "3.1.1", "5.0"}, 3},
    Words{".encoding", {"text", "sparkplug", "sparkplug"}},
    Words{".retry.policy", {"fixed", "exponential"}},
    Words{".retry.jitter", {"none", "full"}},
    Words{".birth.when", {"connect", "boot"}},
    Words{".workload", {"periodic", "luat_loop"}},
    Words{".on_error", {"disconnect", "close", "reset"}},
    Words{".arrival", {"even", "poisson"}},
};

// A value as a person would write it: words for numbers, texts without their lengths.
std::string legible(std::string_view key, std::string_view value) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const std::string_view rest{end, static_cast<std::size_t>(value.data() + value.size() - end)};
  if (error != std::errc{}) return std::string{value};
  if (rest.size() == number + 1 && rest[0] == ':') return fmt::format("\"{}\"", rest.substr(1));
  if (!rest.empty()) return std::string{value};
  for (const Words& each : kWords) {
    if (!key.ends_with(each.key) || number < each.first) continue;
    const std::size_t i = number - each.first;
    if (i < each.words.size() && !each.words[i].empty()) return std::string{each.words[i]};
  }
  return std::string{value};
}

// The text with the number behind `mark` replaced by the name that it is an index of.
template <typename Named>
std::string named(std::string text, std::string_view mark, const std::vector<Named>& all) {
  const std::size_t begin = text.find(mark);
  if (begin == std::string::npos) return text;
  const char* const digits = text.data() + begin + mark.size();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits, text.data() + text.size(), index);
  if (error != std::errc{} || index >= all.size()) return text;
  return text.replace(begin + mark.size(), static_cast<std::size_t>(end - digits), all[index].name);
}

// A value that refers to something else by its place in the file, by its name instead.
std::string with_names(const scenario::Scenario& scenario, std::string_view key,
                       std::string value) {
  if (key.starts_with("fleet.") && key.ends_with(".device")) {
    return named(std::move(value), "", scenario.devices);
  }
  if (!key.starts_with("faults.")) return value;
  if (key.ends_with(".on")) return named(std::move(value), "group: ", scenario.fleet);
  if (!key.ends_with(".timing")) return value;
  const std::string_view mark = value.starts_with("at ") ? "at " : " during ";
  return named(std::move(value), mark, scenario.phases);
}

}  // namespace

std::map<std::string, std::string> settings_of(scenario::Scenario scenario) {
  scenario.gate.clear();
  scenario.seed = 0;
  std::istringstream lines{scenario::canonical_text(scenario)};
  std::map<std::string, std::string> settings;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals);
    std::string& value = settings[key];
    if (!value.empty()) value += ", ";
    value += with_names(scenario, key, legible(key, std::string_view{line}.substr(equals + 1)));
  }
  return settings;
}

bool is_condition(const std::string& key) {
  return key.starts_with("fleet.") || key.starts_with("phases.") || key.starts_with("faults.");
}

namespace {

// What the run did and what its observers were subscribed to; how it is judged may change.
bool is_of_the_record(const std::string& key) {
  const bool is_judging = key.starts_with("backend.presence");
  return is_condition(key) || key.starts_with("devices.") ||
         (key.starts_with("backend.") && !is_judging);
}

}  // namespace

std::string why_not_judged_by(const scenario::Scenario& recorded, const scenario::Scenario& asked) {
  std::map<std::string, std::string> before = settings_of(recorded);
  std::map<std::string, std::string> after = settings_of(asked);
  if (recorded.has_real_devices) {
    // What the other groups leave: no file says it.
    const std::string rest = fmt::format("fleet.{}.count", scenario::kRealDevicesGroup);
    before.erase(rest);
    after.erase(rest);
  }
  for (const auto& [key, value] : after) before.try_emplace(key, "nothing");
  for (const auto& [key, value] : before) {
    if (!is_of_the_record(key)) continue;
    const auto found = after.find(key);
    const std::string now = found == after.end() ? "nothing" : found->second;
    if (value == now) continue;
    return fmt::format("{} was {} in the run, not {}", key, value, now);
  }
  return "";
}

}  // namespace probate::cli
