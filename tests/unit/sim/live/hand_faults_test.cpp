#include "sim/live/hand_faults.hpp"

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"
#include "tests/unit/sim/live/lab.hpp"

namespace probate::live {
namespace {

// The id of the first fault by hand: behind the two of the scenario.
constexpr FaultId kFirst{2};

struct HandScene final : FaultDriver::Host, HandFaults::Host {
  HandScene()
      : driver{world.loop, world.proxy(), scenario, *this},
        by_hand{world.loop, driver, roster, ids, *this} {}

  void obey_device(Instant, const fault::Act&) override {}
  void obey_broker(Instant, const fault::Act&) override {}
  void latency_ended(Instant, DeviceId) override {}
  std::string strike(Instant now, FaultId id, DeviceId device, HandFaults::Met how,
                     const fault::Draws& draws) override {
    met.push_back(how);
    lasts.push_back(draws.lasts);
    return driver.fire(now, {id, device, view, draws});
  }

  FaultFacts add(fault::What what, std::optional<Duration> lasts_for = {}, bool newcomers = false) {
    scenario::HandFault fault;
    fault.spec.what = std::move(what);
    if (lasts_for) fault.spec.lasts = Constant{*lasts_for};
    fault.newcomers = newcomers;
    auto added = by_hand.add(world.loop.now(), {fault, {}});
    EXPECT_TRUE(added.has_value());
    return added ? *added : FaultFacts{};
  }
  std::vector<FaultFacts> list() { return by_hand.list(world.loop.now()); }
  template <typename Record>
  std::size_t count() const {
    return world.journal.all<Record>().size();
  }

  proxy::test::World world;
  std::vector<fault::FaultSpec> scenario{2};
  scenario::Scenario lab = test::lab();
  Roster roster{lab, 10};
  FaultIds ids{kFirst};
  FaultDriver driver;
  HandFaults by_hand;
  fault::DeviceView view{.powered = true, .online = true, .has_link = true};
  std::vector<std::optional<Duration>> lasts;  // of each strike
  std::vector<HandFaults::Met> met;
};

TEST(HandFaults, strike_at_once_and_are_told_to_the_journal_before_they_do) {
  HandScene scene;
  scene.roster.enroll("a");
  scene.roster.enroll("b");
  const FaultFacts facts = scene.add(fault::Refuse{});
  EXPECT_EQ(facts.number, 1u);
  EXPECT_EQ(facts.name, "hand-1");
  EXPECT_EQ(facts.what, "refuse");
  EXPECT_EQ(facts.hit, 2u);
  EXPECT_EQ(facts.active, 2u);
  EXPECT_EQ(facts.left, scenario::kHandFaultLasts);
  const auto added = scene.world.journal.all<journal::FaultAdded>();
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].fault, kFirst);
  EXPECT_EQ(added[0].name, "hand-1");
  const auto applied = scene.world.journal.all<journal::FaultApplied>();
  ASSERT_EQ(applied.size(), 2u);
  EXPECT_EQ(applied[1].fault, kFirst);
  EXPECT_EQ(scene.driver.faults_on(DeviceId{1}), std::vector{kFirst});
  EXPECT_EQ(scene.by_hand.name_of(kFirst), "hand-1");
}

TEST(HandFaults, say_whom_they_could_not_hit_and_why) {
  HandScene scene;
  scene.roster.enroll("a");
  scene.view.has_link = false;
  const FaultFacts facts = scene.add(fault::Stall{});
  EXPECT_EQ(facts.hit, 0u);
  EXPECT_EQ(facts.skipped, (std::map<std::string, std::uint64_t>{{"no_link", 1}}));
  EXPECT_TRUE(scene.list().empty());
}

TEST(HandFaults, say_why_they_select_nobody) {
  HandScene scene;
  const auto nobody = [&scene](fault::Selector on) {
    scenario::HandFault fault;
    fault.spec.what = fault::Stall{};
    fault.spec.on = std::move(on);
    return scene.by_hand.add(scene.world.loop.now(), {fault, {}})->nobody;
  };
  EXPECT_EQ(nobody({}), "nobody who fits has connected yet");
  scene.roster.enroll("a");
  scene.roster.enroll("b");
  EXPECT_EQ(nobody({}), "");
  EXPECT_EQ(nobody({.devices = "x"}), "nobody who fits has connected yet");
  EXPECT_EQ(nobody({.share = 0.1}), "a share of 10% comes to 0 of 2 devices that fit");
  EXPECT_EQ(nobody({.devices = "a", .online_only = true}), "none of 1 device that fits is online");
}

