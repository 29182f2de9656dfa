// What the event file of level `notable` leaves out changes no verdict: judged again from what it
// keeps, every scenario has the same wills, the same policies, the same causal lines.
#include "core/journal/level.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/scenario/policies.hpp"
#include "tests/support/scenario_files.hpp"
#include "tests/support/verdicts.hpp"

namespace probate {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> thinned_files() {
  auto files = test::scenario_files({"scenarios"});
  std::erase_if(files, [](const fs::path& path) {
    if (path.stem() == "article-luat") return true;
    const auto loaded = yaml::load_file(path.string());
    return !loaded || scenario::counts_messages(*loaded);  // those are written whole
  });
  return files;
}

class NotableJournal : public testing::TestWithParam<fs::path> {};

TEST_P(NotableJournal, is_judged_as_the_whole_one) {
  auto loaded = yaml::load_file(GetParam().string());
  ASSERT_TRUE(loaded.has_value());
  const auto whole = test::run_virtually(std::move(*loaded), {.skip = false});
  test::VirtualResult thin;
  thin.scenario = whole.scenario;
  const std::string& named = whole.scenario.broker.profile;
  const auto profile = yaml::load_profile(named.empty() ? "mosquitto-2.0.11" : named);
  test::VirtualListener listener{thin, *profile};
  journal::Notable notable;
  for (const journal::Record& record : whole.records) {
    std::uint64_t number = 0;
    if (notable.keeps(record, number)) listener.judge({record}, kNever);
  }
  listener.finish();
  EXPECT_LE(thin.records.size(), whole.records.size());
  test::expect_same_verdicts(test::verdicts(whole), test::verdicts(thin));
}

INSTANTIATE_TEST_SUITE_P(Scenario, NotableJournal, testing::ValuesIn(thinned_files()),
                         test::name_of_file);

}  // namespace
}  // namespace probate
