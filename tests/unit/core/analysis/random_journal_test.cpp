// Whatever happened, the sums hold: random journals, sensible and senseless.
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "core/base/rng.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Flow;
using journal::Observer;
using journal::Party;
using test::JournalScript;
using test::Link;
using test::Login;

constexpr std::uint32_t kDevices = 6;
constexpr int kStepsPerJournal = 400;
constexpr double kEnd = 300;

template <typename T, std::size_t kSize>
T pick(Rng& rng, const std::array<T, kSize>& from) {
  return from[rng.below(kSize)];
}

Login random_login(Rng& rng, Epoch epoch) {
  Login login;
  login.device = static_cast<std::uint32_t>(rng.below(kDevices));
  login.epoch = epoch;
  login.twin = rng.below(6) == 0;
  login.clean = rng.below(2) == 0;
  login.keep_alive = pick(rng, std::array<std::uint16_t, 4>{0, 2, 5, 10});
  if (rng.below(2) == 0) {
    login.version = mqtt::Version::v5;
    login.expiry = pick(rng, std::array<Duration, 3>{0s, 5s, 60s});
    login.delay = pick(rng, std::array<Duration, 3>{0s, 3s, 10s});
  }
  login.will = rng.below(8) != 0;
  login.epoch_in_payload = rng.below(2) == 0;
  if (rng.below(8) == 0) login.topic = "elsewhere";
  if (rng.below(5) == 0) login.client_id = "other-" + std::to_string(rng.below(3));
  if (rng.below(10) == 0) login.reason = 5;
  if (rng.below(10) == 0) login.connack_after = -1;
  return login;
}

void random_step(Rng& rng, JournalScript& script, std::vector<Link>& links) {
  const double second = rng.unit() * kEnd;
  if (links.empty() || rng.below(4) == 0) {
    links.push_back(script.connects(second, random_login(rng, static_cast<Epoch>(links.size()))));
    return;
  }
  const Link& link = links[rng.below(links.size())];
  const Party by = pick(rng, std::array{Party::device, Party::proxy, Party::broker});
  const CloseHow how = rng.below(2) == 0 ? CloseHow::fin : CloseHow::rst;
  switch (rng.below(12)) {
    case 0:
      return script.ends(second, link, by, how);
    case 1:
      return script.device_leg_ends(second, link, by, how);
    case 2:
      return script.broker_leg_ends(second, link, by, how);
    case 3:
      return script.disconnects(second, link, rng.below(2) == 0 ? 0 : 0x80);
    case 4:
      return script.falls_silent(second, link, second - 1,
                                 pick(rng, std::array{Flow::up, Flow::down, Flow::both}));
    case 5:
      return script.recovers(second, link);
    case 6:
    case 7:
    case 8:
      return script.will_at(rng.below(3) == 0 ? Observer::control : Observer::backend, second, link,
                            rng.below(6) == 0);
    case 9:
      return script.birth(second, link);
    case 10:
      return script.message(second, link);
    default:
      break;
  }
  switch (rng.below(13)) {
    case 11:
      return script.write(
          second,
          journal::BrokerStopped{FaultId{0}, pick(rng, std::array{journal::BrokerEnd::unknown,
                                                                  journal::BrokerEnd::shutdown,
                                                                  journal::BrokerEnd::crash})});
    case 12:
      return script.write(second, journal::BrokerStarted{FaultId{0}});
    case 8:
      return script.write(second, journal::ConnectRepeated{link.id});
    case 9:
      return script.write(
          second, journal::DisconnectReceived{
                      link.id, pick(rng, std::array<std::uint8_t, 4>{0x82, 0x8b, 0x8d, 0x8e})});
    case 10:
      return script.write(
          second, journal::BrokerLost{"x", pick(rng, std::array{journal::BrokerEnd::unknown,
                                                                journal::BrokerEnd::shutdown,
                                                                journal::BrokerEnd::crash})});
    case 0:
      return script.write(
          second, journal::ObserverGap{Observer::backend, test::at(second - 3 * rng.unit())});
    case 1:
      return script.write(second, journal::GeneratorLag{800ms, 1s, test::at(second - 2)});
    case 2:
      return script.write(second, journal::Malformed{link.id, mqtt::Direction::uplink, "x"});
    case 3:
      return script.retained_will(second, link);
    case 4:
      return script.write(second, journal::FaultApplied{FaultId{0}, DeviceId{link.login.device}});
    default:
      return script.will(second, link);
  }
}

