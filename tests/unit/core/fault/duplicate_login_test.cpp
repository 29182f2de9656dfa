#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(DuplicateLoginFault, logs_in_so_many_times_with_a_gap_and_then_leaves) {
  Scene scene{DuplicateLogin{3, 2s, TwinWill::strip}};
  EXPECT_EQ(scene.fire(), (Words{"applied", "twin without will"}));
  EXPECT_EQ(scene.until(1h), (Words{"+2.000 s: twin without will", "+4.000 s: twin without will",
                                    "+6.000 s: close twins", "+6.000 s: healed"}));
}

TEST(DuplicateLoginFault, goes_on_while_the_victim_is_out) {
  Scene scene{DuplicateLogin{2, 2s, TwinWill::carry}};
  scene.fire();
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.until(2s), Words{"+2.000 s: twin"});
}

TEST(DuplicateLoginFault, leaves_when_healed) {
  Scene scene{DuplicateLogin{5, 2s, TwinWill::carry}};
  scene.fire();
  EXPECT_EQ(scene.heal(), (Words{"close twins", "healed"}));
  EXPECT_EQ(scene.until(1h), Words{});
}

TEST(DuplicateLoginFault, needs_a_connect_to_copy) {
  Scene scene{DuplicateLogin{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
  scene.view.speaks_mqtt = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_mqtt"});
}

}  // namespace
}  // namespace probate::fault::test
