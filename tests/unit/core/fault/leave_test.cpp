#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(LeaveFault, tells_the_device_when_to_return) {
  Scene scene{Leave{}};
  scene.draws.lasts = 30s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "leave 30s"}));
  EXPECT_EQ(scene.until(1h), Words{"+30.000 s: healed"});
  Scene for_good{Leave{}};
  EXPECT_EQ(for_good.fire(), (Words{"applied", "leave"}));
}

TEST(LeaveFault, needs_a_session_to_leave) {
  Scene scene{Leave{}};
  scene.view.online = false;
  EXPECT_EQ(scene.fire(), Words{"skipped not_online"});
}

}  // namespace
}  // namespace probate::fault::test
