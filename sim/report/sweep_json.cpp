#include <boost/json.hpp>

#include "core/base/json_text.hpp"
#include "sim/report/sweep_text.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

json::object mean_json(const analysis::SampleMean& mean) {
  return {{"mean", number_or_null(mean.mean)},
          {"low", number_or_null(mean.low)},
          {"high", number_or_null(mean.high)},
          {"samples", mean.count}};
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.emplace_back(line);
  return array;
}

json::array axes_json(const SweepReport& report) {
  json::array axes;
  for (std::size_t i = 0; i < report.axes.size(); ++i) {
    axes.push_back(json::object{{"path", report.axes[i].path},
                                {"name", axis_name(report, i)},
                                {"values", texts(report.axes[i].values)}});
  }
  return axes;
}

json::object policy_run_json(const PolicyFigures& figures, const SweepPolicy& policy) {
  return {{"policy", policy.label},
          {"rate", number_or_null(figures.rate)},
          {"detection_s", number_or_null(figures.detection_s)},
          {"false_offlines", figures.false_offlines},
          {"reconnects", figures.reconnects},
          {"reconnects_followed", figures.reconnects_followed},
          {"outages", figures.outages},
          {"detected", figures.detected},
          {"detected_after_s", number_or_null(figures.detected_after_s())},
          {"missed_offlines", figures.missed_offlines},
          {"up_hours", figures.up_hours}};
}

json::object run_json(const SweepReport& report, std::size_t point, const SweepRun& run) {
  json::array policies;
  for (std::size_t i = 0; i < run.policies.size(); ++i) {
    policies.push_back(policy_run_json(run.policies[i], report.points[point].policies[i]));
  }
  return {{"seed", run.seed},
          {"verdict", to_text(run.verdict)},
          {"reason", run.reason},
          {"digest", run.digest},
          {"events", run.events},
          {"wills_expected", run.wills_expected},
          {"wills_missing", run.wills_missing},
          {"repeat", repeat_command(report, point, run.seed)},
          {"policies", std::move(policies)}};
}

json::object point_json(const SweepReport& report, std::size_t index) {
  const SweepPoint& point = report.points[index];
  json::object values;
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    values[report.axes[axis].path] = report.axes[axis].values[point.values[axis]];
  }
  json::array runs;
  for (const auto& run : point.runs) {
    if (run) runs.push_back(run_json(report, index, *run));
  }
  return {
      {"values", std::move(values)}, {"verdict", verdicts_of(point)}, {"runs", std::move(runs)}};
}

json::object option_json(const SweepReport& report, const SweepOption& option) {
  const SweepPolicy& policy = report.points[option.point].policies[option.policy];
  json::value dominated_by = nullptr;
  if (option.standing.dominated_by) dominated_by = *option.standing.dominated_by;
  json::value same_as = nullptr;
  if (option.same_as) same_as = *option.same_as;
  return {{"point", option.point},
          {"policy", policy.label},
          {"not_applicable", policy.not_applicable},
          {"series", report.series[option.series]},
          {"rate", mean_json(option.rate)},
          {"detection_s", mean_json(option.detection_s)},
          {"outages", option.counts.outages},
          {"detected", option.counts.detected},
          {"detected_after_s", number_or_null(option.counts.detected_after_s())},
          {"comparable", option.standing.is_comparable},
          {"front", option.standing.on_front()},
          {"dominated_by", std::move(dominated_by)},
          {"same_as", std::move(same_as)}};
}

}  // namespace

std::string sweep_json(const SweepReport& report) {
  json::array points;
  for (std::size_t i = 0; i < report.points.size(); ++i) points.push_back(point_json(report, i));
  json::array options;
  for (const SweepOption& option : report.options) options.push_back(option_json(report, option));
  const json::object document{{"probate_sweep", 1},
                              {"program", report.program},
                              {"scenario", json::object{{"name", report.scenario},
                                                        {"about", report.about},
                                                        {"file", report.file},
                                                        {"overrides", texts(report.overrides)},
                                                        {"time_scale", report.time_scale}}},
                              {"complete", report.stopped.empty()},
                              {"stopped", report.stopped},
                              {"runs_wanted", report.runs_wanted()},
                              {"runs_done", report.runs_done()},
                              {"seed", report.seed},
                              {"seeds", report.seeds},
                              {"rate", to_text(report.rate)},
                              {"detection", to_text(report.detection)},
                              {"confidence", SweepReport::kConfidence},
                              {"axes", axes_json(report)},
                              {"series", texts(report.series)},
                              {"points", std::move(points)},
                              {"options", std::move(options)},
                              {"warning", detection_warning(report)},
                              {"sentence", front_sentence(report)}};
  return pretty_json(valid_json(document));
}

}  // namespace probate::report
