#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "core/journal/engines.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;
using test::JournalScript;

PresenceTotals naive_at_a_proxy(const JournalScript& script) {
  Judge judge{test::fleet_of(1), test::mosquitto_2_0_11()};
  journal::RunBegan began;
  began.engine = journal::kProxyEngine;
  judge.add({kRunStart, 0, journal::kNoSequence, began});
  for (const journal::Record& record : script.records()) {
    judge.add(record);
    judge.advance(record.at);
  }
  return judge.finish(test::at(60)).totals.policies[1].all;
}

// K = 10 s, last heard at 20 s, closed by the broker at 36 s: for 16 s nobody knows.
TEST(JudgeOfRealDevices, leaves_open_where_a_device_was_in_a_silence_of_its_own) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.broker_leg_ends(36, link, Party::broker, CloseHow::timeout, 20);
  script.will(36, link);
  const PresenceTotals naive = naive_at_a_proxy(script);
  EXPECT_DOUBLE_EQ(naive.up_seconds, 19);
  EXPECT_DOUBLE_EQ(naive.false_online_seconds, 0);
}

// The same, but the silence is ours, from 21 s on: from then it was down.
TEST(JudgeOfRealDevices, knows_the_silences_that_a_fault_made) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.falls_silent(21, link, 20);
  script.broker_leg_ends(36, link, Party::broker, CloseHow::timeout, 20);
  script.will(36, link);
  const PresenceTotals naive = naive_at_a_proxy(script);
  EXPECT_DOUBLE_EQ(naive.up_seconds, 20);
  EXPECT_DOUBLE_EQ(naive.false_online_seconds, 15);
}

}  // namespace
}  // namespace probate::analysis
