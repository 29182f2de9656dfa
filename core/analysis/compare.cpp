#include "core/analysis/compare.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/analysis/gate/bounds.hpp"
#include "core/analysis/gate/catalogue.hpp"

namespace probate::analysis {
namespace {

using gate::Metric;
using gate::MetricKind;
using gate::Reading;
using gate::Source;

// The names of compared quantiles are those of the gate's functions.
struct Quantile {
  const char* function;
  double p;
};
constexpr std::array<Quantile, 3> kQuantiles{{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}};

double seconds_of(const Outcome& outcome) {
  return outcome.judged_until ? to_seconds(*outcome.judged_until) : 0;
}

class Comparer {
 public:
  Comparer(const Outcome& base, const Outcome& fresh, double confidence)
      : base_seconds_{seconds_of(base)},
        fresh_seconds_{seconds_of(fresh)},
        confidence_{confidence} {}

  void add(const std::string& figure, const Metric& metric, const std::optional<Reading>& base,
           const std::optional<Reading>& fresh) {
    if (metric.kind == MetricKind::histogram) return add_durations(figure, metric, base, fresh);
    Change change;
    change.figure = figure;
    change.unit = metric.unit;
    change.base = side_of(metric, base);
    change.fresh = side_of(metric, fresh);
    if (metric.kind == MetricKind::ratio) compare_ratios(change);
    if (metric.kind == MetricKind::count) compare_counts(change);
    finish(std::move(change));
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  static Side side_of(const Metric& metric, const std::optional<Reading>& reading) {
    Side side;
    if (!reading || reading->denominator <= 0 || reading->is_doubtful()) return side;
    side.value = reading->numerator / reading->denominator;
    if (metric.kind != MetricKind::ratio) return side;
    side.numerator = static_cast<std::uint64_t>(reading->numerator);
    side.denominator = static_cast<std::uint64_t>(reading->denominator);
    return side;
  }

  void compare_ratios(Change& change) const {
    if (!change.base.value || !change.fresh.value) return;
    const gate::Bounds bounds =
        gate::difference_bounds({change.base.numerator, change.base.denominator},
                                {change.fresh.numerator, change.fresh.denominator}, confidence_);
    change.method = Method::newcombe;
    change.low = bounds.low;
    change.high = bounds.high;
    change.significant = bounds.low > 0 || bounds.high < 0;
  }

  // Counts of rare, independent events would be Poisson; the share of the new run in all of them is
  // then binomial, and under equal rates its share of the time.
  void compare_counts(Change& change) const {
    const double all_seconds = base_seconds_ + fresh_seconds_;
    if (!change.base.value || !change.fresh.value) return;
    if (base_seconds_ <= 0 || fresh_seconds_ <= 0) return;
    const auto a = static_cast<std::uint64_t>(*change.base.value);
    const auto b = static_cast<std::uint64_t>(*change.fresh.value);
    if (a + b == 0) return;
    const gate::Bounds share = gate::share_bounds(a, b, confidence_);
    const double time_share = fresh_seconds_ / all_seconds;
    const auto ratio = [&](double of_events) {
      return of_events / (1 - of_events) * (1 - time_share) / time_share;
    };
    change.method = Method::poisson;
    change.low = ratio(share.low);
    if (share.high < 1) change.high = ratio(share.high);
    change.significant = share.low > time_share || share.high < time_share;
  }

  void add_durations(const std::string& figure, const Metric& metric,
                     const std::optional<Reading>& base, const std::optional<Reading>& fresh) {
    for (const Quantile& quantile : kQuantiles) {
      Change change;
      change.figure = fmt::format("{}({})", quantile.function, figure);
      change.unit = metric.unit;
      change.base = quantile_of(base, quantile.p);
      change.fresh = quantile_of(fresh, quantile.p);
      if (change.base.low && change.fresh.low) {
        change.method = Method::quantiles;
        change.significant =
            *change.base.high < *change.fresh.low || *change.fresh.high < *change.base.low;
      }
      finish(std::move(change));
    }
    Change change;
    change.figure = fmt::format("max({})", figure);
    change.unit = metric.unit;
    const auto max_of = [](const std::optional<Reading>& reading) {
      Side side;
      if (reading && reading->histogram.count() > 0 && !reading->is_doubtful()) {
        side.value = to_seconds(reading->histogram.max());
      }
      return side;
    };
    change.base = max_of(base);
    change.fresh = max_of(fresh);
    finish(std::move(change));
  }

  Side quantile_of(const std::optional<Reading>& reading, double p) const {
    Side side;
    if (!reading || reading->histogram.count() == 0 || reading->is_doubtful()) return side;
    side.value = to_seconds(reading->histogram.percentile(p));
    const auto bounds = gate::quantile_bounds(reading->histogram, p, confidence_);
    if (!bounds) return side;
    side.low = to_seconds(bounds->low);
    side.high = to_seconds(bounds->high);
    return side;
  }

  void finish(Change change) {
    if (!change.base.value && !change.fresh.value) return;
    if (change.base.value && change.fresh.value) {
      change.difference = *change.fresh.value - *change.base.value;
    }
    changes_.push_back(std::move(change));
  }

  double base_seconds_;
  double fresh_seconds_;
  double confidence_;
  std::vector<Change> changes_;
};

Reading reading_of(const Metric& metric, const Totals& totals) {
  switch (metric.source) {
    case Source::wills:
      return metric.of_wills(totals.wills, gate::kAllValues);
    case Source::run:
      return metric.of_run(totals, gate::kAllValues);
    case Source::faults: {
      Reading sum;
      for (const FaultTotals& fault : totals.faults) sum.merge(metric.of_fault(fault), metric.kind);
      return sum;
    }
    case Source::presence:
      break;
  }
  return {};
}

std::optional<Reading> reading_of(const Metric& metric, const Totals& totals,
                                  const std::string& policy) {
  const auto found = std::find_if(totals.policies.begin(), totals.policies.end(),
                                  [&](const PolicyTotals& each) { return each.label == policy; });
  if (found == totals.policies.end() || !found->not_applicable.empty()) return std::nullopt;
  return metric.of_presence(found->all);
}

std::vector<std::string> policies_of(const Totals& base, const Totals& fresh) {
  std::vector<std::string> labels;
  for (const Totals* totals : {&base, &fresh}) {
    for (const PolicyTotals& policy : totals->policies) {
      const bool known = std::find(labels.begin(), labels.end(), policy.label) != labels.end();
      if (!known) labels.push_back(policy.label);
    }
  }
  return labels;
}

}  // namespace

const char* to_text(Method method) {
  switch (method) {
    case Method::none:
      return "none";
    case Method::newcombe:
      return "newcombe";
    case Method::poisson:
      return "poisson";
    case Method::quantiles:
      return "quantiles";
  }
  return "";
}

std::vector<Change> compare(const Outcome& base, const Outcome& fresh, double confidence) {
  Comparer comparer{base, fresh, confidence};
  const auto policies = policies_of(base.totals, fresh.totals);
  for (const Metric& metric : gate::catalogue()) {
    const std::string name{metric.name};
    if (metric.source != Source::presence) {
      comparer.add(name, metric, reading_of(metric, base.totals), reading_of(metric, fresh.totals));
      continue;
    }
    for (const std::string& policy : policies) {
      comparer.add(fmt::format("{}{{policy={}}}", name, policy), metric,
                   reading_of(metric, base.totals, policy),
                   reading_of(metric, fresh.totals, policy));
    }
  }
  return comparer.take();
}

}  // namespace probate::analysis
