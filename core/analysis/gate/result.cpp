#include "core/analysis/gate/result.hpp"

#include <fmt/format.h>

namespace probate::analysis::gate {

const char* to_text(RuleStatus status) {
  switch (status) {
    case RuleStatus::pass:
      return "pass";
    case RuleStatus::fail:
      return "fail";
    case RuleStatus::warn:
      return "warn";
    case RuleStatus::inconclusive:
      return "inconclusive";
  }
  return "";
}

const char* to_text(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "1";
    case Unit::ratio:
      return "ratio";
    case Unit::seconds:
      return "s";
    case Unit::per_second:
      return "/s";
    case Unit::per_hour:
      return "/h";
    case Unit::bytes:
      return "B";
  }
  return "";
}

std::string render(double value, Unit unit) {
  switch (unit) {
    case Unit::none:
      return fmt::format("{:.6g}", value);
    case Unit::ratio:
      return fmt::format("{:.4g} %", value * 100);
    case Unit::seconds:
      return fmt::format("{:.4g} s", value);
    case Unit::per_second:
      return fmt::format("{:.4g}/s", value);
    case Unit::per_hour:
      return fmt::format("{:.4g}/h", value);
    case Unit::bytes:
      return fmt::format("{:.6g} B", value);
  }
  return {};
}

}  // namespace probate::analysis::gate