TEST(HandFaults, are_healed_one_by_one_or_all) {
  HandScene scene;
  scene.roster.enroll("a");
  scene.add(fault::Refuse{});
  scene.add(fault::ConnectDelay{1s});
  scene.add(fault::SlowClose{1s});
  const auto healed = scene.by_hand.heal(scene.world.loop.now(), 2);
  ASSERT_TRUE(healed.has_value());
  EXPECT_EQ(healed->name, "hand-2");
  EXPECT_FALSE(scene.by_hand.heal(scene.world.loop.now(), 2).has_value());
  EXPECT_FALSE(scene.by_hand.heal(scene.world.loop.now(), 99).has_value());
  EXPECT_EQ(scene.count<journal::FaultHealed>(), 1u);
  EXPECT_EQ(scene.list().size(), 2u);
  EXPECT_EQ(scene.by_hand.heal_all(scene.world.loop.now()).size(), 2u);
  EXPECT_EQ(scene.count<journal::FaultHealed>(), 3u);
  EXPECT_TRUE(scene.list().empty());
  EXPECT_TRUE(scene.driver.is_quiet());
}

TEST(HandFaults, end_by_themselves) {
  HandScene scene;
  scene.roster.enroll("a");
  scene.add(fault::Refuse{}, 5ms);
  scene.add(fault::ConnectDelay{1s}, 5ms, true);
  scene.world.until([&] { return scene.list().empty(); }, "both are over");
  EXPECT_EQ(scene.count<journal::FaultHealed>(), 2u);
}

TEST(HandFaults, hit_newcomers_once_each_if_they_are_to) {
  HandScene scene;
  scene.add(fault::Refuse{}, 1h, true);
  scene.add(fault::ConnectDelay{1s}, 1h);
  EXPECT_EQ(scene.list().size(), 1u);  // the other one hit nobody, and nobody can come to it
  const DeviceId late = scene.roster.enroll("late");
  scene.by_hand.greet(scene.world.loop.now(), late);
  scene.by_hand.greet(scene.world.loop.now(), late);
  scene.by_hand.session_up(scene.world.loop.now(), late);
  const auto all = scene.list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].hit, 1u);
  EXPECT_EQ(all[0].active, 1u);
  EXPECT_EQ(scene.met, std::vector{HandFaults::Met::connecting});
  EXPECT_EQ(scene.lasts, std::vector{std::optional<Duration>{}});  // the fault's own end is its
}

TEST(HandFaults, forget_a_device_whose_number_another_one_gets) {
  HandScene scene;
  scene.add(fault::Refuse{}, 1h, true);
  const DeviceId stream = scene.roster.enroll_stream();
  scene.by_hand.greet(scene.world.loop.now(), stream);
  EXPECT_EQ(scene.driver.active(kFirst), 1u);
  scene.driver.release(scene.world.loop.now(), stream, kNoFault);
  scene.by_hand.forget(stream);
  EXPECT_EQ(scene.driver.active(kFirst), 0u);
  scene.by_hand.greet(scene.world.loop.now(), stream);
  EXPECT_EQ(scene.driver.active(kFirst), 1u) << "it is somebody new";
}

TEST(HandFaults, let_go_of_a_newcomer_that_comes_back_otherwise) {
  HandScene scene;
  scenario::HandFault fault;
  fault.spec.what = fault::Refuse{};
  fault.spec.on.listener = "*:1884";
  fault.newcomers = true;
  ASSERT_TRUE(scene.by_hand.add(scene.world.loop.now(), {fault, {}}).has_value());
  const DeviceId device = scene.roster.enroll("m");
  const auto comes_to = [&](const char* listener) {
    scene.roster.note(device, {.username = "", .source = "10.20.0.1", .listener = listener});
    scene.by_hand.greet(scene.world.loop.now(), device);
    return scene.driver.active(kFirst);
  };
  EXPECT_EQ(comes_to("127.0.0.1:1884"), 1u);
  EXPECT_EQ(comes_to("127.0.0.1:1885"), 0u);
  EXPECT_EQ(scene.list().size(), 1u) << "it stands, for who comes to its own listener";
  EXPECT_EQ(comes_to("127.0.0.1:1884"), 1u);
}

