// Faults that only change how a device's links behave: one act at the beginning, one at the end.
#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

struct Expected {
  What what;
  std::string on;
  std::string off;
};

std::vector<Expected> all_of_them() {
  return {
      {Lossy{0.02, 200ms, FlowDirection::up}, "delay 0s 0s loss 0.02 200ms", "delay 0s 0s"},
      {Slice{64, 10ms, FlowDirection::down}, "slice down 64 10ms", "slice down 0 0s"},
      {Limit{.bytes = 4096, .how = CutHow::fin, .direction = FlowDirection::up},
       "limit fin up bytes 4096", "limit rst both"},
      {Limit{.after = 30s}, "limit rst both after 30s", "limit rst both"},
      {SlowClose{5s}, "delay fin 5s", "delay fin 0s"},
  };
}

TEST(LinkQualityFaults, last_for_their_time) {
  for (const Expected& each : all_of_them()) {
    SCOPED_TRACE(to_text(each.what));
    Scene scene{each.what};
    scene.draws.lasts = 1min;
    EXPECT_EQ(scene.fire(), (Words{"applied", each.on}));
    EXPECT_EQ(scene.fire(), Words{"skipped still_active"});
    EXPECT_EQ(scene.link_down(), Words{});
    EXPECT_EQ(scene.attach(), "admit");
    EXPECT_EQ(scene.session_up(), Words{}) << "the links themselves remember";
    EXPECT_EQ(scene.until(59s), Words{});
    EXPECT_EQ(scene.until(2min), (Words{"+60.000 s: " + each.off, "+60.000 s: healed"}));
    EXPECT_EQ(scene.active(), 0u);
  }
}

TEST(LinkQualityFaults, healed_early_they_let_go) {
  for (const Expected& each : all_of_them()) {
    SCOPED_TRACE(to_text(each.what));
    Scene scene{each.what};
    scene.fire();
    EXPECT_EQ(scene.heal(), (Words{each.off, "healed"}));
  }
}

TEST(LinkQualityFaults, need_power_but_no_link) {
  for (const Expected& each : all_of_them()) {
    SCOPED_TRACE(to_text(each.what));
    Scene scene{each.what};
    scene.view.has_link = false;
    EXPECT_EQ(scene.fire(), (Words{"applied", each.on}));
    Scene off{each.what};
    off.view.powered = false;
    EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
  }
}

}  // namespace
}  // namespace probate::fault::test
