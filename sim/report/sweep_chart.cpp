#include "sim/report/sweep_chart.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/report/markup.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/page.hpp"
#include "sim/report/scale.hpp"
#include "sim/report/sweep_text.hpp"

namespace probate::report {
namespace {

// Pixels.
constexpr double kWidth = 920;
constexpr double kHeight = 540;
constexpr double kLeft = 78;
constexpr double kRight = 690;
constexpr double kTop = 72;
constexpr double kBottom = 470;
constexpr double kLegendLeft = kRight + 24;
constexpr double kLegendStep = 22;
constexpr double kMark = 5;      // from a mark's middle to its edge
constexpr double kLetter = 6.4;  // width of one, about
constexpr double kTextHeight = 12;
constexpr std::size_t kLegendColumns = 26;

// Okabe and Ito's colours, which the colour-blind can tell apart; forms tell them apart, too.
constexpr std::array<const char*, 8> kColors{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                             "#e69f00", "#56b4e9", "#000000", "#7f7f7f"};
constexpr std::size_t kForms = 4;

struct Spot {
  double x = 0;
  double y = 0;
};

struct Box {
  double left, top, right, bottom;

  bool overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool is_inside(const Box& other) const {
    return left >= other.left && right <= other.right && top >= other.top && bottom <= other.bottom;
  }
};

constexpr Box kPlot{kLeft, kTop, kRight, kBottom};

const char* color_of(std::size_t series) { return kColors.at(series % kColors.size()); }

std::string mark_svg(std::size_t series, Spot at) {
  const double m = kMark;
  const char* color = color_of(series);
  switch ((series + series / kColors.size()) % kForms) {
    case 0:
      return fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"/>)", at.x, at.y, m,
                         color);
    case 1:
      return fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{}" height="{}" fill="{}"/>)",
                         at.x - m, at.y - m, 2 * m, 2 * m, color);
    case 2:
      return fmt::format(R"(<path d="M{:.1f} {:.1f}l{} {}h{}z" fill="{}"/>)", at.x, at.y - m - 1,
                         m + 1, 2 * m + 1, -2 * m - 2, color);
    default:
      return fmt::format(R"(<path d="M{:.1f} {:.1f}l{} {}l{} {}l{} {}z" fill="{}"/>)", at.x,
                         at.y - m - 1, m + 1, m + 1, -m - 1, m + 1, -m - 1, -m - 1, color);
  }
}

std::string text_svg(Spot at, const char* anchor, const std::string& text, const char* style = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", at.x, at.y,
                     anchor, style, escaped(text));
}

std::string line_svg(Spot from, Spot to, const char* style) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", from.x, from.y, to.x, to.y,
                     style);
}

std::string detection_title(const SweepReport& report) {
  if (report.detection == DetectionFigure::untold) return "time untold per outage";
  if (report.detection == DetectionFigure::false_online) return "time believed online per outage";
  return fmt::format("detection time ({})", to_text(report.detection));
}

class Chart {
 public:
  explicit Chart(const SweepReport& report)
      : report_{report}, detection_{Scale::linear({})}, rate_{Scale::linear({})} {
    std::vector<double> detections;
    std::vector<double> rates;
    for (const SweepOption& option : report.options) {
      if (option.same_as) continue;
      if (!option.standing.is_comparable) {
        ++hidden_;
        continue;
      }
      shown_.push_back(&option);
      detections.push_back(*option.detection_s.mean);
      rates.push_back(*option.rate.mean);
      rates.push_back(bounded_rate(report, option.rate).high.value_or(*option.rate.mean));
    }
    detection_ = Scale::for_spread(detections);
    rate_ = Scale::linear(rates);
  }

