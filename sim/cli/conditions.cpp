#include "sim/cli/conditions.hpp"

#include <sstream>

#include <fmt/format.h>

#include "core/scenario/canonical.hpp"

namespace probate::cli {

std::map<std::string, std::string> settings_of(scenario::Scenario scenario) {
  scenario.gate.clear();
  scenario.seed = 0;
  std::istringstream lines{scenario::canonical_text(scenario)};
  std::map<std::string, std::string> settings;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string& value = settings[line.substr(0, equals)];
    if (!value.empty()) value += ", ";
    value += line.substr(equals + 1);
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
  for (const auto& [key, value] : after) before.try_emplace(key, "nothing");
  for (const auto& [key, value] : before) {
    if (!is_of_the_record(key)) continue;
    const auto found = after.find(key);
    const std::string now = found == after.end() ? "nothing" : found->second;
    if (value == now) continue;
    // Of other keys the canonical text has numbers for words, which nobody has written.
    if (!key.starts_with("fleet.")) return fmt::format("{} is not what it was in the run", key);
    return fmt::format("{} was {} in the run, not {}", key, value, now);
  }
  return "";
}

}  // namespace probate::cli
