#include "core/analysis/foreign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;
using test::JournalScript;
using testing::ElementsAre;
using testing::HasSubstr;

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

// The broker closed it, and the log does not say when it last heard of it.
void is_closed_unheard(JournalScript& script, double second, const test::Link& link, CloseHow how) {
  script.write(
      second,
      journal::LegClosed{
          .connection = link.id, .leg = journal::Leg::broker, .by = Party::broker, .how = how});
}

// K = 10 s: an hour after CONNECT no keep-alive that ran from there is in time.
TEST(ForeignLog, accuses_nobody_where_it_does_not_know_when_a_device_was_last_heard) {
  for (const CloseHow how : {CloseHow::timeout, CloseHow::fin}) {
    for (const double second : {3.0, 16.0, 40.0, 3600.0}) {
      JournalScript script;
      const auto link = script.connects(1);
      is_closed_unheard(script, second, link, how);
      script.will(second + 0.01, link);
      const WillTotals wills = judged(script, second + 60).totals.wills;
      EXPECT_EQ(wills[WillClass::in_time], 1u) << second;
      EXPECT_EQ(wills.observed, 1u) << second;
    }
  }
}

TEST(ForeignLog, still_misses_a_will_that_such_a_close_owes) {
  JournalScript script;
  is_closed_unheard(script, 100, script.connects(1), CloseHow::timeout);
  EXPECT_EQ(judged(script, 200).totals.wills[WillClass::missing], 1u);
}

// K = 10 s, last heard at 90 s: the specification waits until 105 s, this broker did not.
TEST(ForeignLog, notices_a_keep_alive_that_ran_out_too_early) {
  JournalScript script;
  const auto link = script.connects(1);
  script.broker_leg_ends(92.5, link, Party::broker, CloseHow::timeout, 90);
  script.will(92.51, link);
  EXPECT_EQ(judged(script, 200).totals.wills[WillClass::early], 1u);
}

TEST(ForeignLog, takes_an_early_close_for_another_reason_for_no_keep_alive) {
  JournalScript script;
  const auto link = script.connects(1);
  script.broker_leg_ends(92.5, link, Party::broker, CloseHow::fin, 90);
  script.will(92.51, link);
  EXPECT_EQ(judged(script, 200).totals.wills[WillClass::in_time], 1u);
}

// Up from 1 s on. This broker closes at most 21.1 s after the last packet: it had heard of it at
// 38.9 s, and at 40 s its message was seen.
TEST(ForeignLog, knows_a_device_there_as_long_as_it_or_its_broker_shows_it) {
  const auto up_seconds = [](bool has_message) {
    JournalScript script;
    const auto link = script.connects(1);
    script.birth(2, link);
    if (has_message) script.message(40, link);
    is_closed_unheard(script, 60, link, CloseHow::timeout);
    script.will(60.01, link);
    return static_cast<double>(judged(script, 100).totals.policies[1].all.up_seconds);
  };
  EXPECT_NEAR(up_seconds(false), 37.9, 1e-6);
  EXPECT_NEAR(up_seconds(true), 39, 1e-6);
}

TEST(ForeignLog, has_a_status_topic_if_births_come_on_the_topics_of_retained_wills) {
  const auto text = [](bool retain, const std::string& birth_topic) {
    journal::ConnectForwarded connect;
    connect.client_id = "a";
    connect.will = journal::WillFacts{"status/a", "off", mqtt::QoS::at_least_once, retain, {}};
    journal::Observed birth;
    birth.kind = journal::MessageKind::birth;
    birth.client_id = "a";
    birth.topic = birth_topic;
    ForeignLog log;
    log.survey({.body = connect});
    log.survey({.body = birth});
    return log.scenario_text();
  };
  EXPECT_THAT(text(true, "status/a"), HasSubstr("birth: {topic: \"state/{client_id}\", retain: "));
  EXPECT_THAT(text(false, "status/a"), HasSubstr("birth: {topic: \"birth/{client_id}\""));
  EXPECT_THAT(text(true, "birth/a"), HasSubstr("birth: {topic: \"birth/{client_id}\""));
}

