// One mistake in a scenario, shown where it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace probate::yaml {

enum class DiagnosticSeverity : std::uint8_t { error, warning };

struct Diagnostic {
  std::string file;          // as the user named it; "--set" for an override
  std::uint32_t line = 0;    // from 1; 0: the place has no lines (--set, or the file as a whole)
  std::uint32_t column = 0;  // in characters, from 1; 0: the file as a whole
  std::string code;          // "E0107"
  std::string message;
  std::string source_line;
  DiagnosticSeverity severity = DiagnosticSeverity::error;
};

// The message, the line it is about and a caret below the place:
//
//   fleet.yaml:7:17: error: a duration needs its unit: 30s? [E0106]
//       keep_alive: 30
//                   ^
//
// Lines longer than 160 characters are cut around the caret. Ends with a newline.
std::string render(const Diagnostic& diagnostic, bool colour);
std::string render(const std::vector<Diagnostic>& diagnostics, bool colour);

}  // namespace probate::yaml
