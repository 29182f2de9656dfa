// A journal that somebody else wrote may say anything. The judge says something of it and never
// breaks: no CHECK can be reached, both sums hold, and what is out of order is told.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/analysis/foreign.hpp"
#include "core/analysis/judge.hpp"
#include "core/journal/ndjson.hpp"
#include "tests/support/minibroker/script.hpp"

namespace probate::analysis {
namespace {

using test::minibroker::Builder;
using test::minibroker::draw_history;
using test::minibroker::Mischief;
using test::minibroker::Writer;
using Records = std::vector<journal::Record>;

Records told_by(std::uint64_t seed) {
  const auto history = draw_history(seed, seed % 2 == 0);
  const auto story = Mischief{Builder{history}.build()}.tell();
  Records records = test::minibroker::opening();
  for (auto& record : Writer{story, 0, 1}.records()) records.push_back(std::move(record));
  return records;
}

// One lie: left out, doubled, moved, put elsewhere in time, or given to somebody else.
void spoil(Rng& rng, Records& records) {
  const std::size_t i = rng.below(records.size());
  const std::size_t k = rng.below(records.size());
  switch (rng.below(11)) {
    case 8:
      records.insert(records.begin() + static_cast<std::ptrdiff_t>(i),
                     {records[i].at, 0, 0,
                      journal::BrokerStopped{FaultId{static_cast<std::uint16_t>(k)},
                                             static_cast<journal::BrokerEnd>(k % 3)}});
      return;
    case 9:
      records.insert(records.begin() + static_cast<std::ptrdiff_t>(i),
                     {records[i].at, 0, 0, journal::BrokerStarted{}});
      return;
    case 0:
      records.erase(records.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    case 1:
      records.push_back(records[i]);
      return;
    case 2:
      std::swap(records[i], records[k]);
      return;
    case 3:
      records[i].at -= rng.uniform(0s, 200s);
      return;
    case 4:
      records[i].at += rng.uniform(0s, 200s);
      return;
    case 5:
      records[i].at = Instant{Duration{static_cast<std::int64_t>(rng.next() >> 4)}};
      return;
    case 6:
      records[i].body = records[k].body;
      return;
    case 7:
      records.insert(records.begin() + static_cast<std::ptrdiff_t>(i),
                     {records[i].at, 0, 0, journal::ObserverGap{{}, records[k].at}});
      return;
    default:
      break;
  }
  if (auto* connect = std::get_if<journal::ConnectForwarded>(&records[i].body)) {
    connect->device = DeviceId{static_cast<std::uint32_t>(rng.next())};
    connect->connection = ConnectionId{rng.below(4)};
  }
  if (auto* closed = std::get_if<journal::LegClosed>(&records[i].body)) {
    closed->connection = ConnectionId{rng.below(4)};
    closed->fault = FaultId{static_cast<std::uint16_t>(rng.next())};
    closed->last_uplink_packet_at = records[k].at;
  }
}

void expect_sums(const WillTotals& wills) {
  EXPECT_EQ(wills.expected,
            wills.filled() + wills[WillClass::missing] + wills[WillClass::censored]);
  EXPECT_EQ(wills.observed, wills.filled() + wills[WillClass::duplicate] +
                                wills[WillClass::spurious] + wills[WillClass::wrong_epoch] +
                                wills[WillClass::unattributed]);
}

Outcome judge(const Records& records, const scenario::Scenario& scenario) {
  Judge judge{scenario, {}};
  Instant last{};
  for (const journal::Record& record : records) {
    judge.add(record);
    if (record.sequence % 3 == 0) judge.advance(record.at);
    last = record.at;
  }
  return judge.finish(last);
}

TEST(HostileJournal, never_breaks_the_judge) {
  for (std::uint64_t seed = 1; seed <= 1'500; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng = Rng{seed}.stream("hostile");
    Records records = told_by(seed);
    for (std::uint64_t lies = 1 + rng.below(20); lies > 0 && !records.empty(); --lies) {
      spoil(rng, records);
    }
    const Outcome outcome = judge(records, test::minibroker::scenario_of(2));
    expect_sums(outcome.totals.wills);
    bool is_in_order = true;
    Instant latest{};
    for (const journal::Record& record : records) {
      is_in_order = is_in_order && record.at >= latest;
      latest = std::max(latest, record.at);
    }
    EXPECT_TRUE(is_in_order || outcome.voided_by_guard());
  }
}

TEST(HostileJournal, never_breaks_who_is_who_in_a_foreign_log) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng = Rng{seed}.stream("foreign");
    Records records = told_by(seed);
    for (int lies = 0; lies < 10; ++lies) spoil(rng, records);
    ForeignLog log;
    for (const journal::Record& record : records) log.survey(record);
    for (journal::Record& record : records) log.place(record);
    scenario::Scenario scenario = test::fleet_of(static_cast<std::uint32_t>(log.device_count()));
    expect_sums(judge(records, scenario).totals.wills);
  }
}

}  // namespace
}  // namespace probate::analysis
