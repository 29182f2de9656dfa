#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

NatIdle forgets(NatThen then) { return {.after = 240s, .then = then}; }

TEST(NatIdleFault, makes_a_ghost_of_an_idle_link_and_tells_the_device_after_its_notice) {
  Scene scene{forgets(NatThen::silent)};
  scene.draws.notices = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch idle 4m"}));
  EXPECT_EQ(scene.until(10min), Words{}) << "the pipeline waits for the link, not for a time";
  EXPECT_EQ(scene.link_idle(), Words{"ghost"});
  EXPECT_EQ(scene.until(11min), Words{"+605.000 s: link died"});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.active(), 1u) << "the next connection idles as well";
  EXPECT_EQ(scene.link_idle(), Words{"ghost"});
  EXPECT_EQ(scene.until(12min), Words{"+665.000 s: link died"});
}

TEST(NatIdleFault, resets_only_the_device_when_it_sends) {
  Scene scene{forgets(NatThen::rst_sender)};
  scene.draws.notices = 5s;
  scene.fire();
  EXPECT_EQ(scene.link_idle(), Words{"ghost that resets"});
  EXPECT_EQ(scene.until(1h), Words{}) << "its own packet tells it";
  EXPECT_EQ(scene.heal(), (Words{"unwatch idle", "healed"}));
}

TEST(NatIdleFault, resets_both_sides_at_expiry) {
  Scene scene{forgets(NatThen::rst)};
  scene.fire();
  EXPECT_EQ(scene.link_idle(), Words{"cut both rst"});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.until(1h), Words{});
}

TEST(NatIdleFault, forgets_its_notice_when_the_device_is_back_before_it) {
  Scene scene{forgets(NatThen::silent)};
  scene.draws.notices = 5s;
  scene.fire();
  scene.link_idle();
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.until(1h), Words{}) << "the notice would hit the new connection";
}

TEST(NatIdleFault, is_over_after_its_time) {
  Scene scene{forgets(NatThen::rst)};
  scene.draws.lasts = 30min;
  scene.fire();
  EXPECT_EQ(scene.until(1h), (Words{"+1800.000 s: unwatch idle", "+1800.000 s: healed"}));
  EXPECT_EQ(scene.active(), 0u);
  EXPECT_EQ(scene.link_idle(), Words{});
}

TEST(NatIdleFault, healed_early_it_tells_a_device_whose_link_is_dead) {
  NatIdle spec = forgets(NatThen::silent);
  spec.notices.how = NoticesHow::never;
  Scene scene{spec};
  scene.fire();
  scene.link_idle();
  EXPECT_EQ(scene.heal(), (Words{"unwatch idle", "link died", "healed"}));
  Scene unharmed{spec};
  unharmed.fire();
  EXPECT_EQ(unharmed.heal(), (Words{"unwatch idle", "healed"}));
}

TEST(NatIdleFault, hears_only_of_its_own_idle_spells) {
  Scene scene{std::vector<FaultSpec>{spec_of(forgets(NatThen::silent)), spec_of(Latency{1s})}};
  scene.fire(0);
  EXPECT_EQ(scene.link_idle(1), Words{});
}

TEST(NatIdleFault, needs_power_but_no_link) {
  Scene scene{forgets(NatThen::silent)};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch idle 4m"}));
  EXPECT_EQ(scene.fire(), Words{"skipped still_active"});
  Scene off{forgets(NatThen::silent)};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
}

}  // namespace
}  // namespace probate::fault::test
