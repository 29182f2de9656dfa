#include "sim/report/sweep_text.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/page.hpp"

namespace probate::report {
namespace {

using analysis::SampleMean;

template <typename Render>
std::string interval_text(const SampleMean& mean, Render render) {
  if (!mean.mean) return "–";
  if (!mean.low) return render(*mean.mean);
  return fmt::format("{} [{}, {}]", render(*mean.mean), render(std::max(*mean.low, 0.0)),
                     render(*mean.high));
}

std::string rate_number(RateFigure figure, double value) {
  switch (figure) {
    case RateFigure::false_offline_ratio:
    case RateFigure::false_offline_time_ratio:
      return percent_text(value);
    case RateFigure::false_offlines_per_device_hour:
      return number_text(value) + "/h";
  }
  return "";
}

std::string time_meaning(DetectionFigure figure) {
  if (figure == DetectionFigure::untold) {
    return "mean of every outage until it was told, all of it if it was not";
  }
  if (figure == DetectionFigure::false_online) return "time believed online, of every outage";
  return fmt::format("{} of the detection times", to_text(figure));
}

using Row = std::vector<std::string>;

Row header_of(const SweepReport& report) {
  Row row;
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    row.push_back(axis_name(report, axis));
  }
  const char* time = time_title(report.detection);
  for (const char* title : {"policy", "false offline", time, "detected", "gate", ""}) {
    row.emplace_back(title);
  }
  return row;
}

Row row_of(const SweepReport& report, const SweepOption& option) {
  const SweepPoint& point = report.points[option.point];
  Row row;
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    row.push_back(Page::safe(axis_text(report, option, axis)));
  }
  row.push_back(point.policies[option.policy].label);
  row.push_back(rate_text(report, option.rate));
  row.push_back(detection_text(option.detection_s));
  row.push_back(detected_text(option));
  row.push_back(verdicts_of(point));
  row.push_back(Page::safe(standing_text(report, option)));
  return row;
}

Tint tint_of(const SweepOption& option) {
  if (option.standing.on_front()) return Tint::good;
  return option.standing.dominated_by ? Tint::none : Tint::dim;
}

std::string heading(const SweepReport& report) {
  std::string text = fmt::format("{}: {}, {} of {} in virtual time\n", Page::safe(report.scenario),
                                 counted(report.points.size(), "point", "points"),
                                 report.runs_done(), counted(report.runs_wanted(), "run", "runs"));
  text += fmt::format("false offline: {}; {}: {}\n", to_text(report.rate),
                      time_title(report.detection), time_meaning(report.detection));
  text += "detected: outages that were told, after how long on average\n";
  text += seeds_text(report);
  if (has_intervals(report)) {
    text += fmt::format(", with the {:g} % interval of Student's t in brackets",
                        SweepReport::kConfidence * 100);
  }
  return text + "\n\n";
}

}  // namespace

SampleMean bounded_rate(const SweepReport& report, SampleMean mean) {
  const bool is_ratio = report.rate != RateFigure::false_offlines_per_device_hour;
  if (mean.low) mean.low = std::max(*mean.low, 0.0);
  if (mean.high && is_ratio) mean.high = std::min(*mean.high, 1.0);
  return mean;
}

std::string rate_text(const SweepReport& report, const SampleMean& mean) {
  return interval_text(bounded_rate(report, mean),
                       [&](double value) { return rate_number(report.rate, value); });
}

std::string detection_text(const SampleMean& mean) {
  return interval_text(mean, [](double value) { return seconds_text(value); });
}

const char* time_title(DetectionFigure figure) {
  if (figure == DetectionFigure::untold) return "untold for";
  return figure == DetectionFigure::false_online ? "believed online" : "detected after";
}

std::string detected_text(const SweepOption& option) {
  const PolicyFigures& counts = option.counts;
  if (counts.outages == 0) return "–";
  std::string text = fmt::format("{}/{} ({})", counts.detected, counts.outages,
                                 percent_text(counts.detected_share()));
  const auto after = counts.detected_after_s();
  return after ? text + " in " + seconds_text(*after) : text;
}

