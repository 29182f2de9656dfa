// The bar: a scripted broker (tests/support/minibroker) publishes, drops, doubles, delays, reorders
// and forges wills on purpose and knows what it did. The judge reads the journal alone and must say
// the same of every obligation and of every copy.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "core/journal/text.hpp"
#include "tests/support/minibroker/script.hpp"

namespace probate::analysis {
namespace {

using namespace test::minibroker;  // the whole vocabulary

// What was said of one history, as lines that can be compared.
struct Sheet {
  std::vector<std::string> lines;
  std::vector<std::string> marked;  // of them, ambiguous ones
  std::map<std::string, std::uint64_t> counts;
};

std::string time_text(Instant at) { return fmt::format("{:.6f}", to_seconds(at)); }

Sheet expected_of(const Story& story) {
  Sheet sheet;
  auto& counts = sheet.counts;
  const std::vector<Conn>& conns = story.world.conns;
  for (std::size_t i = 0; i < conns.size(); ++i) {
    const Expected& e = story.expected[i];
    if (e.will_class.empty()) continue;
    ++counts["expected"];
    ++counts[e.will_class];
    if (!e.why.empty()) ++counts[e.will_class + " " + e.why];
    if (e.seen) {
      ++counts["observed"];
      ++counts[std::string{"by "} + conns[i].cause];
      counts["ghost"] += e.ghost ? 1 : 0;
      counts["takeover"] += e.takeover ? 1 : 0;
    }
    if (e.will_class == "true") continue;
    sheet.lines.push_back(fmt::format("{} {} #{} {} {}", e.will_class, e.why, conns[i].id.value,
                                      conns[i].cause, e.seen ? time_text(*e.seen) : ""));
  }
  for (const Misfit& m : story.misfits) {
    ++counts["observed"];
    ++counts[m.will_class];
    counts["ghost"] += m.ghost ? 1 : 0;
    if (!m.why.empty()) ++counts[m.will_class + " " + m.why];
    const std::uint64_t conn = m.conn < kForgedEpoch ? conns[m.conn].id.value : 0;
    sheet.lines.push_back(
        fmt::format("{} {} #{} - {}", m.will_class, m.why, conn, time_text(m.at)));
  }
  for (const auto& [reason, count] : story.no_will) counts["none " + reason] += count;
  counts["retained"] += story.retained;
  std::sort(sheet.lines.begin(), sheet.lines.end());
  return sheet;
}

Sheet judged_of(const Outcome& outcome) {
  Sheet sheet;
  auto& counts = sheet.counts;
  const WillTotals& wills = outcome.totals.wills;
  counts["expected"] = wills.expected;
  counts["observed"] = wills.observed;
  for (std::size_t i = 0; i < kWillClassCount; ++i) {
    counts[to_text(static_cast<WillClass>(i))] = wills.by_class[i];
  }
  for (std::size_t i = 0; i < kMissingCauseCount; ++i) {
    counts[fmt::format("missing {}", to_text(static_cast<MissingCause>(i)))] = wills.missing[i];
  }
  for (std::size_t i = 0; i < kCensoredCauseCount; ++i) {
    counts[fmt::format("censored {}", to_text(static_cast<CensoredCause>(i)))] = wills.censored[i];
  }
  for (std::size_t i = 0; i < kDuplicateCauseCount; ++i) {
    counts[fmt::format("duplicate {}", to_text(static_cast<DuplicateCause>(i)))] =
        wills.duplicates[i];
  }
  for (std::size_t i = 0; i < kEndCauseCount; ++i) {
    counts[fmt::format("by {}", to_text(static_cast<EndCause>(i)))] = wills.filled_by_cause[i];
  }
  for (std::size_t i = 0; i < kNoWillCount; ++i) {
    counts[fmt::format("none {}", to_text(static_cast<NoWill>(i)))] = wills.no_will[i];
  }
  counts["takeover"] = wills.takeover;
  counts["ghost"] = wills.ghost;
  counts["retained"] = outcome.totals.retained_copies;
  for (const WillEntry& e : outcome.wills) {
    const bool is_misfit = e.will_class >= WillClass::duplicate;
    sheet.lines.push_back(fmt::format("{} {} #{} {} {}", to_text(e.will_class), e.why,
                                      e.connection.value, is_misfit ? "-" : to_text(e.cause),
                                      e.observed_at ? time_text(*e.observed_at) : ""));
    if (e.ambiguous || !e.observed_at) sheet.marked.push_back(sheet.lines.back());
  }
  std::sort(sheet.lines.begin(), sheet.lines.end());
  return sheet;
}

// Of which of several connections a will was, ambiguous matches leave open, and so why it ended:
// each may have been counted at another cause. How many there were of each class they do not.
std::uint64_t doubt_of(const std::string& key, std::uint64_t ambiguous) {
  const bool is_of_end = key.rfind("by ", 0) == 0 || key == "ghost" || key == "takeover";
  return is_of_end ? ambiguous : 0;
}

// Every match that is not marked was truly so.
std::string wrong_unmarked(const Sheet& truth, const Sheet& judged) {
  std::string text;
  for (const std::string& line : judged.lines) {
    const bool is_marked =
        std::find(judged.marked.begin(), judged.marked.end(), line) != judged.marked.end();
    if (is_marked || std::binary_search(truth.lines.begin(), truth.lines.end(), line)) continue;
    text += "  + " + line + "\n";
  }
  return text;
}

// What differs, one line each: "-" was true, "+" was judged.
std::string difference(const Sheet& truth, const Sheet& judged, std::uint64_t ambiguous) {
  std::string text;
  for (const auto& [key, count] : judged.counts) {
    const auto found = truth.counts.find(key);
    const std::uint64_t wanted = found == truth.counts.end() ? 0 : found->second;
    const std::uint64_t off = count > wanted ? count - wanted : wanted - count;
    if (off > doubt_of(key, ambiguous)) {
      text += fmt::format("  {}: {} instead of {}\n", key, count, wanted);
    }
  }
  for (const auto& [key, count] : truth.counts) {
    if (count != 0 && judged.counts.count(key) == 0) text += fmt::format("  no {}\n", key);
  }
  if (ambiguous > 0) return text + wrong_unmarked(truth, judged);
  std::vector<std::string> only;
  std::set_difference(truth.lines.begin(), truth.lines.end(), judged.lines.begin(),
                      judged.lines.end(), std::back_inserter(only));
  for (const std::string& line : only) text += "  - " + line + "\n";
  only.clear();
  std::set_difference(judged.lines.begin(), judged.lines.end(), truth.lines.begin(),
                      truth.lines.end(), std::back_inserter(only));
  for (const std::string& line : only) text += "  + " + line + "\n";
  return text;
}

struct Judged {
  std::string difference;
  std::uint64_t epochs = 0;
  std::uint64_t matches = 0;
  std::uint64_t ambiguous = 0;
};

Judged judge_alone(const History& history) {
  const Story story = Mischief{Builder{history}.build()}.tell();
  Judge judge{scenario_of(1), profile_of(history.habits)};
  for (const journal::Record& record : opening()) judge.add(record);
  for (const journal::Record& record : Writer{story, 0, 1}.records()) judge.add(record);
  judge.add({story.world.stop, 0, 0, journal::DrainBegan{}});
  const Outcome outcome = judge.finish(story.world.stop);
  const WillTotals& wills = outcome.totals.wills;
  Judged judged;
  judged.difference = difference(expected_of(story), judged_of(outcome), wills.ambiguous);
  judged.epochs = story.world.conns.size();
  judged.matches = wills.filled();
  judged.ambiguous = wills.ambiguous;
  if (history.habits.epoch_in_payload && wills.ambiguous > 0) {
    judged.difference += "  ambiguous although the payload carries the epoch\n";
  }
  return judged;
}

// Leaves out whatever the failure does not need.
History shrunk(History history) {
  for (bool is_smaller = true; is_smaller;) {
    is_smaller = false;
    for (std::size_t i = 0; i < history.plans.size(); ++i) {
      History without = history;
      without.plans.erase(without.plans.begin() + static_cast<std::ptrdiff_t>(i));
      if (without.plans.empty() || judge_alone(without).difference.empty()) continue;
      history = std::move(without);
      is_smaller = true;
      break;
    }
  }
  return history;
}

std::string report(const History& failing) {
  const History smallest = shrunk(failing);
  const Habits& h = smallest.habits;
  std::string text = fmt::format(
      "seed {}\nrepeat: PROBATE_MINIBROKER_SEED={} build/release/tests/unit/core_analysis_test "
      "--gtest_filter='MiniBroker.*'\n",
      failing.seed, failing.seed);
  text += fmt::format(
      "the smallest history of that device ({} floored={} scan={} cc={} ck={} kc={} kk={} v5kk={} "
      "v5x={} zero={} err={}):\n",
      h.version == mqtt::Version::v5 ? "5.0" : "3.x", h.floored, probate::to_text(h.scan),
      h.clean_to_clean, h.clean_to_kept, h.kept_to_clean, h.kept_to_kept, h.v5_kept_to_kept,
      h.v5_expired, h.ignores_zero_expiry, h.error_reason_deletes);
  for (const Plan& plan : smallest.plans) text += "  " + to_text(plan) + "\n";
  const Story story = Mischief{Builder{smallest}.build()}.tell();
  for (const journal::Record& record : Writer{story, 0, 1}.records()) {
    text += "  " + journal::to_text(record) + "\n";
  }
  text += fmt::format("  stop {}\n", time_text(story.world.stop));
  return text + judge_alone(smallest).difference;
}

constexpr std::uint64_t kEpochs = 100'000;
constexpr int kFailuresShown = 8;

struct Sum {
  std::uint64_t epochs = 0;
  std::uint64_t matches = 0;
  std::uint64_t ambiguous = 0;
  std::uint64_t histories = 0;
  int failures = 0;
};

Sum judge_many(bool epoch_in_payload) {
  const char* only = std::getenv("PROBATE_MINIBROKER_SEED");
  const std::uint64_t first = only == nullptr ? 1 : std::strtoull(only, nullptr, 10);
  Sum sum;
  for (std::uint64_t seed = first; sum.epochs < kEpochs; ++seed) {
    const History history = draw_history(seed, epoch_in_payload);
    const Judged judged = judge_alone(history);
    ++sum.histories;
    sum.epochs += judged.epochs;
    sum.matches += judged.matches;
    sum.ambiguous += judged.ambiguous;
    if (!judged.difference.empty() && ++sum.failures <= kFailuresShown) {
      ADD_FAILURE() << report(history);
    }
    if (only != nullptr) break;
  }
  return sum;
}

TEST(MiniBroker, is_never_misjudged_when_payloads_carry_the_epoch) {
  const Sum sum = judge_many(true);
  EXPECT_EQ(sum.failures, 0) << "of " << sum.histories << " histories";
  RecordProperty("epochs", std::to_string(sum.epochs));
}

TEST(MiniBroker, is_summed_up_rightly_when_all_payloads_of_a_device_are_the_same) {
  const Sum sum = judge_many(false);
  EXPECT_EQ(sum.failures, 0) << "of " << sum.histories << " histories";
  fmt::print("{} epochs: {} of {} matches ambiguous ({:.2f} %)\n", sum.epochs, sum.ambiguous,
             sum.matches,
             100.0 * static_cast<double>(sum.ambiguous) /
                 static_cast<double>(std::max<std::uint64_t>(sum.matches, 1)));
}

}  // namespace
}  // namespace probate::analysis
