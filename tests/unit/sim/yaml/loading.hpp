// Scenarios in a test: a small good one, files that exist only here, problems as one line each.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/yaml/loader.hpp"

namespace probate::yaml {

// Twelve lines; tests change or append to them.
inline constexpr std::string_view kGood = R"(version: 1
name: good
devices:
  meter:
    client_id: "m-{index:05}"
    keep_alive: 10s
    will: {topic: "w/{client_id}", payload: "gone {epoch}"}
fleet:
  city: {device: meter, count: 10}
phases:
  - {name: storm, for: 5m}
  - {name: settle, for: auto}
)";

struct World {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;
  LoadOptions options;

  World() {
    options.read_file = [this](const std::string& path) -> Result<std::string, std::string> {
      const auto found = files.find(path);
      if (found == files.end()) return Failure{std::string{"no such file"}};
      return found->second;
    };
    options.read_secret = options.read_rules = options.read_file;
    options.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string{name});
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
  }
  World(const World&) = delete;

  Result<scenario::Scenario, std::vector<Diagnostic>> load(std::string_view text) const {
    return load_text(std::string{text}, "x.yaml", options);
  }
  // "3:7 E0104 text" each; with the file in front if it is not x.yaml.
  std::vector<std::string> problems(std::string_view text) const {
    std::vector<std::string> lines;
    const auto loaded = load(text);
    if (loaded) return lines;
    for (const Diagnostic& each : loaded.error()) {
      const std::string file = each.file == "x.yaml" ? "" : each.file + " ";
      lines.push_back(
          fmt::format("{}{}:{} {} {}", file, each.line, each.column, each.code, each.message));
    }
    return lines;
  }
  // Requires: the text is good; a failed expectation otherwise.
  scenario::Scenario good(std::string_view text) const {
    auto loaded = load(text);
    if (loaded) return std::move(loaded).value();
    ADD_FAILURE() << render(loaded.error(), false);
    return {};
  }
};

// kGood with one line replaced (from 1), or with lines added at the end.
inline std::string with_line(std::size_t number, std::string_view line) {
  std::string text;
  std::string_view rest = kGood;
  for (std::size_t at = 1; !rest.empty(); ++at) {
    const std::size_t end = rest.find('\n') + 1;
    text += at == number ? std::string{line} + "\n" : std::string{rest.substr(0, end)};
    rest.remove_prefix(end);
  }
  return text;
}
inline std::string with(std::string_view lines) { return std::string{kGood} + std::string{lines}; }

}  // namespace probate::yaml