  std::string svg() {
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n",
        kWidth, kHeight);
    out_ += fmt::format("<title>{}: false offlines against detection time</title>\n",
                        escaped(report_.scenario));
    out_ += fmt::format("<desc>{}</desc>\n", escaped(front_sentence(report_)));
    out_ += fmt::format("<rect width=\"{}\" height=\"{}\" fill=\"#fff\"/>\n", kWidth, kHeight);
    draw_titles();
    draw_axes();
    draw_front();
    for (const SweepOption* option : shown_) draw_whiskers(*option);
    for (const SweepOption* option : shown_) draw_mark(*option);
    draw_labels();
    draw_legend();
    return out_ + "</svg>\n";
  }

 private:
  Spot spot(double detection, double rate) const {
    const double right = std::clamp(detection_.place(detection), 0.0, 1.0);
    const double up = std::clamp(rate_.place(rate), 0.0, 1.0);
    return {kLeft + right * (kRight - kLeft), kBottom - up * (kBottom - kTop)};
  }
  Spot spot(const SweepOption& option) const {
    return spot(*option.detection_s.mean, *option.rate.mean);
  }

  void draw_titles() {
    out_ += text_svg({kLeft, 26}, "start", Page::fit(report_.scenario, 70),
                     " font-size=\"17\" font-weight=\"bold\"");
    std::string under = counted(report_.points.size(), "point", "points");
    under += ", " + seeds_text(report_);
    if (has_intervals(report_)) {
      under += fmt::format(", with {:g} % intervals", SweepReport::kConfidence * 100);
    }
    if (hidden_ > 0) {
      under +=
          fmt::format("; {} without a figure not shown", counted(hidden_, "option", "options"));
    }
    out_ += text_svg({kLeft, 46}, "start", under, " fill=\"#555\"");
    const std::string partial = partial_sentence(report_);
    if (!partial.empty()) {
      out_ += text_svg({kLeft, 62}, "start", partial, " fill=\"#b00020\" font-weight=\"bold\"");
    }
  }

  void draw_axes() {
    for (const double mark : rate_.marks()) {
      const Spot at = spot(detection_.low(), mark);
      out_ += line_svg(at, {kRight, at.y}, "stroke=\"#ddd\"");
      const analysis::SampleMean value{mark, {}, {}, 1};
      out_ += text_svg({kLeft - 8, at.y + 4}, "end", rate_text(report_, value));
    }
    double labelled_to = 0;
    for (const double mark : detection_.marks()) {
      const Spot at = spot(mark, rate_.low());
      out_ += line_svg(at, {at.x, kTop}, "stroke=\"#eee\"");
      const std::string label = seconds_text(mark);
      const double half = kLetter * static_cast<double>(columns_of(label)) / 2;
      if (at.x - half < labelled_to) continue;  // they would run into one another
      labelled_to = at.x + half + kLetter;
      out_ += text_svg({at.x, kBottom + 18}, "middle", label);
    }
    out_ += line_svg({kLeft, kTop}, {kLeft, kBottom}, "stroke=\"#222\"");
    out_ += line_svg({kLeft, kBottom}, {kRight, kBottom}, "stroke=\"#222\"");
    const double middle = (kLeft + kRight) / 2;
    out_ += text_svg({middle, kBottom + 42}, "middle",
                     fmt::format("{}{} – less is better", detection_title(report_),
                                 detection_.is_logarithmic() ? ", logarithmic" : ""));
    out_ += fmt::format(
        "<text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{} – less is "
        "better</text>\n",
        (kTop + kBottom) / 2, to_text(report_.rate));
    if (shown_.empty()) {
      out_ += text_svg({middle, (kTop + kBottom) / 2}, "middle", "no option has both figures");
    }
  }

  // What lies above and to the right of the stair is dominated, unless it detected more than those
  // on it.
  void draw_front() {
    std::vector<const SweepOption*> front;
    std::copy_if(shown_.begin(), shown_.end(), std::back_inserter(front),
                 [](const SweepOption* option) { return option->standing.on_front(); });
    if (front.empty()) return;
    std::sort(front.begin(), front.end(), [](const SweepOption* a, const SweepOption* b) {
      return *a->detection_s.mean < *b->detection_s.mean;
    });
    const Spot first = spot(*front.front());
    std::string path = fmt::format("M{:.1f} {:.1f}V{:.1f}", first.x, kTop, first.y);
    double lowest = first.y;
    for (std::size_t i = 1; i < front.size(); ++i) {
      const Spot at = spot(*front[i]);
      if (at.y < lowest) continue;
      lowest = at.y;
      path += fmt::format("H{:.1f}V{:.1f}", at.x, at.y);
    }
    out_ += fmt::format(
        "<path class=\"front\" d=\"{}H{:.1f}\" fill=\"none\" stroke=\"#222\" "
        "stroke-dasharray=\"5 4\"/>\n",
        path, kRight);
  }

  void draw_whiskers(const SweepOption& option) {
    const Spot at = spot(option);
    const std::string style =
        fmt::format("stroke=\"{}\" stroke-opacity=\"0.5\"", color_of(option.series));
    if (const auto rate = bounded_rate(report_, option.rate); rate.low) {
      const Spot low = spot(*option.detection_s.mean, *rate.low);
      const Spot high = spot(*option.detection_s.mean, *rate.high);
      if (low.y - high.y > 1) out_ += line_svg({at.x, low.y}, {at.x, high.y}, style.c_str());
    }
    if (option.detection_s.low) {
      const Spot low = spot(*option.detection_s.low, *option.rate.mean);
      const Spot high = spot(*option.detection_s.high, *option.rate.mean);
      if (high.x - low.x > 1) out_ += line_svg({low.x, at.y}, {high.x, at.y}, style.c_str());
    }
  }

  // One whose figure is of few of its outages is pale.
  std::string paleness(const SweepOption& option) const {
    if (!is_of_detected(report_.detection)) return {};
    return fmt::format(" fill-opacity=\"{:.2f}\"", 0.15 + 0.85 * option.counts.detected_share());
  }

  void draw_mark(const SweepOption& option) {
    const Spot at = spot(option);
    const bool on_front = option.standing.on_front();
    std::string about = option_name(report_, option) + ": " + rate_text(report_, option.rate) +
                        ", " + detection_text(option.detection_s) + ", detected " +
                        detected_text(option);
    about += on_front ? "; on the front" : "; " + standing_text(report_, option);
    out_ += fmt::format("<g class=\"{}\"{}><title>{}</title>{}",
                        on_front ? "option on-front" : "option", paleness(option), escaped(about),
                        mark_svg(option.series, at));
    if (on_front) {
      out_ += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="none" stroke="#222"/>)",
                          at.x, at.y, kMark + 4);
    }
    out_ += "</g>\n";
    taken_.push_back({at.x - kMark, at.y - kMark, at.x + kMark, at.y + kMark});
  }

  // The values of the points on the front, where there is room; the marks' titles tell all.
  void draw_labels() {
    for (const SweepOption* option : shown_) {
      if (!option->standing.on_front()) continue;
      std::string label = report_.axes.empty() ? option_name(report_, *option) : "";
      for (std::size_t axis = 0; axis < report_.axes.size(); ++axis) {
        if (axis > 0) label += ", ";
        label += axis_text(report_, *option, axis);
      }
      place_label(spot(*option), Page::fit(label, kLegendColumns));
    }
  }

  void place_label(Spot at, const std::string& label) {
    const double width = kLetter * static_cast<double>(columns_of(label));
    const double aside = kMark + 6;
    for (const double below : {-aside, aside + kTextHeight}) {
      for (const bool is_right : {true, false}) {
        const double left = is_right ? at.x + aside - 2 : at.x - aside + 2 - width;
        const Box box{left, at.y + below - kTextHeight, left + width, at.y + below + 2};
        const bool is_free =
            box.is_inside(kPlot) && std::none_of(taken_.begin(), taken_.end(),
                                                 [&](const Box& b) { return b.overlaps(box); });
        if (!is_free) continue;
        taken_.push_back(box);
        out_ += text_svg({left, at.y + below}, "start", label, " font-size=\"11\"");
        return;
      }
    }
  }

  void draw_legend() {
    double y = kTop + 10;
    for (std::size_t series = 0; series < report_.series.size(); ++series) {
      out_ += mark_svg(series, {kLegendLeft, y}) + "\n";
      out_ += text_svg({kLegendLeft + 14, y + 4}, "start",
                       Page::fit(report_.series[series], kLegendColumns));
      y += kLegendStep;
    }
    out_ += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="none" stroke="#222"/>)",
                        kLegendLeft, y, kMark + 2) +
            "\n";
    out_ += text_svg({kLegendLeft + 14, y + 4}, "start", "Pareto front");
    if (!is_of_detected(report_.detection)) return;
    out_ += text_svg({kLegendLeft, y + 4 + kLegendStep}, "start", "pale: detected few outages");
  }

  const SweepReport& report_;
  std::vector<const SweepOption*> shown_;
  std::size_t hidden_ = 0;
  Scale detection_;
  Scale rate_;
  std::vector<Box> taken_;
  std::string out_;
};

