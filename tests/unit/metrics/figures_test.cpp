#include "metrics/figures.hpp"

#include <gtest/gtest.h>

#include "tests/unit/metrics/world.hpp"

namespace probate::metrics {
namespace {

using test::value_of;
using test::World;

std::string serialised(const Figures& figures, const Numbers& numbers) {
  return prometheus::TextSerializer{}.Serialize(figures.families(numbers));
}

TEST(Figures, keep_a_counter_from_falling_and_let_a_gauge_fall) {
  World world;
  const Figures figures{world.info};
  world.totals.wills[analysis::WillClass::missing] = 3;
  world.totals.wills.open = 9;
  const Numbers shown = figures.read(world.snapshot());

  // A will after its horizon: missing becomes late.
  world.totals.wills[analysis::WillClass::missing] = 2;
  world.totals.wills[analysis::WillClass::late] = 1;
  world.totals.wills.open = 4;
  Numbers next = figures.read(world.snapshot());
  figures.keep_counters_rising(shown, next);

  const std::string text = serialised(figures, next);
  EXPECT_EQ(value_of(text, R"(probate_will_obligations_total{class="missing"})"), "3");
  EXPECT_EQ(value_of(text, R"(probate_will_obligations_total{class="late"})"), "1");
  EXPECT_EQ(value_of(text, "probate_will_obligations_open"), "4");
}

TEST(ProcessFigures, are_those_of_this_process) {
  const ProcessFigures figures = read_process_figures();
  EXPECT_GE(figures.open_fds, 3);
  EXPECT_GE(figures.max_fds, figures.open_fds);
  EXPECT_GT(figures.resident_memory_bytes, 1e6);
}

}  // namespace
}  // namespace probate::metrics
