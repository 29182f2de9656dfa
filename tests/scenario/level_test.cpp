// What the event file of level `notable` leaves out changes no verdict: judged again from what it
// keeps, every scenario has the same wills, the same policies, the same causal lines.
#include "core/journal/level.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/scenario/policies.hpp"
#include "tests/support/verdicts.hpp"

namespace probate {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{fs::path{PROBATE_SOURCE_DIR} / "scenarios"}) {
    if (entry.path().extension() != ".yaml" || entry.path().stem() == "article-luat") continue;
    const auto loaded = yaml::load_file(entry.path().string());
    if (!loaded) continue;
    // Their files are written whole.
    if (!scenario::counts_messages(*loaded)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class NotableJournal : public testing::TestWithParam<fs::path> {};

TEST_P(NotableJournal, is_judged_as_the_whole_one) {
  auto loaded = yaml::load_file(GetParam().string());
  ASSERT_TRUE(loaded.has_value());
  const auto whole = tests::run_virtually(std::move(*loaded), {.skip = false});
  tests::VirtualResult thin;
  thin.scenario = whole.scenario;
  const std::string& named = whole.scenario.broker.profile;
  const auto profile = yaml::load_profile(named.empty() ? "mosquitto-2.0.11" : named);
  tests::VirtualListener listener{thin, *profile};
  journal::Notable notable;
  for (const journal::Record& record : whole.records) {
    std::uint64_t number = 0;
    if (notable.keeps(record, number)) listener.judge({record}, kNever);
  }
  listener.finish();
  EXPECT_LE(thin.records.size(), whole.records.size());
  tests::expect_same_verdicts(tests::verdicts(whole), tests::verdicts(thin));
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Scenario, NotableJournal, testing::ValuesIn(files()), name_of);

}  // namespace
}  // namespace probate
