#include "sim/report/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace probate::report {
namespace {

using analysis::gate::RuleResult;
using analysis::gate::Unit;

// Three significant digits without an exponent and without zeros that say nothing.
std::string three_digits(double value) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return "–";
  const double size = std::fabs(value);
  const int before = size < 1 ? 0 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int leading = size < 1 ? static_cast<int>(-std::floor(std::log10(size))) - 1 : 0;
  const int decimals = std::clamp(3 - before + leading, 0, 9);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') == text.npos) return text;
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string seconds_text(double seconds) {
  const double size = std::fabs(seconds);
  if (size == 0) return "0 s";
  if (size < 0.9995) return three_digits(seconds * 1e3) + " ms";
  if (size < 119.5) return three_digits(seconds) + " s";
  const auto whole = std::llround(size);
  const char* sign = seconds < 0 ? "-" : "";
  if (whole < 3600) return fmt::format("{}{} min {} s", sign, whole / 60, whole % 60);
  return fmt::format("{}{} h {} min", sign, whole / 3600, whole % 3600 / 60);
}

std::string seconds_text(Duration duration) { return seconds_text(to_seconds(duration)); }

std::string percent_text(double ratio) { return three_digits(ratio * 100) + " %"; }

std::string percent_text(std::uint64_t numerator, std::uint64_t denominator) {
  if (denominator == 0) return "–";
  return percent_text(static_cast<double>(numerator) / static_cast<double>(denominator));
}

std::string number_text(double value) {
  if (std::fabs(value) < 1e15 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  return three_digits(value);
}

std::string quantity_text(double value, Unit unit) {
  switch (unit) {
    case Unit::none:
      return number_text(value);
    case Unit::ratio:
      return percent_text(value);
    case Unit::seconds:
      return seconds_text(value);
    case Unit::per_second:
      return number_text(value) + "/s";
    case Unit::per_hour:
      return number_text(value) + "/h";
    case Unit::bytes:
      return number_text(value) + " B";
  }
  return "";
}

namespace {

std::string found_text(const RuleResult& rule) {
  std::string value = rule.value ? quantity_text(*rule.value, rule.unit) : "no data";
  if (!rule.bound) return value;
  return fmt::format("{} (bound {})", value, quantity_text(*rule.bound, rule.unit));
}

std::string limit_text(const RuleResult& rule) {
  std::string limit = fmt::format("{} {}", rule.relation, quantity_text(rule.limit, rule.unit));
  if (!rule.limit_high) return limit;
  return fmt::format("{} and {}", limit, quantity_text(*rule.limit_high, rule.unit));
}

}  // namespace

std::string comparison_text(const RuleResult& rule) {
  return fmt::format("{} {}", found_text(rule), limit_text(rule));
}

std::string finding_text(const RuleResult& rule) {
  return fmt::format("{}, wanted {}", found_text(rule), limit_text(rule));
}

std::string evidence_text(const RuleResult& rule) {
  std::string text;
  if (rule.denominator > 0) {
    text = fmt::format("{} of {}", rule.numerator, rule.denominator);
  } else if (rule.samples > 0) {
    text = fmt::format("{} sample{}", rule.samples, rule.samples == 1 ? "" : "s");
  }
  if (rule.bound) {
    if (!text.empty()) text += ", ";
    text += "compared with its bound " + quantity_text(*rule.bound, rule.unit);
  }
  return text;
}

std::string rfc3339_text(double unix_seconds) {
  if (unix_seconds <= 0) return "";
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace probate::report
