#include "core/base/ids.hpp"

#include <concepts>
#include <map>
#include <unordered_set>

#include <gtest/gtest.h>

namespace probate {
namespace {

TEST(Id, of_one_kind_is_no_id_of_another) {
  EXPECT_FALSE((std::convertible_to<DeviceId, ConnectionId>));
  EXPECT_FALSE((std::convertible_to<FaultId, PhaseId>));
  EXPECT_FALSE((std::equality_comparable_with<DeviceId, ConnectionId>));
  EXPECT_FALSE((std::convertible_to<int, DeviceId>));
}

TEST(Id, orders_and_indexes_by_its_value) {
  EXPECT_LT(DeviceId{1}, DeviceId{2});
  EXPECT_EQ(DeviceId{7}.index(), 7U);
  const std::map<DeviceId, char> devices{{DeviceId{2}, 'b'}, {DeviceId{1}, 'a'}};
  EXPECT_EQ(devices.begin()->second, 'a');
}

TEST(Id, serves_as_a_key_of_a_hashed_set) {
  const std::unordered_set<ConnectionId> seen{ConnectionId{1}, ConnectionId{2}, ConnectionId{1}};
  EXPECT_EQ(seen.size(), 2U);
}

TEST(Id, none_is_a_value_that_no_real_one_has) {
  EXPECT_EQ(kNoConnection.value, 0U);  // real ones count from 1
  EXPECT_EQ(kNoDevice.value, 0xffffffffU);
  EXPECT_EQ(kNoFault.value, 0xffffU);
}

}  // namespace
}  // namespace probate
