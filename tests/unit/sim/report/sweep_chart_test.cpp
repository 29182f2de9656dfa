#include "sim/report/sweep_chart.hpp"

#include <charconv>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "sim/report/scale.hpp"
#include "tests/unit/sim/report/sweep_sample.hpp"

namespace probate::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string svg_of(SweepReport report) {
  conclude(report);
  return sweep_svg(report);
}

// How many elements of the picture have that class.
std::size_t count_class(const std::string& svg, const std::string& name) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(svg.c_str())) << svg;
  return document.select_nodes(("//*[@class='" + name + "']").c_str()).size();
}

TEST(SweepChart, marks_every_option_and_rings_those_on_the_front) {
  const std::string svg = svg_of(sample::sweep());
  EXPECT_EQ(count_class(svg, "option"), 2U);
  EXPECT_EQ(count_class(svg, "option on-front"), 2U);
  EXPECT_EQ(count_class(svg, "front"), 1U);
  EXPECT_THAT(svg, HasSubstr(">debounce_5s</text>"));
  EXPECT_THAT(svg, HasSubstr("means over 2 seeds, 7 to 8, with 95 % intervals"));
}

TEST(SweepChart, shows_an_option_that_is_the_same_at_several_points_once) {
  SweepReport report = sample::sweep();
  report.axes[0].path = "backend.presence[1].debounce";
  report.points[1].runs = report.points[0].runs;
  const std::string svg = svg_of(report);
  EXPECT_EQ(count_class(svg, "option on-front"), 2U);
  EXPECT_EQ(count_class(svg, "option"), 0U);
}

TEST(SweepChart, makes_pale_what_detected_little_where_detection_times_are_compared) {
  SweepReport report = sample::sweep();
  for (auto& run : report.points[0].runs) run->policies[1].detected = 5;  // all
  EXPECT_THAT(svg_of(report), Not(HasSubstr("fill-opacity")));
  report.detection = DetectionFigure::mean;
  const std::string svg = svg_of(report);
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"1.00\""));
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.15\""));
  EXPECT_THAT(svg, HasSubstr("pale: detected few outages"));
}

TEST(SweepChart, keeps_everything_inside_the_picture) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(svg_of(sample::sweep()).c_str()));
  std::size_t seen = 0;
  for (const auto& found : document.select_nodes("//text[@x] | //rect[@x]")) {
    const pugi::xml_node node = found.node();
    EXPECT_GE(node.attribute("x").as_double(), 0) << node.name();
    EXPECT_LE(node.attribute("x").as_double(), 920);
    EXPECT_GE(node.attribute("y").as_double(), 0);
    EXPECT_LE(node.attribute("y").as_double(), 540);
    ++seen;
  }
  EXPECT_GT(seen, 10U);
}

TEST(SweepChart, needs_nothing_but_itself) {
  SweepReport report = sample::sweep();
  conclude(report);
  for (const std::string& text : {sweep_svg(report), sweep_html(report)}) {
    EXPECT_THAT(text, Not(HasSubstr("<script")));
    EXPECT_THAT(text, Not(HasSubstr("href")));
    EXPECT_THAT(text, Not(HasSubstr("url(")));
    EXPECT_THAT(text, Not(HasSubstr("src=")));
  }
}

TEST(SweepChart, is_a_picture_without_any_figure_too) {
  SweepReport report = sample::sweep();
  for (SweepPoint& point : report.points) point.runs.assign(2, std::nullopt);
  const std::string svg = svg_of(report);
  EXPECT_EQ(count_class(svg, "option"), 0U);
  EXPECT_THAT(svg, HasSubstr("no option has both figures"));
  EXPECT_THAT(svg, HasSubstr("4 options without a figure not shown"));
}

TEST(SweepChart, of_figures_that_are_all_zero_stands_on_its_axes) {
  SweepReport report = sample::sweep();
  for (SweepPoint& point : report.points) {
    for (auto& run : point.runs) {
      for (PolicyFigures& figures : run->policies) figures.rate = figures.detection_s = 0;
    }
  }
  const std::string svg = svg_of(report);
  EXPECT_EQ(count_class(svg, "option on-front"), 4U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
}

TEST(SweepChart, takes_what_others_wrote_as_text) {
  SweepReport report = sample::sweep();
  report.scenario = "</text><script>alert(1)</script>\x01";
  report.about = "<img src=x>";
  report.axes[0].values[0] = "\"<&'";
  conclude(report);
  EXPECT_EQ(count_class(sweep_svg(report), "front"), 1U);
  EXPECT_THAT(sweep_html(report), Not(HasSubstr("<script")));
  EXPECT_THAT(sweep_html(report), Not(HasSubstr("<img")));
}

TEST(SweepChart, says_that_it_is_partial) {
  SweepReport report = sample::sweep();
  report.stopped = "SIGINT";
  report.points[1].runs[1].reset();
  EXPECT_THAT(svg_of(report), HasSubstr("PARTIAL: stopped by SIGINT after 3 of 4 runs"));
}

TEST(Scale, begins_at_zero_and_ends_at_a_round_number) {
  const std::vector<double> values{0.03, 0.41};
  const Scale scale = Scale::linear(values);
  EXPECT_THAT(scale.marks(), testing::ElementsAre(0, testing::DoubleEq(0.1), testing::DoubleEq(0.2),
                                                  testing::DoubleNear(0.3, 1e-9),
                                                  testing::DoubleEq(0.4), testing::DoubleEq(0.5)));
  EXPECT_DOUBLE_EQ(scale.place(0.25), 0.5);
}

TEST(Scale, of_nothing_or_of_zeros_is_from_zero_to_one) {
  const std::vector<double> zeros{0, 0};
  for (const Scale& scale : {Scale::linear({}), Scale::linear(zeros), Scale::for_spread(zeros)}) {
    EXPECT_EQ(scale.low(), 0);
    EXPECT_DOUBLE_EQ(scale.high(), 1);
    EXPECT_DOUBLE_EQ(scale.place(0), 0);
  }
}

TEST(Scale, goes_by_powers_if_the_values_are_far_apart) {
  const std::vector<double> values{1.5, 450};
  const Scale scale = Scale::for_spread(values);
  EXPECT_TRUE(scale.is_logarithmic());
  EXPECT_THAT(scale.marks(), testing::ElementsAre(1, 2, 5, 10, 20, 50, 100, 200, 500));
  EXPECT_DOUBLE_EQ(scale.place(1), 0);
  EXPECT_DOUBLE_EQ(scale.place(500), 1);
  EXPECT_FALSE(Scale::for_spread(std::vector<double>{30, 450}).is_logarithmic());
  EXPECT_FALSE(Scale::for_spread(std::vector<double>{0, 450}).is_logarithmic());
}

}  // namespace
}  // namespace probate::report
