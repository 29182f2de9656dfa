#include "sim/report/sweep_report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/shell_word.hpp"

namespace probate::report {
namespace {

// Shares of outages that were detected, beyond which detection times cannot be compared.
constexpr double kDetectedSharesDifferBy = 0.1;

}  // namespace

const char* to_text(RateFigure figure) {
  constexpr std::array<const char*, kRateFigureCount> kWords{
      "false_offline_ratio", "false_offlines_per_device_hour", "false_offline_time_ratio"};
  return kWords.at(static_cast<std::size_t>(figure));
}

const char* to_text(DetectionFigure figure) {
  constexpr std::array<const char*, kDetectionFigureCount> kWords{
      "untold", "mean", "p50", "p95", "p99", "max", "false_online"};
  return kWords.at(static_cast<std::size_t>(figure));
}

bool is_of_detected(DetectionFigure figure) {
  return figure != DetectionFigure::untold && figure != DetectionFigure::false_online;
}

namespace {

std::optional<double> quotient(double part, double whole) {
  if (!(whole > 0)) return std::nullopt;
  return part / whole;
}

std::optional<double> rate_of(const analysis::PresenceTotals& totals, RateFigure figure) {
  switch (figure) {
    case RateFigure::false_offline_ratio:
      return quotient(static_cast<double>(totals.reconnects_followed),
                      static_cast<double>(totals.reconnects));
    case RateFigure::false_offlines_per_device_hour:
      return quotient(static_cast<double>(totals.false_offlines), totals.device_hours());
    case RateFigure::false_offline_time_ratio:
      return quotient(totals.false_offline_seconds, totals.up_seconds);
  }
  return std::nullopt;
}

// The detection times of outages that were told: not those of a policy that believed a device
// offline all the while, which are 0.
analysis::Histogram times_of(const analysis::PresenceTotals& totals) {
  analysis::Histogram times = totals.detection;
  for (std::uint64_t i = 0; i < totals.outages_foregone; ++i) times.remove({});
  return times;
}

std::optional<double> detection_of(const analysis::PresenceTotals& totals, DetectionFigure figure) {
  const auto outages = static_cast<double>(totals.outages);
  if (figure == DetectionFigure::untold) return quotient(totals.untold_seconds, outages);
  if (figure == DetectionFigure::false_online) {
    return quotient(totals.false_online_seconds, outages);
  }
  const analysis::Histogram times = times_of(totals);
  if (times.count() == 0) return std::nullopt;
  switch (figure) {
    case DetectionFigure::mean:
      return to_seconds(times.sum()) / static_cast<double>(times.count());
    case DetectionFigure::p50:
      return to_seconds(times.percentile(0.5));
    case DetectionFigure::p95:
      return to_seconds(times.percentile(0.95));
    case DetectionFigure::p99:
      return to_seconds(times.percentile(0.99));
    case DetectionFigure::max:
      return to_seconds(times.max());
    case DetectionFigure::untold:
    case DetectionFigure::false_online:
      break;
  }
  return std::nullopt;
}

}  // namespace

void PolicyFigures::add_counts(const PolicyFigures& other) {
  false_offlines += other.false_offlines;
  reconnects += other.reconnects;
  reconnects_followed += other.reconnects_followed;
  outages += other.outages;
  detected += other.detected;
  detected_s += other.detected_s;
  missed_offlines += other.missed_offlines;
  up_hours += other.up_hours;
}

double PolicyFigures::detected_share() const {
  return quotient(static_cast<double>(detected), static_cast<double>(outages)).value_or(1);
}

std::optional<double> PolicyFigures::detected_after_s() const {
  return quotient(detected_s, static_cast<double>(detected));
}

PolicyFigures figures_of(const analysis::PresenceTotals& totals, RateFigure rate,
                         DetectionFigure detection) {
  return {.rate = rate_of(totals, rate),
          .detection_s = detection_of(totals, detection),
          .false_offlines = totals.false_offlines,
          .reconnects = totals.reconnects,
          .reconnects_followed = totals.reconnects_followed,
          .outages = totals.outages,
          .detected = totals.detection.count() - totals.outages_foregone,
          .detected_s = to_seconds(totals.detection.sum()),
          .missed_offlines = totals.missed_offlines,
          .up_hours = totals.device_hours()};
}

namespace {

std::size_t runs_done_of(const SweepPoint& point) {
  return static_cast<std::size_t>(std::count_if(point.runs.begin(), point.runs.end(),
                                                [](const auto& run) { return run.has_value(); }));
}

}  // namespace

std::size_t SweepReport::runs_done() const {
  std::size_t done = 0;
  for (const SweepPoint& point : points) done += runs_done_of(point);
  return done;
}

namespace {

// A policy is the same series at all points if it is the n-th with that word.
using SeriesKey = std::pair<std::string, std::size_t>;

struct Series {
  std::map<SeriesKey, std::size_t> index;
  std::vector<std::vector<std::string>> labels;  // by series: at each point

