#include "sim/live/fault_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::live {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PhaseId kStorm{0};
constexpr PhaseId kCalm{1};
constexpr DeviceId kDevice{0};

fault::FaultSpec fault_at(const char* name, Duration offset, fault::What what = fault::Refuse{},
                          PhaseId phase = kStorm) {
  fault::FaultSpec fault;
  fault.name = name;
  fault.timing = fault::Once{phase, offset};
  fault.what = std::move(what);
  return fault;
}

scenario::Scenario with_faults(std::vector<fault::FaultSpec> faults) {
  scenario::Scenario scenario;
  scenario.phases = {{"storm", std::nullopt, scenario::ForDuration{1h}},
                     {"calm", std::nullopt, scenario::ForDuration{1h}}};
  scenario.faults = std::move(faults);
  return scenario;
}

// Every fault hits one device, at once.
struct PlanScene final : FaultDriver::Host, FaultPlan::Host {
  explicit PlanScene(std::vector<fault::FaultSpec> faults)
      : scenario{with_faults(std::move(faults))},
        ids{FaultId{static_cast<std::uint16_t>(scenario.faults.size())}},
        driver{world.loop, world.proxy(), scenario.faults, *this},
        plan{world.loop, driver, scenario, ids, *this} {}

  void obey_device(Instant, const fault::Act&) override {}
  void obey_broker(Instant, const fault::Act&) override {}
  void latency_ended(Instant, DeviceId) override {}
  void fire_fault(Instant now, FaultId id, const fault::FaultSpec& fault, std::uint32_t) override {
    fired.push_back(fault.name);
    driver.fire(now, {id, kDevice, {}, {}});
  }

  // As the phases do it with those that the run began with.
  void fire(FaultId id) { fire_fault(now(), id, scenario.faults[id.index()], 0); }
  FaultsChange replace(std::vector<fault::FaultSpec> faults) {
    const auto next = std::make_shared<NextScenario>(with_faults(std::move(faults)));
    const auto change = plan.replace(now(), next, [this](const FaultsChange&) { ++told; });
    EXPECT_TRUE(change.has_value());
    return change ? *change : FaultsChange{};
  }
  std::vector<std::string> active() const {
    std::vector<std::string> names;
    for (const FaultFacts& facts : plan.active()) names.push_back(facts.name);
    return names;
  }
  Instant now() { return world.loop.now(); }

  proxy::test::World world;
  scenario::Scenario scenario;
  FaultIds ids;
  FaultDriver driver;
  FaultPlan plan;
  std::vector<std::string> fired;
  int told = 0;
};

TEST(FaultPlan, lets_the_same_fault_go_on_and_heals_one_that_is_gone) {
  PlanScene scene{{fault_at("keep", 0s), fault_at("drop", 0s)}};
  scene.plan.phase_began(scene.now(), kStorm);
  scene.fire(FaultId{0});
  scene.fire(FaultId{1});
  ASSERT_THAT(scene.active(), ElementsAre("keep", "drop"));
  const FaultsChange change = scene.replace({fault_at("keep", 0s)});
  EXPECT_EQ(change.kept, 1u);
  EXPECT_THAT(change.removed, ElementsAre("drop"));
  EXPECT_THAT(scene.active(), ElementsAre("keep"));
  EXPECT_EQ(scene.driver.faults_on(kDevice), std::vector{FaultId{0}});
  EXPECT_FALSE(scene.plan.stands(FaultId{1})) << "its next firing is nobody's";
  EXPECT_TRUE(scene.plan.stands(FaultId{0}));
  const auto healed = scene.world.journal.all<journal::FaultHealed>();
  ASSERT_EQ(healed.size(), 1u);
  EXPECT_EQ(healed[0].fault, FaultId{1});
}

TEST(FaultPlan, counts_the_time_of_a_new_fault_from_its_coming) {
  PlanScene scene{{}};
  scene.plan.phase_began(scene.now() - 30min, kStorm);
  const FaultsChange change =
      scene.replace({fault_at("at-once", 0s), fault_at("soon", 20ms), fault_at("later", 40min)});
  EXPECT_THAT(change.added, ElementsAre("at-once", "soon", "later"));
  EXPECT_THAT(scene.fired, ElementsAre("at-once"));
  scene.world.until([&] { return scene.fired.size() == 2; }, "the next one fires by itself");
  EXPECT_EQ(scene.fired.back(), "soon");
  const auto added = scene.world.journal.all<journal::FaultAdded>();
  ASSERT_EQ(added.size(), 3u);
  EXPECT_EQ(added[0].name, "at-once");
  EXPECT_EQ(scene.plan.name_of(added[0].fault), "at-once");
}