std::string html_table(const SweepReport& report) {
  std::string text = "<table>\n<tr>";
  for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
    text += fmt::format("<th>{}</th>", escaped(axis_name(report, axis)));
  }
  text += "<th>policy</th><th>false offline</th><th>" + escaped(time_title(report.detection)) +
          "</th><th>detected</th><th>gate</th><th></th></tr>\n";
  for (const SweepOption& option : report.options) {
    if (option.same_as) continue;
    const SweepPoint& point = report.points[option.point];
    text += option.standing.on_front() ? "<tr class=\"front\">" : "<tr>";
    for (std::size_t axis = 0; axis < report.axes.size(); ++axis) {
      text += fmt::format("<td>{}</td>", escaped(axis_text(report, option, axis)));
    }
    text +=
        fmt::format("<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
                    escaped(point.policies[option.policy].label), rate_text(report, option.rate),
                    detection_text(option.detection_s), detected_text(option), verdicts_of(point),
                    escaped(standing_text(report, option)));
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

constexpr const char* kStyle =
    "body{font-family:sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .6rem;text-align:left;"
    "border-bottom:1px solid #ddd}.front{font-weight:bold}.partial{color:#b00020}";

}  // namespace

std::string sweep_svg(const SweepReport& report) { return Chart{report}.svg(); }

std::string sweep_html(const SweepReport& report) {
  const std::string name = escaped(report.scenario);
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}: sweep</title>"
      "<style>{}</style></head><body>\n<h1>{}</h1>\n<p>{}</p>\n",
      name, kStyle, name, escaped(report.about));
  const std::string partial = partial_sentence(report);
  if (!partial.empty()) text += fmt::format("<p class=\"partial\">{}</p>\n", escaped(partial));
  text += sweep_svg(report);
  const std::string sentence = front_sentence(report);
  text += fmt::format("<p>{}</p>\n", escaped(sentence));
  const std::string warning = detection_warning(report);
  if (!warning.empty()) text += fmt::format("<p class=\"partial\">{}</p>\n", escaped(warning));
  return text + html_table(report) + "</body></html>\n";
}

}  // namespace probate::report