  std::size_t of(const SeriesKey& key) {
    const auto [place, is_new] = index.emplace(key, labels.size());
    if (is_new) labels.emplace_back();
    return place->second;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names(labels.size());
    for (const auto& [key, series] : index) {
      const auto& all = labels[series];
      const bool same = std::all_of(all.begin(), all.end(),
                                    [&all](const std::string& label) { return label == all[0]; });
      names[series] = same ? all[0] : key.first;
      if (!same && key.second > 0) names[series] += fmt::format(" ({})", key.second + 1);
    }
    return names;
  }
};

SweepOption option_of(const SweepPoint& point, std::size_t policy) {
  SweepOption option;
  option.policy = policy;
  std::vector<std::optional<double>> rates;
  std::vector<std::optional<double>> detections;
  for (const auto& run : point.runs) {
    if (!run || policy >= run->policies.size()) continue;
    const PolicyFigures& figures = run->policies[policy];
    rates.push_back(figures.rate);
    detections.push_back(figures.detection_s);
    option.counts.add_counts(figures);
  }
  option.rate = analysis::mean_of(rates, SweepReport::kConfidence);
  option.detection_s = analysis::mean_of(detections, SweepReport::kConfidence);
  return option;
}

// How a run is judged, and not what happens in it.
bool is_of_judging(const SweepAxis& axis) {
  for (const char* path : {"backend.presence", "judge.", "gate"}) {
    if (axis.path.starts_with(path)) return true;
  }
  return false;
}

bool are_same_runs(const SweepReport& report, const SweepOption& one, const SweepOption& other) {
  const SweepPoint& a = report.points[one.point];
  const SweepPoint& b = report.points[other.point];
  for (std::size_t seed = 0; seed < a.runs.size(); ++seed) {
    if (!a.runs[seed] || !b.runs[seed]) return false;
    if (one.policy >= a.runs[seed]->policies.size()) return false;
    if (other.policy >= b.runs[seed]->policies.size()) return false;
    PolicyFigures left = a.runs[seed]->policies[one.policy];
    const PolicyFigures& right = b.runs[seed]->policies[other.policy];
    left.up_hours = right.up_hours;  // a run settles for as long as its slowest policy waits
    if (left != right) return false;
  }
  return verdicts_of(a) == verdicts_of(b);
}

// Those that are the same option can differ in how a run is judged alone.
void mark_same(SweepReport& report) {
  std::map<std::pair<std::string, std::vector<std::size_t>>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < report.options.size(); ++i) {
    SweepOption& option = report.options[i];
    option.points = {option.point};
    const SweepPoint& point = report.points[option.point];
    std::vector<std::size_t> values = point.values;
    for (std::size_t axis = 0; axis < values.size(); ++axis) {
      if (is_of_judging(report.axes[axis])) values[axis] = 0;
    }
    auto& earlier = alike[{point.policies[option.policy].label, values}];
    const auto same = std::find_if(earlier.begin(), earlier.end(), [&](std::size_t e) {
      return report.options[e].point != option.point &&
             are_same_runs(report, report.options[e], option);
    });
    if (same == earlier.end()) {
      earlier.push_back(i);
    } else {
      option.same_as = *same;
      report.options[*same].points.push_back(option.point);
    }
  }
}

}  // namespace

void conclude(SweepReport& report) {
  Series series;
  report.options.clear();
  for (std::size_t p = 0; p < report.points.size(); ++p) {
    const SweepPoint& point = report.points[p];
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < point.policies.size(); ++i) {
      SweepOption option = option_of(point, i);
      option.point = p;
      option.series = series.of({point.policies[i].word, seen[point.policies[i].word]++});
      series.labels[option.series].push_back(point.policies[i].label);
      report.options.push_back(option);
    }
  }
  report.series = series.names();
  mark_same(report);
  const bool can_overlook = is_of_detected(report.detection);
  std::vector<analysis::Choice> choices;
  choices.reserve(report.options.size());
  for (const SweepOption& option : report.options) {
    choices.push_back({option.rate.mean, option.detection_s.mean,
                       can_overlook ? 1 - option.counts.detected_share() : 0});
  }
  const auto standings = analysis::pareto(choices);
  for (std::size_t i = 0; i < standings.size(); ++i) report.options[i].standing = standings[i];
}

std::string axis_name(const SweepReport& report, std::size_t axis) {
  const std::string& path = report.axes[axis].path;
  const auto is_shared = [&](std::size_t begin) {
    const std::string end = path.substr(begin);
    for (std::size_t other = 0; other < report.axes.size(); ++other) {
      if (other != axis && report.axes[other].path.ends_with(end)) return true;
    }
    return false;
  };
  for (std::size_t dot = path.rfind('.'); dot != std::string::npos;
       dot = path.rfind('.', dot - 1)) {
    if (!is_shared(dot)) return path.substr(dot + 1);
    if (dot == 0) break;
  }
  return path;
}

