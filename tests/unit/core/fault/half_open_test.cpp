#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

Notices told_by(NoticesHow how) {
  Notices notices;
  notices.how = how;
  return notices;
}

TEST(HalfOpenFault, tells_the_device_after_its_notice_and_ends_when_it_is_back) {
  Scene scene{HalfOpen{told_by(NoticesHow::after), true}};
  scene.draws.notices = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(1min), Words{"+5.000 s: link died"});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.active(), 1u);
  EXPECT_EQ(scene.session_up(), Words{"healed"});
  EXPECT_EQ(scene.active(), 0u);
}

TEST(HalfOpenFault, does_not_tell_a_device_that_has_left_by_itself) {
  Scene scene{HalfOpen{told_by(NoticesHow::after), true}};
  scene.draws.notices = 5s;
  scene.fire();
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.until(1h), Words{});
}

TEST(HalfOpenFault, leaves_a_device_to_its_own_timeout) {
  Scene scene{HalfOpen{told_by(NoticesHow::own), true}};
  scene.draws.notices = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(24h), Words{});
  EXPECT_EQ(scene.heal(), Words{"healed"});
}

TEST(HalfOpenFault, tells_a_device_that_would_never_notice_when_it_is_healed) {
  Scene scene{HalfOpen{told_by(NoticesHow::never), true}};
  scene.fire();
  EXPECT_EQ(scene.until(24h), Words{});
  EXPECT_EQ(scene.heal(), (Words{"link died", "healed"}));
}

TEST(HalfOpenFault, keeps_the_device_away_for_its_time) {
  Scene scene{HalfOpen{told_by(NoticesHow::after), false}};
  scene.draws.notices = 5s;
  scene.draws.lasts = 60s;
  scene.fire();
  EXPECT_EQ(scene.until(30s), Words{"+5.000 s: link died"});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.until(2min), Words{"+60.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(HalfOpenFault, needs_a_link) {
  Scene scene{HalfOpen{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
}

}  // namespace
}  // namespace probate::fault::test