TEST(FaultPlan, begins_a_changed_fault_anew_under_another_id) {
  PlanScene scene{{fault_at("slow", 0s, fault::ConnectDelay{1s})}};
  scene.plan.phase_began(scene.now(), kStorm);
  scene.fire(FaultId{0});
  const FaultsChange change = scene.replace({fault_at("slow", 0s, fault::ConnectDelay{2s})});
  EXPECT_THAT(change.changed, ElementsAre("slow"));
  EXPECT_THAT(change.removed, IsEmpty());
  EXPECT_EQ(change.kept, 0u);
  EXPECT_EQ(scene.driver.faults_on(kDevice), std::vector{FaultId{1}});
  // A third time, back to the first words: one more id.
  scene.replace({fault_at("slow", 0s, fault::ConnectDelay{1s})});
  EXPECT_EQ(scene.driver.faults_on(kDevice), std::vector{FaultId{2}});
}

TEST(FaultPlan, keeps_a_fault_that_came_later_when_the_file_is_read_once_more) {
  PlanScene scene{{}};
  scene.plan.phase_began(scene.now(), kStorm);
  scene.replace({fault_at("late", 0s)});
  const FaultsChange change = scene.replace({fault_at("late", 0s), fault_at("later", 0s)});
  EXPECT_EQ(change.kept, 1u);
  EXPECT_THAT(scene.fired, ElementsAre("late", "later")) << "late does not fire again";
  EXPECT_THAT(scene.active(), ElementsAre("late", "later"));
}

TEST(FaultPlan, says_whom_a_fault_is_on_in_the_words_of_the_file) {
  fault::FaultSpec fault = fault_at("part", 0s);
  fault.on = {.group = GroupId{1}, .share = 0.5};
  PlanScene scene{{fault}};
  scene.scenario.fleet.resize(2);
  scene.scenario.fleet[1].name = "gws";
  scene.plan.phase_began(scene.now(), kStorm);
  scene.fire(FaultId{0});
  ASSERT_EQ(scene.plan.active().size(), 1u);
  EXPECT_EQ(scene.plan.active()[0].on, "group: gws, share: 50%");
}

TEST(FaultPlan, waits_with_a_fault_for_its_phase_and_says_which_is_over) {
  PlanScene scene{{}};
  const FaultsChange early = scene.replace({fault_at("storm", 0s)});
  EXPECT_THAT(early.past, IsEmpty());
  EXPECT_THAT(scene.fired, IsEmpty()) << "no phase has begun";
  scene.plan.phase_began(scene.now(), kStorm);
  scene.world.until([&] { return !scene.fired.empty(); }, "its phase has begun");
  EXPECT_THAT(scene.fired, ElementsAre("storm"));
  scene.replace({fault_at("storm", 0s), fault_at("calm", 0s, fault::Refuse{}, kCalm)});
  EXPECT_EQ(scene.fired.size(), 1u);
  scene.plan.phase_began(scene.now(), kCalm);
  scene.world.until([&] { return scene.fired.size() > 1; }, "the other one has begun");
  EXPECT_THAT(scene.fired, ElementsAre("storm", "calm"));
  const FaultsChange late = scene.replace({fault_at("too-late", 0s)});
  EXPECT_THAT(late.past, ElementsAre("too-late"));
  EXPECT_EQ(scene.fired.size(), 2u);
}

TEST(FaultPlan, fires_nothing_once_it_is_stopped) {
  PlanScene scene{{}};
  scene.plan.phase_began(scene.now(), kStorm);
  scene.plan.stop();
  scene.replace({fault_at("late", 0s)});
  EXPECT_THAT(scene.fired, IsEmpty());
}

TEST(FaultPlan, takes_all_or_nothing_when_ids_run_out) {
  PlanScene scene{{fault_at("old", 0s)}};
  while (scene.ids.left() > 1) scene.ids.take();
  const auto next =
      std::make_shared<NextScenario>(with_faults({fault_at("one", 0s), fault_at("two", 0s)}));
  const auto change =
      scene.plan.replace(scene.now(), next, [&](const FaultsChange&) { ++scene.told; });
  ASSERT_FALSE(change.has_value());
  EXPECT_EQ(change.error().why, Refusal::Why::too_many);
  EXPECT_EQ(scene.told, 0);
  EXPECT_TRUE(scene.plan.stands(FaultId{0}));
  EXPECT_EQ(scene.ids.left(), 1u);
}

}  // namespace
}  // namespace probate::live