TEST(ForeignLog, has_no_filter_that_is_none) {
  for (const char* filter : {"", "a/#/b", "+x"}) {
    journal::Record record{.body = journal::ObserverUp{journal::Observer::backend, {"#", filter}}};
    EXPECT_THAT(ForeignLog{}.place(record), HasSubstr("is no topic filter")) << filter;
  }
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

// What place() says of each body, one after the other.
std::vector<std::string> said_of(const std::vector<journal::Body>& bodies) {
  ForeignLog log;
  for (const journal::Body& body : bodies) log.survey({.body = body});
  std::vector<std::string> said;
  for (const journal::Body& body : bodies) {
    journal::Record record{.body = body};
    said.push_back(log.place(record));
  }
  return said;
}

journal::ConnectForwarded connect(std::uint64_t connection, const std::string& client_id) {
  journal::ConnectForwarded record;
  record.connection = ConnectionId{connection};
  record.client_id = client_id;
  return record;
}

// A second CONNECT on a connection that is over would be no connection at all, and its will lost.
TEST(ForeignLog, has_no_number_of_a_connection_twice) {
  journal::LegClosed closed;
  closed.connection = ConnectionId{1};
  const auto said = said_of({connect(1, "a"), closed, connect(1, "b")});
  EXPECT_THAT(said, ElementsAre("", "", HasSubstr("connection 1 had its connect_forwarded")));
  EXPECT_THAT(said_of({connect(1, "a"), connect(1, "a")}), ElementsAre("", HasSubstr("before")));
}

TEST(ForeignLog, has_nothing_from_later_than_its_own_record) {
  ForeignLog log;
  const auto said = [&log](journal::Body body) {
    journal::Record record{test::at(5), 0, 0, std::move(body)};
    return log.place(record);
  };
  using journal::Observer;
  EXPECT_EQ(said(journal::ObserverGap{Observer::backend, test::at(5)}), "");
  EXPECT_THAT(said(journal::ObserverGap{Observer::backend, test::at(6)}), HasSubstr("from_ns"));
  EXPECT_THAT(said(journal::GeneratorLag{.from = test::at(6)}), HasSubstr("from_ns"));
  journal::LegClosed closed;
  closed.last_uplink_packet_at = test::at(6);
  EXPECT_THAT(said(closed), HasSubstr("last_uplink_packet_at_ns is later"));
  journal::SilenceBegan silence;
  silence.last_uplink_bytes_at = test::at(6);
  EXPECT_THAT(said(silence), HasSubstr("last_uplink_bytes_at_ns is later"));
}

TEST(ForeignLog, takes_numbers_of_connections_in_any_order) {
  const auto said = said_of({connect(5, "a"), connect(3, "b"), connect(4, "c"), connect(9, "d"),
                             connect(4, "e"), connect(2, "f"), connect(5, "g"), connect(6, "h")});
  EXPECT_THAT(said, ElementsAre("", "", "", "", HasSubstr("connection 4"), "",
                                HasSubstr("connection 5"), ""));
}

TEST(ForeignLog, ends_no_connection_that_never_began) {
  journal::LegClosed closed;
  closed.connection = ConnectionId{7};
  journal::DisconnectForwarded left;
  left.connection = ConnectionId{7};
  journal::ConnackReceived accepted;
  accepted.connection = ConnectionId{7};
  for (const journal::Body& body :
       {journal::Body{closed}, journal::Body{left}, journal::Body{accepted}}) {
    EXPECT_THAT(said_of({connect(1, "a"), body}),
                ElementsAre("", HasSubstr("connection 7 has no connect_forwarded")));
    EXPECT_THAT(said_of({connect(7, "a"), body}), ElementsAre("", ""));
  }
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
