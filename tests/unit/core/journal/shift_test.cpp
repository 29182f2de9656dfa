#include "core/journal/shift.hpp"

#include <gtest/gtest.h>

namespace probate::journal {
namespace {

Instant second(int n) { return kRunStart + std::chrono::seconds{n}; }

TEST(Shift, moves_a_record_and_every_moment_that_it_tells_of) {
  Record gap{second(9), 0, 0, ObserverGap{Observer::backend, second(4)}};
  shift(gap, 100s);
  EXPECT_EQ(gap.at, second(109));
  EXPECT_EQ(std::get<ObserverGap>(gap.body).from, second(104));

  Record closed{second(9), 0, 0, LegClosed{}};
  std::get<LegClosed>(closed.body).last_uplink_packet_at = second(8);
  std::get<LegClosed>(closed.body).last_uplink_bytes_at = second(9);
  shift(closed, -3s);
  EXPECT_EQ(std::get<LegClosed>(closed.body).last_uplink_packet_at, second(5));
  EXPECT_EQ(std::get<LegClosed>(closed.body).last_uplink_bytes_at, second(6));

  Record seen{second(9), 0, 0, BrokerEvent{}};
  std::get<BrokerEvent>(seen.body).sent_at = second(7);
  shift(seen, 1s);
  EXPECT_EQ(std::get<BrokerEvent>(seen.body).sent_at, second(8));
}

TEST(Shift, leaves_unknown_what_is_not_known) {
  Record closed{second(9), 0, 0, LegClosed{}};
  shift(closed, 100s);
  EXPECT_EQ(std::get<LegClosed>(closed.body).last_uplink_packet_at, kRunStart);
  Record seen{second(9), 0, 0, BrokerEvent{}};
  shift(seen, 100s);
  EXPECT_FALSE(std::get<BrokerEvent>(seen.body).sent_at.has_value());
}

}  // namespace
}  // namespace probate::journal
