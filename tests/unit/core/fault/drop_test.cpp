#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(DropFault, cuts_at_once_and_is_over) {
  Scene scene{Drop{CutHow::fin, LegChoice::broker}};
  EXPECT_EQ(scene.fire(), (Words{"applied", "cut broker fin", "healed"}));
  EXPECT_EQ(scene.active(), 0u);
  EXPECT_EQ(scene.until(1h), Words{});
}

TEST(DropFault, needs_a_link) {
  Scene scene{Drop{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
}

TEST(DropFault, beats_a_silence) {
  Scene scene{Drop{}};
  scene.view.silent = true;
  EXPECT_EQ(scene.fire(), (Words{"applied", "cut both rst", "healed"}));
}

}  // namespace
}  // namespace probate::fault::test
