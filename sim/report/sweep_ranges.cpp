// The sentence about a sweep: all its options, by policy and by ranges of values.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/report/sweep_report.hpp"

namespace probate::report {
namespace {

// Of each axis the first and the last of the values, all of which belong to it.
using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

// Those that follow one another along an axis, and are alike in all others, become one.
void join_along(std::size_t axis, std::vector<Ranges>& boxes) {
  const auto key = [axis](const Ranges& box) {
    Ranges rest = box;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(axis));
    return std::pair{std::move(rest), box[axis]};
  };
  std::sort(boxes.begin(), boxes.end(),
            [&key](const Ranges& a, const Ranges& b) { return key(a) < key(b); });
  std::vector<Ranges> joined;
  for (Ranges& box : boxes) {
    const bool follows = !joined.empty() && key(joined.back()).first == key(box).first &&
                         joined.back()[axis].second + 1 == box[axis].first;
    if (follows) {
      joined.back()[axis].second = box[axis].second;
    } else {
      joined.push_back(std::move(box));
    }
  }
  boxes = std::move(joined);
}

// "90s" as 90, "2m" as 120, "40" as 40; nothing if it is no number with at most one unit.
std::optional<double> number_of(std::string_view value) {
  constexpr std::array<std::pair<std::string_view, double>, 9> kUnits{{{"", 1},
                                                                       {"%", 0.01},
                                                                       {"ns", 1e-9},
                                                                       {"us", 1e-6},
                                                                       {"ms", 1e-3},
                                                                       {"s", 1},
                                                                       {"m", 60},
                                                                       {"h", 3600},
                                                                       {"d", 86400}}};
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  const std::string_view unit = value.substr(static_cast<std::size_t>(parsed.ptr - value.data()));
  for (const auto& [word, factor] : kUnits) {
    if (unit == word) return number * factor;
  }
  return std::nullopt;
}

// Whether everything that lies between the first and the last of them is among them.
bool are_in_order(const std::vector<std::string>& values, std::size_t first, std::size_t last) {
  const std::optional<double> begin = number_of(values[first]);
  const std::optional<double> end = number_of(values[last]);
  if (!begin || !end) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::optional<double> value = number_of(values[i]);
    if (!value) return false;
    const bool is_between = *value >= std::min(*begin, *end) && *value <= std::max(*begin, *end);
    if (is_between != (i >= first && i <= last)) return false;
  }
  return true;
}

// "4s", "4s and 5s", "4s to 20s"; "5s | 60s | 30s" if they are in no order.
std::string range_text(const std::vector<std::string>& values, std::size_t first,
                       std::size_t last) {
  if (first == last) return values[first];
  if (last == first + 1) return values[first] + " and " + values[last];
  if (are_in_order(values, first, last)) return values[first] + " to " + values[last];
  std::string text = values[first];
  for (std::size_t i = first + 1; i <= last; ++i) text += " | " + values[i];
  return text;
}

// "keep_alive=4s to 20s, debounce=1s"; an axis of which all values belong to it is left out.
std::string ranges_text(const SweepReport& report, const Ranges& box) {
  std::string text;
  for (std::size_t axis = 0; axis < box.size(); ++axis) {
    const auto& values = report.axes[axis].values;
    const auto& range = box[axis];
    const bool is_all = range.first == 0 && range.second + 1 == values.size() && values.size() > 1;
    if (is_all) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{}={}", axis_name(report, axis),
                        range_text(values, range.first, range.second));
  }
  return text;
}

// "naive at a=1; debounce at a=2 to 4 and at a=6". Nothing if there are none.
template <typename Belongs>
std::string groups_text(const SweepReport& report, Belongs belongs) {
  std::string text;
  for (std::size_t series = 0; series < report.series.size(); ++series) {
    std::vector<Ranges> boxes;
    for (const SweepOption& option : report.options) {
      if (option.series != series || !belongs(option)) continue;
      Ranges& box = boxes.emplace_back();
      for (const std::size_t value : report.points[option.point].values) {
        box.emplace_back(value, value);
      }
    }
    if (boxes.empty()) continue;
    for (std::size_t axis = report.axes.size(); axis-- > 0;) join_along(axis, boxes);
    std::sort(boxes.begin(), boxes.end());
    if (!text.empty()) text += "; ";
    text += report.series[series];
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const std::string where = ranges_text(report, boxes[i]);
      if (i > 0) text += i + 1 == boxes.size() ? " and" : ",";
      if (!where.empty()) text += " at " + where;
    }
  }
  return text;
}

}  // namespace

std::string front_sentence(const SweepReport& report) {
  const std::string front =
      groups_text(report, [](const SweepOption& option) { return option.standing.on_front(); });
  const std::string dominated = groups_text(
      report, [](const SweepOption& option) { return option.standing.dominated_by.has_value(); });
  const std::string without =
      groups_text(report, [](const SweepOption& option) { return !option.standing.is_comparable; });
  if (front.empty()) {
    return "No option can be compared: none has both a rate of false offlines and a detection "
           "time.";
  }
  std::string text = fmt::format("On the Pareto front: {}. ", front);
  text += dominated.empty() ? std::string{"No option is dominated"} : "Dominated: " + dominated;
  if (!without.empty()) text += ". Not comparable, for want of a figure: " + without;
  return text + ".";
}

}  // namespace probate::report