std::string standing_text(const SweepReport& report, const SweepOption& option) {
  if (option.standing.on_front()) return "front";
  if (!option.standing.dominated_by) {
    const std::string& why = report.points[option.point].policies[option.policy].not_applicable;
    return why.empty() ? "no figure" : why;
  }
  return "dominated by " + option_name(report, report.options[*option.standing.dominated_by]);
}

std::string sweep_table(const SweepReport& report, bool color) {
  std::vector<Row> rows{header_of(report)};
  std::vector<Tint> tints{Tint::bold};
  for (const SweepOption& option : report.options) {
    if (option.same_as) continue;
    rows.push_back(row_of(report, option));
    tints.push_back(tint_of(option));
  }
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  Page page{color};
  const std::string partial = partial_sentence(report);
  if (!partial.empty()) page.put(partial, Tint::bad).end();
  page.put(heading(report));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      page.put(rows[r][i], tints[r]);
      if (i + 1 == rows[r].size()) break;
      page.put(std::string(widths[i] - columns_of(rows[r][i]) + 2, ' '));
    }
    page.end();
  }
  page.end().put(Page::safe(front_sentence(report))).end();
  const std::string warning = detection_warning(report);
  if (!warning.empty()) page.put(warning, Tint::doubtful).end();
  if (!partial.empty()) page.put(partial, Tint::bad).end();
  return page.text();
}

namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + "\"";
}

std::string csv_line(const Row& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? "," : "") + csv_field(row[i]);
  return line + "\r\n";
}

std::string csv_number(const std::optional<double>& number) {
  return number ? fmt::format("{}", *number) : std::string{};
}

}  // namespace

std::string sweep_csv(const SweepReport& report) {
  Row header;
  for (const SweepAxis& axis : report.axes) header.push_back(axis.path);
  const std::string rate = to_text(report.rate);
  const std::string detection = fmt::format("detection_{}_s", to_text(report.detection));
  for (const std::string& title : {std::string{"policy"},
                                   std::string{"series"},
                                   rate,
                                   rate + "_low",
                                   rate + "_high",
                                   detection,
                                   detection + "_low",
                                   detection + "_high",
                                   std::string{"seeds"},
                                   std::string{"false_offlines"},
                                   std::string{"reconnects"},
                                   std::string{"reconnects_followed"},
                                   std::string{"outages"},
                                   std::string{"detected"},
                                   std::string{"missed_offlines"},
                                   std::string{"up_hours"},
                                   std::string{"verdict"},
                                   std::string{"standing"},
                                   std::string{"detected_after_s"},
                                   std::string{"same_as"}}) {
    header.push_back(title);
  }
  std::string text = csv_line(header);
  for (const SweepOption& option : report.options) {
    const SweepPoint& point = report.points[option.point];
    Row row;
    for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
      row.push_back(report.axes[axis].values[point.values[axis]]);
    }
    row.push_back(point.policies[option.policy].label);
    row.push_back(report.series[option.series]);
    for (const SampleMean* mean : {&option.rate, &option.detection_s}) {
      for (const auto& number : {mean->mean, mean->low, mean->high}) {
        row.push_back(csv_number(number));
      }
    }
    const auto done = std::count_if(point.runs.begin(), point.runs.end(),
                                    [](const auto& run) { return run.has_value(); });
    const PolicyFigures& counts = option.counts;
    row.push_back(std::to_string(done));
    for (const std::uint64_t count :
         {counts.false_offlines, counts.reconnects, counts.reconnects_followed, counts.outages,
          counts.detected, counts.missed_offlines}) {
      row.push_back(std::to_string(count));
    }
    row.push_back(fmt::format("{}", counts.up_hours));
    row.push_back(verdicts_of(point));
    row.push_back(standing_text(report, option));
    row.push_back(csv_number(counts.detected_after_s()));
    row.push_back(option.same_as ? std::to_string(*option.same_as) : std::string{});
    text += csv_line(row);
  }
  return text;
}

}  // namespace probate::report
