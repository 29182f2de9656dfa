#include "core/scenario/phase_machine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::ElementsAre;
using testing::EndsWith;

// Runs a machine to its end or for a time, and keeps what it asked for.
class Stage final : public PhaseMachine::Host {
 public:
  explicit Stage(Scenario scenario)
      : scenario_{std::move(scenario)},
        schedule_{scenario_},
        machine{scenario_, schedule_, *this} {}

  void runs_until(Instant end) {
    if (now == kRunStart) machine.start(now);
    while (machine.next_timeout() <= end) {
      now = machine.next_timeout();
      machine.handle_timeout(now);
    }
  }

  std::vector<std::string> told;
  std::size_t connected = 0;
  std::size_t fired = 0;
  double online = 0;
  bool is_settled = false;
  Instant now = kRunStart;

 private:
  void tell(std::string what) { told.push_back(to_text(now) + " " + std::move(what)); }

  void phase_began(Instant, PhaseId phase) override { tell(fmt::format("begin {}", phase.value)); }
  void phase_ended(Instant, PhaseId phase, bool timed_out) override {
    tell(fmt::format("end {}{}", phase.value, timed_out ? " timed out" : ""));
  }
  void connect_device(DeviceId, Instant intended) override {
    EXPECT_LE(intended, now);
    ++connected;
  }
  void fire(Instant, const Firing&) override { ++fired; }
  double online_share() const override { return online; }
  void heal(Instant) override { tell("heal"); }
  bool settled(Instant) override { return is_settled; }
  void phases_over(Instant) override { tell("over"); }

  Scenario scenario_;
  Schedule schedule_;

 public:
  PhaseMachine machine;
};

TEST(PhaseMachine, takes_a_run_from_its_first_phase_to_its_end) {
  Stage stage{sample()};
  stage.online = 1;
  stage.is_settled = true;
  stage.runs_until(Instant{1h});
  EXPECT_THAT(stage.told, ElementsAre("+0.000 s begin 0", "+0.000 s end 0", "+0.000 s begin 1",
                                      "+300.000 s end 1", "+300.000 s begin 2", "+300.000 s heal",
                                      "+300.000 s end 2", "+300.000 s over"));
  EXPECT_EQ(stage.machine.next_timeout(), kNever);
}

TEST(PhaseMachine, connects_every_device_when_the_schedule_says) {
  Stage stage{sample()};
  stage.runs_until(Instant{1s});
  EXPECT_EQ(stage.connected, 30U);
}

TEST(PhaseMachine, gives_up_a_condition_at_its_timeout) {
  Stage stage{sample()};
  stage.online = 0.5;
  stage.runs_until(Instant{3min} + PhaseMachine::kConditionInterval);
  EXPECT_THAT(stage.told,
              ElementsAre("+0.000 s begin 0", EndsWith("end 0 timed out"), EndsWith("begin 1")));
  EXPECT_EQ(stage.told[1].substr(0, 5), "+180.");
}

TEST(PhaseMachine, settle_that_never_does_ends_at_its_limit) {
  Stage stage{sample()};
  stage.online = 1;
  stage.runs_until(Instant{1h});
  EXPECT_EQ(stage.told.back(), "+900.000 s over");
  EXPECT_EQ(*(stage.told.end() - 2), "+900.000 s end 2 timed out");
}

TEST(PhaseMachine, fires_within_its_phase_only) {
  Scenario scenario = sample();
  scenario.faults = {sample_fault("f", fault::Repeated{1min, kStorm}, fault::Drop{})};
  Stage stage{scenario};
  stage.online = 1;
  stage.is_settled = true;
  stage.runs_until(Instant{150s});
  EXPECT_EQ(stage.fired, 3U) << "at 0, 60 and 120 s";
  stage.runs_until(Instant{1h});
  EXPECT_EQ(stage.fired, 5U);
}

TEST(PhaseMachine, does_nothing_after_stop) {
  Stage stage{sample()};
  stage.runs_until(Instant{1s});
  stage.machine.stop();
  stage.runs_until(Instant{1h});
  EXPECT_THAT(stage.told, ElementsAre("+0.000 s begin 0"));
}

}  // namespace
}  // namespace probate::scenario
