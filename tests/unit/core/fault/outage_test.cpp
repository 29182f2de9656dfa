#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(OutageFault, silences_the_link_and_hears_no_connect_until_it_is_over) {
  Scene scene{Outage{}};
  scene.draws.lasts = 30s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "silence both"}));
  EXPECT_EQ(scene.until(10s), Words{});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.until(1min), (Words{"+30.000 s: resume", "+30.000 s: healed"}));
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(OutageFault, healed_early_it_resumes) {
  Scene scene{Outage{}};
  scene.fire();
  EXPECT_EQ(scene.heal(), (Words{"resume", "healed"}));
  EXPECT_EQ(scene.active(), 0u);
}

TEST(OutageFault, heals_members_one_after_another_over_its_ramp) {
  std::vector<FaultSpec> specs{spec_of(Outage{})};
  specs[0].ramp = 10s;
  Pipeline pipeline{specs};
  Acts acts;
  for (const std::uint32_t device : {1u, 2u}) {
    pipeline.fire(kRunStart, {FaultId{0}, DeviceId{device}, {.has_link = true}, {}}, acts);
  }
  pipeline.heal_all(kRunStart, acts);
  EXPECT_EQ(pipeline.active(FaultId{0}), 1u);
  EXPECT_EQ(pipeline.next_timeout(), kRunStart + 5s);
  pipeline.handle_timeout(kRunStart + 5s, acts);
  EXPECT_EQ(pipeline.active(FaultId{0}), 0u);
}

TEST(OutageFault, hits_a_device_that_is_just_connecting_too) {
  Scene scene{Outage{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "silence both"}));
  EXPECT_EQ(scene.attach(), "swallow");
}

TEST(OutageFault, skips_who_has_no_power_or_is_silent_already) {
  Scene off{Outage{}};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
  Scene silent{Outage{}};
  silent.view.silent = true;
  EXPECT_EQ(silent.fire(), Words{"skipped already_silent"});
}

}  // namespace
}  // namespace probate::fault::test
