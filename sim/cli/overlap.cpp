#include "sim/cli/overlap.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace probate::cli {
namespace {

// "faults[arrears].on" → "faults.arrears.on.".
std::string with_dots(std::string_view path) {
  std::string text{path};
  std::erase(text, ']');
  std::replace(text.begin(), text.end(), '[', '.');
  return text + ".";
}

}  // namespace

std::string_view path_of(std::string_view setting) { return setting.substr(0, setting.find('=')); }

bool replaces(std::string_view path, std::string_view earlier) {
  return with_dots(earlier).starts_with(with_dots(path));
}

std::optional<std::string> replaced_by(std::string_view path,
                                       const std::vector<std::string>& settings) {
  const auto found =
      std::find_if(settings.begin(), settings.end(),
                   [path](const std::string& setting) { return replaces(path, path_of(setting)); });
  if (found == settings.end()) return std::nullopt;
  return *found;
}

void drop_replaced(std::string_view path, std::vector<std::string>& settings) {
  std::erase_if(settings,
                [path](const std::string& setting) { return replaces(path, path_of(setting)); });
}

std::string overlap_text(std::string_view one, std::string_view other) {
  return fmt::format("{} and {} set the same value: give only one of them", one, other);
}

}  // namespace probate::cli
