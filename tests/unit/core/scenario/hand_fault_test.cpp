#include "core/scenario/hand_fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::scenario {
namespace {

HandFault by_hand(fault::What what) {
  HandFault fault;
  fault.spec.what = std::move(what);
  return fault;
}

TEST(HandFault, ends_by_itself_unless_it_is_to_last_for_ever) {
  HandFault fault = by_hand(fault::Stall{});
  EXPECT_EQ(expiry(fault), kHandFaultLasts);
  fault.spec.lasts = Constant{30s};
  EXPECT_EQ(expiry(fault), 30s);
  fault.spec.ramp = 10s;
  EXPECT_EQ(expiry(fault), 40s);
  fault.spec.lasts = Uniform{2s, 60s};
  EXPECT_EQ(expiry(fault), 70s);
  fault.spec.lasts.reset();
  fault.forever = true;
  EXPECT_EQ(expiry(fault), std::nullopt);
}

TEST(HandFault, waits_for_a_session_where_it_needs_a_connection) {
  EXPECT_TRUE(needs_link(fault::HalfOpen{}));
  EXPECT_TRUE(needs_link(fault::Vanish{}));
  EXPECT_TRUE(needs_link(fault::Stall{fault::FlowDirection::down}));
  EXPECT_FALSE(needs_link(fault::Stall{}));
  EXPECT_FALSE(needs_link(fault::Latency{}));
  EXPECT_TRUE(needs_link(fault::SimArrears{.mode = fault::ArrearsMode::cut}));
  EXPECT_FALSE(needs_link(fault::SimArrears{.mode = fault::ArrearsMode::barred}));
  EXPECT_FALSE(needs_link(fault::Refuse{}));
  EXPECT_FALSE(needs_link(fault::Bandwidth{}));
}

}  // namespace
}  // namespace probate::scenario
