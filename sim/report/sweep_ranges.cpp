// The sentence about a sweep: all its options, by policy and by ranges of values.
#include <algorithm>
#include <tuple>
#include <utility>

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

// "keep_alive=4s to 20s, debounce=1s"; an axis of which all values belong to it is left out.
std::string ranges_text(const SweepReport& report, const Ranges& box) {
  std::string text;
  for (std::size_t axis = 0; axis < box.size(); ++axis) {
    const auto& values = report.axes[axis].values;
    const auto& range = box[axis];
    const bool is_all = range.first == 0 && range.second + 1 == values.size() && values.size() > 1;
    if (is_all) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{}={}", axis_name(report, axis), values[range.first]);
    if (range.second == range.first) continue;
    const char* link = range.second == range.first + 1 ? "and" : "to";
    text += fmt::format(" {} {}", link, values[range.second]);
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
