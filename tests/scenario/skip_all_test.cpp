// Every scenario of the library with and without skipping, its longest phase stretched: the same
// verdicts. By default a small fleet for a while; PROBATE_SOAK=1 makes it 1,000 devices for a day
// (label soak).
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/scenario_files.hpp"
#include "tests/support/verdicts.hpp"

namespace probate {
namespace {

namespace fs = std::filesystem;

bool is_soak() { return std::getenv("PROBATE_SOAK") != nullptr; }

// So many devices in the scenario's proportions, and its longest phase so long.
void stretch(scenario::Scenario& scenario, std::uint64_t devices, Duration length) {
  const std::uint64_t before = scenario.device_count();
  for (scenario::GroupSpec& group : scenario.fleet) {
    if (group.count == 0) continue;
    const std::uint64_t count = group.count * devices / before;
    group.count = static_cast<std::uint32_t>(std::max<std::uint64_t>(count, 1));
  }
  scenario::ForDuration* longest = nullptr;
  for (scenario::PhaseSpec& phase : scenario.phases) {
    auto* fixed = std::get_if<scenario::ForDuration>(&phase.end);
    if (fixed == nullptr || (longest != nullptr && longest->duration >= fixed->duration)) continue;
    longest = fixed;
  }
  if (longest != nullptr) longest->duration = std::max(longest->duration, length);
}

// Judges, and forgets the records.
class Forgetful final : public virtual_time::Audience {
 public:
  Forgetful(const scenario::Scenario& scenario, const broker::Profile& profile)
      : scenario_{scenario}, judge_{scenario, profile}, watch_{scenario, judge_} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    for (const journal::Record& record : records) watch_.add(record);
    if (!records.empty()) last_ = records.back().at;
    if (until != kNever) watch_.advance(until);
    return judge_.progress().open_obligations;
  }
  void tick(Instant, const journal::LoopCounters&) override {}
  std::string ending() override { return watch_.ending(); }

  std::vector<std::string> verdicts() {
    const analysis::Outcome outcome = judge_.finish(last_);
    const auto findings = watch_.findings(outcome.judged_until.value_or(last_));
    return test::verdicts(scenario_, outcome,
                          analysis::gate::evaluate(scenario_, outcome, findings));
  }

 private:
  const scenario::Scenario& scenario_;
  analysis::Judge judge_;
  analysis::gate::Watch watch_;
  Instant last_{};
};

std::vector<std::string> verdicts_of(const scenario::Scenario& scenario, bool skip) {
  const std::string& named = scenario.broker.profile;
  const auto profile = yaml::load_profile(named.empty() ? "mosquitto-2.0.11" : named).value();
  const scenario::Schedule schedule{scenario};
  virtual_time::BrokerHostConfig broker;
  broker.broker = virtual_time::broker_config(scenario, profile).value();
  journal::RunBegan begin;
  begin.engine = "virtual";
  Forgetful listener{scenario, profile};
  const auto ended =
      virtual_time::run(scenario, schedule, broker, listener, {.begin = begin, .skip = skip});
  EXPECT_EQ(ended.environment, "");
  return listener.verdicts();
}

class SkippingScenario : public testing::TestWithParam<fs::path> {};

TEST_P(SkippingScenario, changes_no_verdict) {
  auto scenario = yaml::load_file(GetParam().string());
  ASSERT_TRUE(scenario.has_value());
  stretch(*scenario, is_soak() ? 1'000 : 20, is_soak() ? Duration{24h} : Duration{30min});
  test::expect_same_verdicts(verdicts_of(*scenario, false), verdicts_of(*scenario, true));
}

TEST_P(SkippingScenario, changes_no_verdict_where_tcp_notices_the_silence) {
  auto scenario = yaml::load_file(GetParam().string());
  ASSERT_TRUE(scenario.has_value());
  scenario->fidelity = fault::Fidelity::segment;
  stretch(*scenario, is_soak() ? 1'000 : 20, is_soak() ? Duration{24h} : Duration{30min});
  test::expect_same_verdicts(verdicts_of(*scenario, false), verdicts_of(*scenario, true));
}

INSTANTIATE_TEST_SUITE_P(Scenario, SkippingScenario,
                         testing::ValuesIn(test::scenario_files({"scenarios"})),
                         test::name_of_file);

}  // namespace
}  // namespace probate
