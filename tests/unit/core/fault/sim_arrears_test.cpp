#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(SimArrearsFault, cuts_now_and_swallows_every_connect_until_paid) {
  Scene scene{SimArrears{ArrearsMode::cut, {}}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(60s), Words{"+3.000 s: link died"});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, bars_only_the_next_attach) {
  Scene scene{SimArrears{ArrearsMode::barred, {}}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.until(60s), Words{}) << "the live session is not told anything";
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, needs_a_link_to_cut_but_none_to_bar) {
  Scene cut{SimArrears{ArrearsMode::cut, {}}};
  cut.view.has_link = false;
  EXPECT_EQ(cut.fire(), Words{"skipped no_link"});
  Scene barred{SimArrears{ArrearsMode::barred, {}}};
  barred.view.has_link = false;
  EXPECT_EQ(barred.fire(), Words{"applied"});
  Scene off{SimArrears{ArrearsMode::barred, {}}};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
}

TEST(SimArrearsFault, leads_into_a_walled_garden) {
  Scene scene{SimArrears{.mode = ArrearsMode::walled_garden}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(60s), Words{"+3.000 s: link died"});
  EXPECT_EQ(scene.attach(), "redirect");
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, a_garden_may_discard_instead_and_waits_for_who_has_no_link) {
  Scene scene{SimArrears{.mode = ArrearsMode::walled_garden, .answer = GardenAnswer::discard}};
  scene.view.has_link = false;
  scene.draws.notices = 3s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.until(60s), Words{});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.heal(), Words{"healed"}) << "no link of its died";
}

TEST(SimArrearsFault, throttles_the_sim_both_ways_together) {
  Scene scene{SimArrears{.mode = ArrearsMode::throttled, .bytes_per_second = 2048}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "throttle both 2048 shared"}));
  EXPECT_EQ(scene.until(60s), Words{});
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.until(1h), (Words{"+120.000 s: throttle both 0 shared", "+120.000 s: healed"}));
}

}  // namespace
}  // namespace probate::fault::test
