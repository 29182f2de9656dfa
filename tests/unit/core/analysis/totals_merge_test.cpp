// Shards add up: judges of parts of a sharded_fleet, merged, say what one judge of the whole says.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <type_traits>
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

constexpr std::uint32_t kShardedDevices = 12;
constexpr int kSteps = 900;
constexpr double kLastStep = 300;

scenario::Scenario sharded_fleet() {
  scenario::Scenario scenario = test::fleet_of(5);
  scenario.fleet.push_back({"rural", 0, kShardedDevices - 5, {}});
  scenario.phases.push_back({"storm", std::nullopt, scenario::ForDuration{1h}});
  scenario.phases.push_back({"settle", std::nullopt, scenario::ForDuration{1h}});
  scenario.faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  scenario.faults.push_back({"cut", fault::Once{}, {}, {}, {}, fault::Drop{}});
  using P = scenario::PolicyName;
  scenario.backend.presence = {{P::naive_alarm},
                               {P::naive},
                               {P::naive_birth},
                               {P::debounce, 4s},
                               {P::epoch},
                               {P::sparkplug},
                               {P::last_seen_will, 3s, 5s, 3},
                               {P::hybrid, 4s, 10s, 3},
                               {P::aws_lifecycle, 5s},
                               {P::broker_events}};
  device::PublishConfig report;
  report.topic = test::text("/report/{client_id}");
  report.every = 5s;
  scenario.devices[0].publish.push_back(report);
  return scenario;
}

// Head-of-line blocking ties the devices of a broker together: no shard can know it alone.
broker::Profile profile() {
  broker::Profile profile = test::mosquitto_2_0_11();
  profile.delay_head_of_line = false;
  return profile;
}

Login sharded_login(Rng& rng, Epoch epoch) {
  Login login;
  login.device = static_cast<std::uint32_t>(rng.below(kShardedDevices));
  login.epoch = epoch;
  login.twin = rng.below(8) == 0;
  login.clean = rng.below(2) == 0;
  if (rng.below(3) == 0) {
    login.version = mqtt::Version::v5;
    login.expiry = 20s;
    login.delay = rng.below(2) == 0 ? 3s : 0s;
  }
  login.epoch_in_payload = rng.below(4) != 0;
  if (rng.below(6) == 0) {  // another ClientID of the same device
    login.client_id = "other-" + std::to_string(login.device);
  }
  if (rng.below(12) == 0) login.reason = 5;
  return login;
}

void random_event(Rng& rng, JournalScript& script, double second, const Link& link) {
  const DeviceId device{link.login.device};
  const FaultId fault{static_cast<std::uint16_t>(rng.below(2))};
  switch (rng.below(7)) {
    case 0:
      return script.write(second, journal::FaultApplied{fault, device, link.id});
    case 1:
      return script.write(second, journal::FaultHealed{fault, device});
    case 2:
      return script.write(second, journal::FaultSkipped{fault, device, "no_link"});
    case 3:
      return script.retained_will(second, link);
    default:
      break;
  }
  journal::BrokerEvent event;
  event.kind = rng.below(2) == 0 ? journal::BrokerEventKind::connected
                                 : journal::BrokerEventKind::disconnected;
  event.device = device;
  event.version = rng.below(40);
  script.write(second, event);
}

void sharded_step(Rng& rng, JournalScript& script, std::vector<Link>& links) {
  const double second = rng.unit() * kLastStep;
  if (links.empty() || rng.below(4) == 0) {
    links.push_back(
        script.connects(second, sharded_login(rng, static_cast<Epoch>(links.size() + 1))));
    return;
  }
  const Link& link = links[rng.below(links.size())];
  constexpr std::array kParties{Party::device, Party::proxy, Party::broker};
  constexpr std::array kFlows{Flow::up, Flow::down, Flow::both};
  switch (rng.below(10)) {
    case 0:
      return script.ends(second, link, kParties.at(rng.below(3)));
    case 1:
      return script.broker_leg_ends(second, link, kParties.at(rng.below(3)), CloseHow::rst);
    case 2:
      return script.disconnects(second, link);
    case 3:
      return script.falls_silent(second, link, second - 1, kFlows.at(rng.below(3)));
    case 4:
      return script.recovers(second, link);
    case 5:
    case 6:
      return script.will(second, link);
    case 7:
      return script.birth(second, link);
    case 8:
      return script.message(second, link);
    default:
      return random_event(rng, script, second, link);
  }
}

JournalScript sharded_script(std::uint64_t seed) {
  JournalScript script{sharded_fleet(), profile()};
  script.write(100, journal::PhaseBegan{PhaseId{1}, "storm"});
  script.write(180, journal::PhaseBegan{PhaseId{2}, "settle"});
  Rng rng = Rng{seed}.stream("shards");
  std::vector<Link> links;
  for (int step = 0; step < kSteps; ++step) sharded_step(rng, script, links);
  return script;
}

