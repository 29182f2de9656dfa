#include "core/analysis/foreign.hpp"

#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;
using test::JournalScript;

// The script's records as a foreign log tells them: no device, no epoch of a connection.
std::vector<journal::Record> foreign(const JournalScript& script) {
  std::vector<journal::Record> records = script.records();
  for (journal::Record& record : records) {
    if (auto* connect = std::get_if<journal::ConnectForwarded>(&record.body)) {
      connect->device = kNoDevice;
      connect->epoch = 0;
    }
    if (auto* seen = std::get_if<journal::Observed>(&record.body)) {
      seen->client_id = "meter-" + std::to_string(seen->device.value);
      seen->device = kNoDevice;
    }
  }
  return records;
}

Outcome judged(const JournalScript& script, double end) {
  std::vector<journal::Record> records = foreign(script);
  ForeignLog log;
  for (const journal::Record& record : records) log.survey(record);
  Judge judge{test::fleet_of(static_cast<std::uint32_t>(log.device_count())),
              test::mosquitto_2_0_11()};
  journal::RunBegan began;
  began.engine = ForeignLog::kEngine;
  judge.add({kRunStart, 0, journal::kNoSequence, began});
  for (journal::Record& record : records) {
    log.place(record);
    judge.add(record);
    judge.advance(record.at);
  }
  return judge.finish(test::at(end));
}

TEST(ForeignLog, finds_its_devices_by_their_client_ids) {
  JournalScript script;
  const auto first = script.connects(1, {.device = 3});
  script.birth(2, first);
  script.ends(5, first);
  script.will(5.1, first);
  const auto again = script.connects(9, {.device = 3, .epoch = 2});
  script.connects(9, {.device = 1});
  script.ends(12, again);
  ForeignLog log;
  for (const journal::Record& record : foreign(script)) log.survey(record);
  EXPECT_EQ(log.device_count(), 2u);
  const Outcome outcome = judged(script, 60);
  EXPECT_EQ(outcome.totals.wills.expected, 2u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
  EXPECT_EQ(outcome.totals.policies[1].all.reconnects, 1u);
}

// K = 10 s, last heard at 20 s, closed by the broker at 36 s: for 16 s nobody knows.
TEST(ForeignLog, counts_a_silence_longer_than_the_keep_alive_in_no_rate) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.broker_leg_ends(36, link, Party::broker, CloseHow::timeout, 20);
  script.will(36, link);
  const PresenceTotals naive = judged(script, 60).totals.policies[1].all;
  EXPECT_DOUBLE_EQ(naive.up_seconds, 19);
  EXPECT_DOUBLE_EQ(naive.false_online_seconds, 0);
  EXPECT_EQ(naive.outages, 1u);
  EXPECT_EQ(naive.false_offlines, 0u);
  EXPECT_EQ(naive.offline_declarations, 1u);
}

TEST(ForeignLog, takes_a_device_for_up_until_its_close_if_it_was_heard_in_time) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.broker_leg_ends(36, link, Party::device, CloseHow::rst, 30);
  script.will(36, link);
  EXPECT_DOUBLE_EQ(judged(script, 60).totals.policies[1].all.up_seconds, 35);
}

TEST(ForeignLog, knows_devices_of_which_only_the_broker_spoke) {
  journal::BrokerEvent event;
  event.client_id = "b";
  ForeignLog log;
  log.survey({.body = event});
  EXPECT_EQ(log.device_count(), 1u);
  EXPECT_EQ(log.scenario_text().find("publish:"), std::string::npos);
  journal::Record record{.body = event};
  log.place(record);
  EXPECT_EQ(std::get<journal::BrokerEvent>(record.body).device, DeviceId{0});
}

TEST(ForeignLog, has_messages_at_intervals_if_any_message_was_heard) {
  journal::Observed seen;
  seen.kind = journal::MessageKind::message;
  seen.client_id = "a";
  ForeignLog log;
  log.survey({.body = seen});
  EXPECT_NE(log.scenario_text().find("publish: [{topic: \"message/{client_id}\""),
            std::string::npos);
}

}  // namespace
}  // namespace probate::analysis
