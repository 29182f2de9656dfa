#include "core/fault/budget.hpp"

#include <gtest/gtest.h>

namespace probate::fault {
namespace {

Instant at(Duration since) { return kRunStart + since; }

TEST(Budget, allows_its_rate_over_any_stretch_however_it_is_asked) {
  Budget budget{1000};
  std::uint64_t passed = 0;
  for (Duration t = 1s; t < 11s; t += 7ms) {
    const std::uint64_t now = budget.allowed(at(t));
    budget.spend(at(t), now);
    passed += now;
  }
  EXPECT_GE(passed, 9'900u);
  EXPECT_LE(passed, 10'050u) << "ten seconds and what it had saved";
}

TEST(Budget, saves_little_of_what_idles) {
  Budget budget{1000};
  EXPECT_EQ(budget.allowed(at(1h)), 50u) << "a twentieth of a second";
  budget.spend(at(1h), 50);
  EXPECT_EQ(budget.allowed(at(1h)), 0u);
}

TEST(Budget, says_when_so_much_will_be_allowed) {
  Budget budget{1000};
  budget.spend(at(1s), 50);
  const Instant due = budget.allowed_at(at(1s), 10);
  EXPECT_EQ(due, at(1s + 10ms));
  EXPECT_EQ(budget.allowed(due), 10u);
  EXPECT_EQ(budget.allowed_at(at(1s), 1'000'000), at(1s + 50ms)) << "more is never saved";
  EXPECT_GT(budget.allowed_at(at(1s), 0), at(1s)) << "a timer always moves on";
}

TEST(Budget, a_late_timer_loses_nothing) {
  Budget budget{1000};
  budget.spend(at(1s), 50);
  EXPECT_EQ(budget.allowed(at(1s + 30ms)), 30u);
}

TEST(Budget, can_save_one_byte_however_slow_it_is) {
  Budget budget{16};
  EXPECT_EQ(budget.allowed(at(1s)), 1u);
  budget.spend(at(1s), 1);
  EXPECT_EQ(budget.allowed(at(1s + 62ms)), 0u);
  EXPECT_EQ(budget.allowed(budget.allowed_at(at(1s), 1)), 1u);
}

}  // namespace
}  // namespace probate::fault
