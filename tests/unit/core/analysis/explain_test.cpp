// Causal lines come from the journal alone: with every fault under another name they read the same,
// up to the name.
#include "core/analysis/explain.hpp"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/minibroker/script.hpp"

namespace probate::analysis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Names = std::array<std::string, 3>;

constexpr int kHistories = 60;

// A told history whose silences and cuts are the work of three faults in turn.
std::vector<journal::Record> records_of(std::uint64_t seed) {
  using namespace test::minibroker;
  const Story story = Mischief{Builder{draw_history(seed, true)}.build()}.tell();
  std::vector<journal::Record> records = opening();
  for (journal::Record& record : Writer{story, 0, 1}.records()) {
    const auto fault_of = [](ConnectionId id) {
      return FaultId{static_cast<std::uint16_t>(id.value % std::tuple_size_v<Names>)};
    };
    if (auto* silence = std::get_if<journal::SilenceBegan>(&record.body)) {
      silence->fault = fault_of(silence->connection);
    }
    if (auto* closed = std::get_if<journal::LegClosed>(&record.body)) {
      closed->fault = fault_of(closed->connection);
    }
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<std::string> lines_of(const std::vector<journal::Record>& records, const Names& names) {
  scenario::Scenario scenario = test::fleet_of(1);
  for (const std::string& name : names) {
    scenario.faults.push_back({name, fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  }
  Judge judge{scenario, test::mosquitto_2_0_11()};
  Instant last{};
  for (const journal::Record& record : records) {
    judge.add(record);
    last = record.at;
  }
  const Outcome outcome = judge.finish(last);
  std::vector<std::string> lines;
  for (const WillEntry& entry : outcome.wills) lines.push_back(entry.line);
  for (const FalseOffline& episode : outcome.false_offlines) lines.push_back(episode.line);
  return lines;
}

void rename(std::string& line, const Names& from, const Names& to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (std::size_t at = line.find(from[i]); at != line.npos; at = line.find(from[i], at)) {
      line.replace(at, from[i].size(), to[i]);
    }
  }
}

TEST(Explain, says_the_same_whatever_the_faults_are_called) {
  const Names names{"tunnel", "power-cut-7", "x"};
  const Names others{"OTHER-ONE", "OTHER-TWO", "OTHER-THREE"};
  std::size_t named = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    const auto records = records_of(seed);
    const std::vector<std::string> lines = lines_of(records, names);
    std::vector<std::string> again = lines_of(records, others);
    for (std::string& line : again) {
      if (line.find("OTHER-") != line.npos) ++named;
      rename(line, others, names);
    }
    EXPECT_EQ(lines, again);
  }
  EXPECT_GT(named, std::size_t{kHistories}) << "hardly a line names a fault";
}

TEST(Explain, tells_how_long_a_will_that_is_not_due_would_still_take) {
  test::JournalScript script;
  const auto link = script.connects(1, {.keep_alive = 100});
  script.falls_silent(2, link, 2);
  const Outcome outcome = script.judged(20);
  ASSERT_EQ(outcome.wills.size(), 1u);
  // 1.5 K and the 6.1 s of the broker's timer, 18 s of which have gone.
  EXPECT_THAT(outcome.wills[0].line, HasSubstr("NOT_DUE: 138.1 s left."));
}

// Nobody made it silent: it had nothing to say, and what is known is when the broker closed.
TEST(Explain, tells_of_the_close_where_a_keep_alive_ran_out_by_itself) {
  test::JournalScript script;
  const auto link = script.connects(1);
  script.broker_leg_ends(17, link, journal::Party::broker, journal::CloseHow::fin, 1.1);
  const Outcome outcome = script.judged(60);
  ASSERT_EQ(outcome.wills.size(), 1u);
  EXPECT_THAT(outcome.wills[0].line, HasSubstr("closed by the broker at +17.0 s"));
  EXPECT_THAT(outcome.wills[0].line, Not(HasSubstr("silent from")));
}

TEST(Explain, shows_both_sides_of_a_topic_mismatch) {
  test::JournalScript script;
  const auto link = script.connects(1, {.topic = "willmsg"});
  script.ends(5, link);
  std::vector<std::string> lines;
  for (const WillEntry& entry : script.judged(60).wills) lines.push_back(entry.line);
  EXPECT_THAT(lines, Contains(HasSubstr("Will topic \"willmsg\"; the back end subscribes to "
                                        "\"/willmsg\"")));
}

}  // namespace
}  // namespace probate::analysis
