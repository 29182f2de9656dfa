#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(VanishFault, forgets_the_legs_that_it_says_and_silences_the_other) {
  const std::vector<std::pair<LegChoice, const char*>> legs_and_words{
      {LegChoice::both, "ghost that resets both"},
      {LegChoice::device, "ghost that resets"},
      {LegChoice::broker, "ghost that resets the broker"}};
  for (const auto& [leg, words] : legs_and_words) {
    Scene scene{Vanish{leg}};
    EXPECT_EQ(scene.fire(), (Words{"applied", words}));
  }
}

TEST(VanishFault, is_over_when_the_device_is_back_and_tells_it_nothing) {
  Scene scene{Vanish{}};
  scene.fire();
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.until(24h), Words{});
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.session_up(), Words{"healed"});
}

TEST(VanishFault, is_healed_without_an_act) {
  Scene scene{Vanish{}};
  scene.fire();
  EXPECT_EQ(scene.heal(), Words{"healed"});
}

TEST(VanishFault, by_hand_is_over_after_its_time) {
  Scene scene{Vanish{}};
  scene.draws.lasts = 5min;
  scene.fire();
  EXPECT_EQ(scene.until(1h), Words{"+300.000 s: healed"});
}

TEST(VanishFault, needs_a_link) {
  Scene scene{Vanish{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
}

}  // namespace
}  // namespace probate::fault::test
