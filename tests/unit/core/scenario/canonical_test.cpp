#include "core/scenario/canonical.hpp"

#include <functional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

TEST(CanonicalText, leaves_out_what_means_nothing_for_the_experiment) {
  Scenario scenario = sample();
  const std::string before = canonical_text(scenario);
  scenario.name = "other";
  scenario.about = "words";
  scenario.file = "other.yaml";
  scenario.broker.username = "user";
  scenario.broker.password = "secret";
  EXPECT_EQ(canonical_text(scenario), before);
}

TEST(CanonicalText, every_change_of_meaning_shows) {
  const std::vector<std::function<void(Scenario&)>> changes{
      [](Scenario& s) { s.seed = 8; },
      [](Scenario& s) { s.fidelity = fault::Fidelity::segment; },
      [](Scenario& s) { s.devices[0].client_id = text("x{index}"); },
      [](Scenario& s) { s.devices[0].keep_alive = 11s; },
      [](Scenario& s) { s.devices[0].clean = false; },
      [](Scenario& s) { s.devices[0].will->payload = text("{client_id} {epoch}"); },
      [](Scenario& s) { s.devices[0].will->retain = true; },
      [](Scenario& s) { s.devices[0].will.reset(); },
      [](Scenario& s) { s.devices[0].on_error = device::OnError::reset; },
      [](Scenario& s) { s.devices[0].pingresp_timeout = 5s; },
      [](Scenario& s) { s.devices[0].publish.clear(); },
      [](Scenario& s) { s.devices[0].connect.retry.jitter = device::Jitter::none; },
      [](Scenario& s) { s.broker.capacity.emplace(); },
      [](Scenario& s) { s.broker.capacity = BrokerCapacity{.connects_per_second = 9}; },
      [](Scenario& s) { s.fleet[0].count = 21; },
      [](Scenario& s) { s.fleet[0].link.latency = 1ms; },
      [](Scenario& s) { s.phases[1].end = ForDuration{6min}; },
      [](Scenario& s) { s.phases[0].connect->arrival = Arrival::poisson; },
      [](Scenario& s) {
        s.faults.push_back(sample_fault("f", fault::Once{kStorm, 1s}, fault::Drop{}));
      },
      [](Scenario& s) {
        s.faults.push_back(sample_fault("f", fault::Once{kStorm, 2s}, fault::Drop{}));
      },
      [](Scenario& s) { s.backend.wills = {"#"}; },
      [](Scenario& s) { s.backend.presence.pop_back(); },
      [](Scenario& s) { s.judge.flicker = 2s; },
      [](Scenario& s) { s.judge.takeover_reading = broker::Reading::b; },
      [](Scenario& s) {
        s.gate.push_back({.name = "r", .expect = "wills_missing == 0", .over = "", .per = ""});
      },
  };
  std::set<std::string> texts{canonical_text(sample())};
  for (const auto& change : changes) {
    Scenario scenario = sample();
    change(scenario);
    texts.insert(canonical_text(scenario));
  }
  EXPECT_EQ(texts.size(), changes.size() + 1);
}

TEST(SectionChanged, is_none_for_other_faults_and_other_names) {
  Scenario next = sample();
  next.name = "other";
  next.about = "words";
  next.faults.push_back(sample_fault("f", fault::Once{kStorm, 1s}, fault::Drop{}));
  EXPECT_EQ(section_changed(sample(), next), "");
}

TEST(SectionChanged, is_named) {
  const auto changed = [](const std::function<void(Scenario&)>& change) {
    Scenario next = sample();
    change(next);
    return section_changed(sample(), next);
  };
  EXPECT_EQ(changed([](Scenario& s) { s.seed = 8; }), "seed");
  EXPECT_EQ(changed([](Scenario& s) { s.broker.profile = "x"; }), "broker");
  EXPECT_EQ(changed([](Scenario& s) { s.broker.password = "x"; }), "broker");
  EXPECT_EQ(changed([](Scenario& s) { s.phases[1].name = "x"; }), "phases");
  EXPECT_EQ(changed([](Scenario& s) { s.backend.wills = {"phases.x"}; }), "backend");
  EXPECT_EQ(changed([](Scenario& s) { s.judge.flicker = 2s; }), "judge");
  EXPECT_EQ(
      changed([](Scenario& s) {
        s.gate.push_back({.name = "r", .expect = "wills_missing == 0", .over = "", .per = ""});
      }),
      "gate");
}

}  // namespace
}  // namespace probate::scenario