std::string point_name(const SweepReport& report, std::size_t point) {
  std::string name;
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    if (!name.empty()) name += ", ";
    const std::size_t value = report.points[point].values[axis];
    name += axis_name(report, axis) + "=" + report.axes[axis].values[value];
  }
  return name;
}

std::string axis_text(const SweepReport& report, const SweepOption& option, std::size_t axis) {
  const SweepAxis& a = report.axes[axis];
  std::vector<bool> has(a.values.size());
  has[report.points[option.point].values[axis]] = true;
  for (const std::size_t point : option.points) has[report.points[point].values[axis]] = true;
  const auto count = static_cast<std::size_t>(std::count(has.begin(), has.end(), true));
  if (count > 1 && count == has.size()) return "any";
  std::string text;
  for (std::size_t value = 0; value < has.size(); ++value) {
    if (!has[value]) continue;
    if (!text.empty()) text += " | ";
    text += a.values[value];
  }
  return text;
}

std::string option_name(const SweepReport& report, const SweepOption& option) {
  const std::string& label = report.points[option.point].policies[option.policy].label;
  std::string where;
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    const std::string values = axis_text(report, option, axis);
    if (values == "any") continue;
    where += fmt::format("{}{}={}", where.empty() ? "" : ", ", axis_name(report, axis), values);
  }
  return where.empty() ? label : fmt::format("{} at {}", label, where);
}

std::string verdicts_of(const SweepPoint& point) {
  std::map<std::string, std::size_t> counts;
  for (const auto& run : point.runs) {
    const bool is_empty = run && run->verdict == Verdict::pass && !point.has_rules;
    ++counts[is_empty ? "no rules" : run ? to_text(run->verdict) : "not run"];
  }
  if (counts.size() == 1) return counts.begin()->first;
  std::string text;
  for (const auto& [verdict, count] : counts) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, verdict);
  }
  return text;
}

std::string repeat_command(const SweepReport& report, std::size_t point, std::uint64_t seed) {
  std::string command =
      fmt::format("probate run {} --engine virtual --seed {}", shell_word(report.file), seed);
  command += set_flags(report.overrides);
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    const SweepAxis& a = report.axes[axis];
    if (a.path == "seed") continue;  // it is in --seed
    command += " --set " + shell_word(a.path + "=" + a.values[report.points[point].values[axis]]);
  }
  if (report.time_scale != 1) command += fmt::format(" --time-scale {}", report.time_scale);
  return command;
}

std::string detection_warning(const SweepReport& report) {
  if (!is_of_detected(report.detection)) return {};
  double least = 1;
  double most = 0;
  for (const SweepOption& option : report.options) {
    if (!option.standing.is_comparable || option.counts.outages == 0) continue;
    const double share = option.counts.detected_share();
    least = std::min(least, share);
    most = std::max(most, share);
  }
  if (most - least <= kDetectedSharesDifferBy) return {};
  return fmt::format(
      "Detection times are those of detected outages, and the options detected {} to {} of theirs: "
      "one that overlooks what is hard to see looks fast, and so dominates none that detected "
      "more. "
      "--detection untold counts every outage.",
      percent_text(least), percent_text(most));
}

namespace {

bool varies_seed(const SweepReport& report) {
  return std::any_of(report.axes.begin(), report.axes.end(),
                     [](const SweepAxis& axis) { return axis.path == "seed"; });
}

}  // namespace

std::string seeds_text(const SweepReport& report) {
  const std::uint64_t more = report.seeds - 1;
  if (more == 0) {
    return varies_seed(report) ? "one seed at each point" : fmt::format("seed {}", report.seed);
  }
  std::size_t least = report.seeds;
  std::size_t most = 0;
  for (const SweepPoint& point : report.points) {
    least = std::min(least, runs_done_of(point));
    most = std::max(most, runs_done_of(point));
  }
  if (least == most && most < report.seeds) {
    return fmt::format("means over {} of {} seeds at each point", most, report.seeds);
  }
  if (least < report.seeds) {
    return fmt::format("means over {} to {} of {} seeds at each point", least, most, report.seeds);
  }
  if (varies_seed(report)) {
    return fmt::format("means over {} seeds, that of the point and the {} after it", report.seeds,
                       more);
  }
  return fmt::format("means over {} seeds, {} to {}", report.seeds, report.seed,
                     report.seed + more);
}

bool has_intervals(const SweepReport& report) {
  return std::any_of(report.points.begin(), report.points.end(),
                     [](const SweepPoint& point) { return runs_done_of(point) > 1; });
}

std::string partial_sentence(const SweepReport& report) {
  if (report.stopped.empty()) return {};
  return fmt::format("PARTIAL: stopped by {} after {} of {}", report.stopped, report.runs_done(),
                     counted(report.runs_wanted(), "run", "runs"));
}

}  // namespace probate::report
