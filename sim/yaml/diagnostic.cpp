#include "sim/yaml/diagnostic.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "sim/yaml/text.hpp"

namespace probate::yaml {
namespace {

constexpr std::size_t kShownBefore = 100;  // characters of a long line, before and after the caret
constexpr std::size_t kShownAfter = 60;

struct Shown {
  std::string line;
  std::size_t caret = 0;  // in terminal cells
};

// What a terminal would obey: control characters, and those that turn the direction of a text.
bool is_obeyed(char32_t c) {
  const bool control = c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0);
  const bool turns =
      (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
  return control || turns;
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    const std::size_t bytes = point ? point->bytes : 1;
    out += !point || is_obeyed(point->value) ? kReplacement : text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

// The part of the line around the column (from 1), with anything a terminal would obey made
// visible.
Shown shown(std::string_view line, std::uint32_t column) {
  const std::size_t wanted = column - 1;
  const std::size_t first = wanted > kShownBefore ? wanted - kShownBefore : 0;
  Shown result;
  if (first > 0) result.line = "…";
  result.caret = first > 0 ? 1 : 0;
  for (std::size_t at = 0; !line.empty(); ++at) {
    const auto point = first_code_point(line);
    const std::size_t bytes = point ? point->bytes : 1;
    if (at > wanted + kShownAfter) {
      result.line += "…";
      break;
    }
    if (at >= first) {
      const bool control = !point || is_obeyed(point->value);
      const bool tab = point && point->value == '\t';
      result.line += tab ? std::string_view{" "} : control ? kReplacement : line.substr(0, bytes);
      if (at < wanted) result.caret += control || !point ? 1 : cells(point->value);
    }
    line.remove_prefix(bytes);
  }
  return result;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, bool colour) {
  const auto paint = [colour](std::string_view style, std::string_view text) {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", style, text) : std::string{text};
  };
  std::string place = visible(diagnostic.file);
  if (diagnostic.line > 0) place += fmt::format(":{}", diagnostic.line);
  if (diagnostic.column > 0) place += fmt::format(":{}", diagnostic.column);
  const bool error = diagnostic.severity == DiagnosticSeverity::error;
  std::string text = fmt::format("{}: {} {} [{}]\n", paint("1", place),
                                 error ? paint("1;31", "error:") : paint("1;33", "warning:"),
                                 visible(diagnostic.message), diagnostic.code);
  if (diagnostic.column == 0) return text;
  const Shown part = shown(diagnostic.source_line, diagnostic.column);
  text += fmt::format("    {}\n    {}{}\n", part.line, std::string(part.caret, ' '),
                      paint("1;32", "^"));
  return text;
}

std::string render(const std::vector<Diagnostic>& diagnostics, bool colour) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic, colour);
  return text;
}

}  // namespace probate::yaml