void expect_sums(const WillTotals& wills) {
  EXPECT_EQ(wills.expected, wills[WillClass::in_time] + wills[WillClass::early] +
                                wills[WillClass::late] + wills[WillClass::missing] +
                                wills[WillClass::censored]);
  EXPECT_EQ(wills.observed, wills[WillClass::in_time] + wills[WillClass::early] +
                                wills[WillClass::late] + wills[WillClass::duplicate] +
                                wills[WillClass::spurious] + wills[WillClass::wrong_epoch] +
                                wills[WillClass::unattributed]);
  EXPECT_EQ(wills[WillClass::missing],
            std::accumulate(wills.missing.begin(), wills.missing.end(), std::uint64_t{0}));
  EXPECT_EQ(wills.lateness.count(), wills[WillClass::in_time] + wills[WillClass::late]);
}

JournalScript random_script(std::uint64_t seed) {
  scenario::Scenario scenario = test::fleet_of(kDevices);
  scenario.faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  JournalScript script{scenario};
  Rng rng = Rng{seed}.stream("journal");
  std::vector<Link> links;
  for (int step = 0; step < kStepsPerJournal; ++step) random_step(rng, script, links);
  return script;
}

TEST(RandomJournals, keep_both_sums_in_every_slice) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome outcome = random_script(seed).judged(250);
    const Totals& totals = outcome.totals;
    expect_sums(totals.wills);
    for (const std::vector<WillTotals>* slices :
         {&totals.wills_by_fault, &totals.wills_by_group, &totals.wills_by_phase}) {
      WillTotals merged;
      for (const WillTotals& slice : *slices) {
        expect_sums(slice);
        merged.merge(slice);
      }
      EXPECT_EQ(merged.expected, totals.wills.expected);
      EXPECT_EQ(merged.observed, totals.wills.observed);
      EXPECT_EQ(merged.no_will, totals.wills.no_will);
      EXPECT_EQ(merged.missing, totals.wills.missing);
      EXPECT_TRUE(merged.delay == totals.wills.delay);
      if (totals.sightings_voided > 0) continue;
      EXPECT_EQ(merged.delay.min(), totals.wills.delay.min());
      EXPECT_EQ(merged.delay.max(), totals.wills.delay.max());
    }
    for (const PolicyTotals& policy : totals.policies) {
      EXPECT_LE(policy.all.false_offlines_over_flicker, policy.all.false_offlines);
      EXPECT_LE(policy.all.reconnects_followed, policy.all.reconnects);
      EXPECT_LE(policy.all.missed_offlines, policy.all.outages_over_bound);
      EXPECT_LE(policy.all.false_offline_seconds, policy.all.up_seconds + 1e-6);
      EXPECT_EQ(policy.pending, 0u);
    }
  }
}

TEST(RandomJournals, are_judged_the_same_however_often_the_judge_is_told_the_time) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const JournalScript script = random_script(seed);
    const Outcome once = script.judged(250);
    Judge judge{script.scenario(), script.profile()};
    for (const journal::Record& record : script.records()) {
      if (record.at > test::at(250)) break;
      judge.advance(record.at);
      judge.add(record);
    }
    judge.add({test::at(250), 0, 0, journal::DrainBegan{}});
    const Outcome often = judge.finish(test::at(250));
    EXPECT_EQ(once.totals.wills.by_class, often.totals.wills.by_class);
    EXPECT_EQ(once.totals.wills.no_will, often.totals.wills.no_will);
    for (std::size_t p = 0; p < once.totals.policies.size(); ++p) {
      const PresenceTotals& a = once.totals.policies[p].all;
      const PresenceTotals& b = often.totals.policies[p].all;
      EXPECT_EQ(a.false_offlines, b.false_offlines);
      EXPECT_EQ(a.reconnects_followed, b.reconnects_followed);
      EXPECT_EQ(a.outages, b.outages);
      EXPECT_DOUBLE_EQ(a.false_offline_seconds, b.false_offline_seconds);
      EXPECT_DOUBLE_EQ(a.up_seconds, b.up_seconds);
    }
    ASSERT_EQ(once.false_offlines.size(), often.false_offlines.size());
    for (std::size_t i = 0; i < once.false_offlines.size(); ++i) {
      EXPECT_EQ(once.false_offlines[i].line, often.false_offlines[i].line);
    }
  }
}

}  // namespace
}  // namespace probate::analysis
