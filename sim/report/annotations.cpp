#include "sim/report/annotations.hpp"

#include <fmt/format.h>

#include "sim/report/numbers.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

using analysis::gate::RuleStatus;

std::string escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (special) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string github_annotations(const RunReport& report) {
  std::string out;
  for (const auto& rule : report.rules) {
    if (rule.status == RuleStatus::pass) continue;
    const char* level = rule.status == RuleStatus::warn ? "warning" : "error";
    const std::string found = fmt::format("{}: found {}{}", rule.expect, finding_text(rule),
                                          rule.reason.empty() ? "" : "; " + rule.reason);
    // A rule of the command line stands in no file.
    const std::string place =
        rule.line == 0 ? "" : fmt::format("file={},line={},", escape(rule.file, true), rule.line);
    out += fmt::format("::{} {}title={}::{}\n", level, place, escape("probate: " + rule.name, true),
                       escape(found, false));
  }
  return out;
}

}  // namespace probate::report
