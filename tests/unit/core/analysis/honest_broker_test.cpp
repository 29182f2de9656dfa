// A broker that keeps its word is accused of nothing, whatever crosses on the way; one that drops
// wills is found out all the same.
#include "tests/support/honestbroker/honest_broker.hpp"

#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "core/journal/text.hpp"

namespace probate::analysis {
namespace {

using test::JournalScript;
using test::honestbroker::Crowd;
using test::honestbroker::Deeds;
using test::honestbroker::Habits;

Habits draw_habits(Rng& rng) {
  const auto coin = [&] { return rng.below(2) == 0; };
  Habits habits;
  habits.version = coin() ? mqtt::Version::v3_1_1 : mqtt::Version::v5;
  habits.hangs = rng.below(4) == 0;
  broker::Profile& profile = habits.profile;
  profile.name = "honest";
  profile.keep_alive = {1.5, 1.5, false, 1100ms};
  profile.delay_scan = 1100ms;
  profile.expiry_scan = 1100ms;
  broker::TakeoverRule& rule = profile.takeover;
  for (bool* publishes : {&rule.clean_to_clean, &rule.clean_to_kept, &rule.kept_to_clean,
                          &rule.kept_to_kept, &rule.v5_kept_to_kept, &rule.v5_expired_to_any}) {
    *publishes = coin();
  }
  rule.reading = static_cast<broker::Reading>(rng.below(3));
  return habits;
}

struct Told {
  JournalScript script;
  Deeds deeds;
  bool hangs = false;
};
Told tell(std::uint64_t seed, bool drops) {
  Rng rng = Rng{seed}.stream("habits");
  Habits habits = draw_habits(rng);
  habits.drops = drops;
  Told told{JournalScript{test::fleet_of(1), habits.profile}, {}, habits.hangs};
  told.deeds = Crowd{seed, told.script}.play(habits);
  return told;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 400;  // twenty times as slow
#else
constexpr std::uint64_t kSeeds = 4'000;
#endif
std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}
constexpr double kStop = 3'600;
constexpr int kFailuresShown = 4;

std::string accusations(const Outcome& outcome, const Told& told) {
  std::string text;
  for (const WillClass wrong :
       {WillClass::early, WillClass::late, WillClass::missing, WillClass::duplicate,
        WillClass::spurious, WillClass::wrong_epoch, WillClass::unattributed}) {
    // What a CONNECT that is cut leaves behind is late if the broker hangs.
    if (wrong == WillClass::late && told.hangs) continue;
    const std::uint64_t count = outcome.totals.wills[wrong];
    if (count > 0) text += fmt::format("  {} {}\n", count, to_text(wrong));
  }
  if (outcome.totals.wills.observed != told.deeds.published) {
    text +=
        fmt::format("  {} observed of {}\n", outcome.totals.wills.observed, told.deeds.published);
  }
  if (text.empty()) return text;
  for (const WillEntry& entry : outcome.wills) text += "  " + entry.line + "\n";
  return text;
}

TEST(HonestBroker, is_never_accused) {
  const std::uint64_t first = number_in("PROBATE_HONEST_SEED", 1);
  const std::uint64_t count = number_in("PROBATE_HONEST_COUNT", first == 1 ? kSeeds : 1);
  int failures = 0;
  std::size_t published = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Told told = tell(seed, false);
    published += told.deeds.published;
    const std::string wrong = accusations(told.script.judged(kStop), told);
    if (wrong.empty()) continue;
    if (++failures > kFailuresShown) continue;
    std::string text;
    for (const journal::Record& record : told.script.records()) {
      text += "  " + journal::to_text(record) + "\n";
    }
    ADD_FAILURE() << fmt::format(
        "repeat: PROBATE_HONEST_SEED={} build/release/tests/unit/core_analysis_test "
        "--gtest_filter='HonestBroker.*'\n{}{}",
        seed, text, wrong);
  }
  EXPECT_EQ(failures, 0) << "of " << count;
  RecordProperty("published", std::to_string(published));
}

// Where connections cross, what is owed is often open; five wills in six are owed all the same.
TEST(HonestBroker, is_found_out_if_it_drops_wills) {
  Deeds deeds;
  std::size_t missing = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Told told = tell(seed, true);
    const Outcome outcome = told.script.judged(kStop);
    EXPECT_LE(outcome.totals.wills[WillClass::missing], told.deeds.dropped) << seed;
    missing += outcome.totals.wills[WillClass::missing];
    deeds.dropped += told.deeds.dropped;
  }
  fmt::print("of {} wills dropped, {} are missing\n", deeds.dropped, missing);
  EXPECT_GE(missing * 10, deeds.dropped * 8);
}

}  // namespace
}  // namespace probate::analysis