TEST(HandFaults, hit_newcomers_that_they_select_once_they_have_the_session_that_is_needed) {
  HandScene scene;
  scenario::HandFault fault;
  fault.spec.what = fault::HalfOpen{};
  fault.spec.on.source = "10.20.*";
  fault.newcomers = true;
  ASSERT_TRUE(scene.by_hand.add(scene.world.loop.now(), {fault, {}}).has_value());
  const DeviceId near = scene.roster.enroll("near");
  scene.roster.note(near, {.username = "", .source = "10.20.0.1", .listener = ""});
  const DeviceId far = scene.roster.enroll("far");
  scene.roster.note(far, {.username = "", .source = "10.30.0.1", .listener = ""});
  scene.by_hand.greet(scene.world.loop.now(), near);
  EXPECT_EQ(scene.count<journal::FaultApplied>(), 0u);
  scene.by_hand.session_up(scene.world.loop.now(), near);
  scene.by_hand.session_up(scene.world.loop.now(), far);
  const auto applied = scene.world.journal.all<journal::FaultApplied>();
  ASSERT_EQ(applied.size(), 1u);
  EXPECT_EQ(applied[0].device, near);
  EXPECT_EQ(scene.met, std::vector{HandFaults::Met::as_it_is});
}

// A toxic that stops everything and then closes.
TEST(HandFaults, cut_what_they_hold_in_time_or_when_they_are_healed) {
  HandScene scene;
  proxy::test::Session first{scene.world, 1};
  proxy::test::Session second{scene.world, 2};
  for (const char* name : {"none", "a", "b"}) scene.roster.enroll(name);
  HandOrder order;
  order.fault.spec.what = fault::Stall{};
  order.fault.spec.on.devices = "a";
  order.cutting = Cutting{5ms};
  ASSERT_TRUE(scene.by_hand.add(scene.world.loop.now(), order).has_value());
  scene.world.until([&] { return first.device->got_fin(); }, "its time was over");
  order.fault.spec.on.devices = "b";
  order.cutting = Cutting{};
  const auto held = scene.by_hand.add(scene.world.loop.now(), order);
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(second.device->ended());
  scene.by_hand.heal(scene.world.loop.now(), held->number);
  scene.world.until([&] { return second.device->got_fin(); }, "it was healed");
}

TEST(HandFaults, are_so_many_at_a_time_and_no_more) {
  HandScene scene;
  scene.roster.enroll("a");
  for (std::size_t i = 0; i < HandFaults::kStandingMax; ++i) scene.add(fault::Refuse{});
  scenario::HandFault fault;
  fault.spec.what = fault::Refuse{};
  const auto refused = scene.by_hand.add(scene.world.loop.now(), {fault, {}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().why, Refusal::Why::too_many);
  ASSERT_TRUE(scene.by_hand.heal(scene.world.loop.now(), 1).has_value());
  EXPECT_EQ(scene.add(fault::Refuse{}).number, HandFaults::kStandingMax + 1);
}

TEST(HandFaults, skip_a_device_that_comes_back_with_a_version_that_cannot_say_it) {
  HandScene scene;
  scene.add(fault::Mqtt{.act = fault::PacketAct::inject, .reason = std::uint8_t{0x88}}, 1h, true);
  const Instant now = scene.world.loop.now();
  const DeviceId device = scene.roster.enroll("a");
  const auto comes = [&](mqtt::Version version) {
    scene.roster.note(device, {.username = "", .source = "", .listener = "", .version = version});
    scene.view.version = version;
    scene.driver.version_known(now, device, version);
    scene.by_hand.greet(now, device);
    const auto facts = scene.list();
    return facts.empty() ? FaultFacts{} : facts[0];
  };
  EXPECT_EQ(comes(mqtt::Version::v5).active, 1u);
  const FaultFacts old = comes(mqtt::Version::v3_1_1);
  EXPECT_EQ(old.active, 0u);
  EXPECT_EQ(old.skipped, (std::map<std::string, std::uint64_t>{{"version", 1}}));
  EXPECT_EQ(comes(mqtt::Version::v5).active, 1u);
}

TEST(HandFaults, that_are_over_at_once_have_no_time_left) {
  HandScene scene;
  scene.roster.enroll("a");
  EXPECT_EQ(scene.add(fault::Drop{}).left, Duration{});
  scene.view.has_link = false;
  EXPECT_EQ(scene.add(fault::Stall{}, 30s).left, Duration{}) << "it hit nobody";
  EXPECT_EQ(scene.add(fault::Stall{}, 30s, true).left, 30s) << "somebody may come";
}

}  // namespace
}  // namespace probate::live
