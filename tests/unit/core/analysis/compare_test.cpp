// What two runs differ by.
#include "core/analysis/compare.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace probate::analysis {
namespace {

Outcome run(std::uint64_t followed, std::uint64_t missing) {
  Outcome outcome;
  outcome.judged_until = Instant{100s};
  outcome.totals.wills.expected = 200;
  outcome.totals.wills.by_class[static_cast<std::size_t>(WillClass::missing)] = missing;
  outcome.totals.wills.missing[0] = missing;
  PolicyTotals policy;
  policy.label = "naive";
  policy.all.reconnects = 200;
  policy.all.reconnects_followed = followed;
  policy.all.up_seconds = 1000;
  outcome.totals.policies = {policy};
  return outcome;
}

Change change(const Outcome& base, const Outcome& fresh, const std::string& figure) {
  for (const Change& each : compare(base, fresh, 0.95)) {
    if (each.figure == figure) return each;
  }
  ADD_FAILURE() << "no figure " << figure;
  return {};
}

TEST(Compare, marks_ratios_whose_difference_leaves_out_zero) {
  const Change more = change(run(4, 0), run(30, 0), "false_offline_ratio{policy=naive}");
  EXPECT_NEAR(*more.difference, 0.13, 1e-12);
  EXPECT_EQ(more.method, Method::newcombe);
  EXPECT_GT(*more.low, 0);
  EXPECT_TRUE(more.significant);
  const Change little = change(run(4, 0), run(6, 0), "false_offline_ratio{policy=naive}");
  EXPECT_LT(*little.low, 0);
  EXPECT_GT(*little.high, 0);
  EXPECT_FALSE(little.significant);
}

TEST(Compare, marks_counts_whose_rates_differ_by_more_than_chance) {
  EXPECT_FALSE(change(run(0, 0), run(0, 5), "wills_missing").significant);
  const Change six = change(run(0, 0), run(0, 6), "wills_missing");
  EXPECT_TRUE(six.significant);
  EXPECT_GT(*six.low, 1);
  EXPECT_FALSE(six.high) << "from none, nothing bounds the growth";
}

TEST(Compare, takes_the_time_judged_into_account) {
  Outcome longer = run(0, 20);
  longer.judged_until = Instant{400s};
  EXPECT_FALSE(change(run(0, 5), longer, "wills_missing").significant) << "the same rate";
  EXPECT_TRUE(change(run(0, 5), run(0, 20), "wills_missing").significant);
}

TEST(Compare, marks_quantiles_whose_intervals_do_not_overlap) {
  Outcome base = run(0, 0);
  Outcome fresh = run(0, 0);
  for (int i = 0; i < 400; ++i) {
    base.totals.wills.delay.add(std::chrono::milliseconds{100 + i % 10});
    fresh.totals.wills.delay.add(std::chrono::milliseconds{150 + i % 10});
  }
  EXPECT_TRUE(change(base, fresh, "p50(will_delay)").significant);
  EXPECT_FALSE(change(base, base, "p50(will_delay)").significant);
  EXPECT_EQ(change(base, fresh, "max(will_delay)").method, Method::none);
}

TEST(Compare, gives_no_interval_for_quantiles_of_a_few_values) {
  Outcome base = run(0, 0);
  Outcome fresh = run(0, 0);
  base.totals.wills.delay.add(1ms);
  fresh.totals.wills.delay.add(9s);
  const Change p99 = change(base, fresh, "p99(will_delay)");
  EXPECT_EQ(p99.method, Method::none);
  EXPECT_FALSE(p99.significant);
  EXPECT_NEAR(*p99.difference, 8.999, 1e-6);
}

TEST(Compare, shows_a_policy_that_only_one_run_has) {
  Outcome fresh = run(3, 0);
  fresh.totals.policies[0].label = "epoch";
  const Change lost = change(run(2, 0), fresh, "false_offline_ratio{policy=naive}");
  EXPECT_TRUE(lost.base.value);
  EXPECT_FALSE(lost.fresh.value);
  EXPECT_FALSE(lost.difference);
  EXPECT_FALSE(lost.is_same());
}

TEST(Compare, of_a_run_with_itself_finds_nothing) {
  const Outcome outcome = run(7, 3);
  const auto changes = compare(outcome, outcome, 0.95);
  EXPECT_FALSE(changes.empty());
  EXPECT_TRUE(std::all_of(changes.begin(), changes.end(),
                          [](const Change& each) { return each.is_same() && !each.significant; }));
}

}  // namespace
}  // namespace probate::analysis
