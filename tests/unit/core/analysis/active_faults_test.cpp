#include "core/analysis/active_faults.hpp"

#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::analysis {
namespace {

constexpr std::uint32_t kFleet = 3'000;

TEST(ActiveFaults, has_each_pair_once) {
  ActiveFaults active{kFleet};
  EXPECT_TRUE(active.insert(FaultId{1}, DeviceId{5}));
  EXPECT_FALSE(active.insert(FaultId{1}, DeviceId{5}));
  EXPECT_TRUE(active.insert(FaultId{2}, DeviceId{5}));
  EXPECT_TRUE(active.erase(FaultId{1}, DeviceId{5}));
  EXPECT_FALSE(active.erase(FaultId{1}, DeviceId{5}));
  EXPECT_FALSE(active.erase(FaultId{7}, DeviceId{5}));
  EXPECT_TRUE(active.erase(FaultId{2}, DeviceId{5}));
}

// A fault on the whole fleet and one on few, devices that are nobody's and the broker's own.
TEST(ActiveFaults, is_what_a_set_of_pairs_is) {
  ActiveFaults active{kFleet};
  std::set<std::pair<std::uint16_t, std::uint32_t>> pairs;
  Rng rng{41};
  for (int i = 0; i < 60'000; ++i) {
    const auto fault = static_cast<std::uint16_t>(rng.below(8) == 0);
    auto device = static_cast<std::uint32_t>(rng.below(fault == 0 ? kFleet + 50 : 20));
    if (rng.below(200) == 0) device = kNoDevice.value;
    const bool adds = rng.below(i < 40'000 ? 4 : 2) > 0;
    const bool changes =
        adds ? pairs.emplace(fault, device).second : pairs.erase({fault, device}) > 0;
    const bool done = adds ? active.insert(FaultId{fault}, DeviceId{device})
                           : active.erase(FaultId{fault}, DeviceId{device});
    ASSERT_EQ(done, changes) << i;
  }
  ASSERT_GT(pairs.size(), 1'500u);
  for (const auto& [fault, device] : pairs) {
    ASSERT_TRUE(active.erase(FaultId{fault}, DeviceId{device}));
  }
  EXPECT_TRUE(active.insert(FaultId{0}, DeviceId{0}));
}

}  // namespace
}  // namespace probate::analysis