// Whose a record is; kNoDevice: the run's.
class Owners {
 public:
  explicit Owners(const std::vector<journal::Record>& records) {
    for (const journal::Record& record : records) {
      const auto* connect = std::get_if<journal::ConnectForwarded>(&record.body);
      if (connect != nullptr) devices_[connect->connection.value] = connect->device;
    }
  }
  DeviceId of(const journal::Record& record) const {
    return std::visit(
        [this]<typename T>(const T& body) {
          if constexpr (requires { body.device; }) {
            return body.device;
          } else if constexpr (requires { body.connection; }) {
            return devices_.at(body.connection.value);
          } else {
            return kNoDevice;
          }
        },
        record.body);
  }

 private:
  std::map<std::uint64_t, DeviceId> devices_;
};

struct Shards {
  Totals merged;
  std::uint64_t run_records = 0;  // that every shard saw
};

Shards judged_in_shards(const JournalScript& script, std::size_t count, std::uint64_t seed) {
  Rng rng = Rng{seed}.stream("split");
  std::vector<std::size_t> shard_of(kShardedDevices);
  for (std::size_t& shard : shard_of) shard = rng.below(count);
  std::vector<Judge> judges;
  for (std::size_t i = 0; i < count; ++i) judges.emplace_back(script.scenario(), script.profile());
  const std::vector<journal::Record> records = script.records();
  const Owners owners{records};
  Shards shards;
  for (const journal::Record& record : records) {
    if (record.at > test::at(250)) break;
    const DeviceId owner = owners.of(record);
    if (owner == kNoDevice) ++shards.run_records;
    for (std::size_t i = 0; i < count; ++i) {
      if (owner == kNoDevice || shard_of[owner.index()] == i) judges[i].add(record);
    }
  }
  ++shards.run_records;
  for (std::size_t i = 0; i < count; ++i) {
    judges[i].add({test::at(250), 0, 0, journal::DrainBegan{}});
    Outcome outcome = judges[i].finish(test::at(250));
    if (i == 0) {
      shards.merged = std::move(outcome.totals);
    } else {
      shards.merged.merge(outcome.totals);
    }
  }
  return shards;
}

void sort_deviations(Totals& totals) {
  std::sort(totals.deviations.begin(), totals.deviations.end(),
            [](const DeviationTotals& a, const DeviationTotals& b) { return a.rule < b.rule; });
}

TEST(ShardTotals, merged_are_those_of_one_judge_to_the_last_bit) {
  std::uint64_t mistakes = 0;
  std::uint64_t after_quiet = 0;
  std::uint64_t recurrences = 0;
  std::uint64_t deviations = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const JournalScript script = sharded_script(seed);
    Totals whole = script.judged(250).totals;
    sort_deviations(whole);
    for (const std::size_t count : {1U, 2U, 5U}) {
      Shards shards = judged_in_shards(script, count, seed);
      Totals& merged = shards.merged;
      EXPECT_EQ(merged.events, whole.events + (count - 1) * shards.run_records);
      merged.events = whole.events;
      sort_deviations(merged);
      EXPECT_TRUE(merged.wills == whole.wills) << count;
      for (std::size_t p = 0; p < whole.policies.size(); ++p) {
        EXPECT_TRUE(merged.policies[p].all == whole.policies[p].all) << whole.policies[p].label;
        EXPECT_TRUE(merged.policies[p] == whole.policies[p]) << whole.policies[p].label;
      }
      EXPECT_TRUE(merged == whole) << count;
    }
    for (const PolicyTotals& policy : whole.policies) {
      mistakes += policy.all.false_offlines;
      after_quiet += policy.all.false_offlines_after_quiet;
      recurrences += policy.all.mistake_recurrence.count();
    }
    deviations += whole.deviations.size();
  }
  // The journals were worth judging.
  EXPECT_GT(mistakes, 500u);
  EXPECT_GT(after_quiet, 0u);
  EXPECT_GT(recurrences, 100u);
  EXPECT_GT(deviations, 10u);
}

TEST(ShardTotals, of_slices_add_up_to_the_whole) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    const Totals totals = sharded_script(seed).judged(250).totals;
    for (const PolicyTotals& policy : totals.policies) {
      PresenceTotals groups;
      for (const PresenceTotals& group : policy.by_group) groups.merge(group);
      EXPECT_TRUE(groups == policy.all) << policy.label;
      PresenceTotals phases;
      for (const PresenceTotals& phase : policy.by_phase) phases.merge(phase);
      EXPECT_EQ(phases.up_seconds.microseconds(), policy.all.up_seconds.microseconds());
      EXPECT_EQ(phases.false_offlines, policy.all.false_offlines);
      EXPECT_TRUE(phases.good_period == policy.all.good_period);
      PresenceTotals faults;
      for (const PresenceTotals& fault : policy.by_fault) faults.merge(fault);
      EXPECT_EQ(faults.false_offlines_after_quiet, policy.all.false_offlines_after_quiet);
      EXPECT_EQ(faults.disturbances, policy.all.disturbances);
    }
  }
}

}  // namespace
}  // namespace probate::analysis
