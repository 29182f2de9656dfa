// A sweep: one scenario at every point of a grid, each point with several seeds, and what each
// presence policy traded at each point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/pareto.hpp"
#include "core/analysis/sample_mean.hpp"
#include "core/analysis/totals.hpp"
#include "sim/report/run_report.hpp"

namespace probate::report {

// How often a policy is wrong. The words are those of gate rules.
enum class RateFigure : std::uint8_t {
  false_offline_ratio,
  false_offlines_per_device_hour,
  false_offline_time_ratio,
};
inline constexpr std::size_t kRateFigureCount = 3;
const char* to_text(RateFigure figure);

// How long it takes to be right: `untold`, the mean time of every outage until it was told, or all
// of it if it never was; or of the detection times, which only detected outages have; or
// `false_online`, the time that it believed a dead device online, over all outages.
enum class DetectionFigure : std::uint8_t { untold, mean, p50, p95, p99, max, false_online };
inline constexpr std::size_t kDetectionFigureCount = 7;
const char* to_text(DetectionFigure figure);
// Whether it says nothing about outages that were not detected.
bool is_of_detected(DetectionFigure figure);

struct SweepAxis {
  std::string path;  // "devices.meter.keep_alive"
  std::vector<std::string> values;
};

// What one policy made of one run.
struct PolicyFigures {
  std::optional<double> rate;
  std::optional<double> detection_s;
  std::uint64_t false_offlines = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t reconnects_followed = 0;
  std::uint64_t outages = 0;
  // Outages that it told: they turned its belief to the offline that held until their end.
  std::uint64_t detected = 0;
  double detected_s = 0;              // the sum of their detection times
  std::uint64_t missed_offlines = 0;  // of outages long enough to be noticed
  double up_hours = 0;

  // The counts are summed, the figures are those of the left.
  void add_counts(const PolicyFigures& other);
  double detected_share() const;                   // 1 if there was no outage
  std::optional<double> detected_after_s() const;  // the mean
  bool operator==(const PolicyFigures&) const = default;
};
PolicyFigures figures_of(const analysis::PresenceTotals& totals, RateFigure rate,
                         DetectionFigure detection);

struct SweepRun {
  std::uint64_t seed = 0;
  Verdict verdict{};
  std::string reason;  // why it could not begin, or why its figures cannot be trusted; else ""
  std::string digest;
  std::uint64_t events = 0;  // of the virtual clock
  std::uint64_t wills_expected = 0;
  std::uint64_t wills_missing = 0;
  std::vector<PolicyFigures> policies;  // as in the scenario
};

struct SweepPolicy {
  std::string word;   // "debounce"
  std::string label;  // "debounce_10s"
  std::string not_applicable;
};

struct SweepPoint {
  std::vector<std::size_t> values;  // by axis: which of its values
  std::vector<SweepPolicy> policies;
  std::vector<std::optional<SweepRun>> runs;  // by seed; nothing: it was not run to its end
  bool has_rules = true;                      // without any, nothing was judged
};

// One thing to choose: a policy at a point.
struct SweepOption {
  std::size_t point = 0;
  std::size_t policy = 0;  // of the point's policies
  std::size_t series = 0;
  analysis::SampleMean rate;  // over the seeds
  analysis::SampleMean detection_s;
  PolicyFigures counts;  // of all seeds together
  analysis::Standing standing;
  // An earlier option that is the same one: the axes in which their points differ do not touch this
  // policy, and everything in every run was alike.
  std::optional<std::size_t> same_as;
  std::vector<std::size_t> points;  // its own and those of the options that are the same as it
};

struct SweepReport {
  static constexpr double kConfidence = 0.95;

  std::string program;  // version
  std::string scenario;
  std::string about;
  std::string file;
  std::vector<std::string> overrides;  // each --set
  double time_scale = 1;
  std::uint64_t seed = 0;   // of the first run of a point; the others' follow by one
  std::uint64_t seeds = 1;  // runs of each point
  RateFigure rate{};
  DetectionFigure detection{};
  std::vector<SweepAxis> axes;
  std::vector<SweepPoint> points;
  std::string stopped;  // "SIGINT": some runs are missing; else ""

  // What follows from the runs: conclude() writes it.
  std::vector<std::string> series;  // names
  std::vector<SweepOption> options;

  std::size_t runs_wanted() const { return points.size() * seeds; }
  std::size_t runs_done() const;
};

// One series for each policy of the scenario, named by its word, or by its label if that is the
// same at all points; one option for each policy at each point, in the order of points; those that
// are the same option; the front. A figure that says nothing about outages that were not detected
// cannot make an option better than one that detected more of its outages.
void conclude(SweepReport& report);

// "keep_alive": the shortest end of the path that no other axis has.
std::string axis_name(const SweepReport& report, std::size_t axis);
// "keep_alive=30s, will delay=5s"; "" without axes.
std::string point_name(const SweepReport& report, std::size_t point);
// The values that an option has of an axis: "30s", "30s | 60s"; "any" if it is the same at all.
std::string axis_text(const SweepReport& report, const SweepOption& option, std::size_t axis);
// "debounce_5s at keep_alive=30s"; an axis that does not touch the policy is left out.
std::string option_name(const SweepReport& report, const SweepOption& option);
// The gate's verdicts over the seeds: "pass", "2 fail, 3 pass", "not run", "no rules".
std::string verdicts_of(const SweepPoint& point);
// The command that repeats one run.
std::string repeat_command(const SweepReport& report, std::size_t point, std::uint64_t seed);

// Which options are on the front, which are dominated, and which cannot be compared: one sentence
// that names all of them, by policy and by ranges of values.
std::string front_sentence(const SweepReport& report);
// A warning if the options detected unlike shares of their outages, so that their detection times
// are not of the same outages; or "".
std::string detection_warning(const SweepReport& report);
// Of which runs the figures are: "means over 5 seeds, 7 to 11", "means over 0 to 2 of 5 seeds at
// each point" if some runs are missing, "seed 7".
std::string seeds_text(const SweepReport& report);
// Whether a figure can have an interval: a point has two runs at least.
bool has_intervals(const SweepReport& report);
// "PARTIAL: stopped by SIGINT after 5 of 12 runs", or "".
std::string partial_sentence(const SweepReport& report);

}  // namespace probate::report
