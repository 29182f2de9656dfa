#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(RebindFault, kills_the_socket_and_lets_the_device_redial_when_it_notices) {
  Scene scene{Rebind{}};
  scene.draws.notices = 4s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.until(1min), Words{"+4.000 s: link died"});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.session_up(), Words{"healed"});
}

TEST(RebindFault, needs_a_link) {
  Scene scene{Rebind{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
}

}  // namespace
}  // namespace probate::fault::test
