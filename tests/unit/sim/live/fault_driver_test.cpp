#include "sim/live/fault_driver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::live {
namespace {

constexpr FaultId kOnlyFault{0};
constexpr DeviceId kVictim{1};

struct DriverHost final : FaultDriver::Host {
  void obey_device(Instant, const fault::Act& act) override { acts.push_back(act); }
  void obey_broker(Instant, const fault::Act& act) override { acts.push_back(act); }
  void latency_ended(Instant, DeviceId device) override { uncovered.push_back(device); }

  std::vector<fault::Act> acts;
  std::vector<DeviceId> uncovered;
};

// One fault on the links of a proxy between scripted peers.
struct DriverScene {
  explicit DriverScene(fault::What what) {
    fault::FaultSpec spec;
    spec.what = std::move(what);
    faults.push_back(std::move(spec));
    driver = std::make_unique<FaultDriver>(world.loop, world.proxy(), faults, host);
  }
  void fire(const fault::Draws& draws = {}) {
    fault::DeviceView view = world.proxy().view(kVictim);
    view.online = view.has_link;
    driver->fire(world.loop.now(), kOnlyFault, kVictim, view, draws);
  }

  proxy::test::World world;
  DriverHost host;
  std::vector<fault::FaultSpec> faults;
  std::unique_ptr<FaultDriver> driver;
};

TEST(FaultDriver, performs_on_the_links_what_the_pipeline_decides) {
  DriverScene scene{fault::Drop{.how = fault::CutHow::rst}};
  proxy::test::Session session{scene.world};
  scene.fire();
  scene.world.until([&] { return session.device->got_rst(); }, "the device was cut");
  EXPECT_EQ(scene.world.journal.all<journal::FaultApplied>().size(), 1u);
  EXPECT_TRUE(scene.driver->is_quiet());
}

TEST(FaultDriver, writes_down_whom_a_fault_could_not_hit_and_why) {
  DriverScene scene{fault::Drop{}};
  scene.fire();
  const auto skipped = scene.world.journal.all<journal::FaultSkipped>();
  ASSERT_EQ(skipped.size(), 1u);
  EXPECT_EQ(skipped[0].device, kVictim);
  EXPECT_FALSE(skipped[0].reason.empty());
}

TEST(FaultDriver, says_when_a_latency_is_over) {
  DriverScene scene{fault::Latency{.delay = 5ms}};
  proxy::test::Session session{scene.world};
  scene.fire();
  EXPECT_TRUE(scene.host.uncovered.empty());
  scene.driver->heal_all(scene.world.loop.now());
  EXPECT_EQ(scene.host.uncovered, std::vector<DeviceId>{kVictim});
  EXPECT_EQ(scene.world.journal.all<journal::FaultHealed>().size(), 1u);
}

TEST(FaultDriver, tells_the_host_in_time_what_only_a_device_can_do) {
  DriverScene scene{fault::HalfOpen{}};
  proxy::test::Session session{scene.world};
  fault::Draws draws;
  draws.notices = 1ms;
  scene.fire(draws);
  EXPECT_FALSE(scene.driver->is_quiet());
  scene.world.until([&] { return !scene.host.acts.empty(); }, "the device was told");
  EXPECT_TRUE(std::holds_alternative<fault::LinkDied>(scene.host.acts[0].what));
  EXPECT_EQ(scene.host.acts[0].device, kVictim);
}

}  // namespace
}  // namespace probate::live
