#include "core/broker/connection_index.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace probate::broker {
namespace {

constexpr auto kNone = ConnectionIndex::kNone;

ConnectionId numbered(std::uint64_t number, std::uint32_t order) {
  return ConnectionId{(number << 32) | order};
}

TEST(ConnectionIndex, finds_numbered_connections_and_others) {
  std::vector<ConnectionId> of_slot{ConnectionId{1}, numbered(1, 2), numbered(7, 3)};
  ConnectionIndex index;
  for (std::uint32_t slot = 0; slot < of_slot.size(); ++slot) index.insert(of_slot[slot], slot);
  const auto find = [&](ConnectionId id) {
    return index.find(id, [&](std::uint32_t slot) { return of_slot[slot] == id; });
  };
  EXPECT_EQ(find(ConnectionId{1}), 0U);
  EXPECT_EQ(find(numbered(1, 2)), 1U);
  EXPECT_EQ(find(numbered(7, 3)), 2U);
  EXPECT_EQ(find(numbered(7, 4)), kNone) << "another one had that number";
  EXPECT_EQ(find(numbered(8, 3)), kNone);
  EXPECT_EQ(find(ConnectionId{2}), kNone);
}

TEST(ConnectionIndex, gives_a_number_to_the_next_connection) {
  ConnectionIndex index;
  const auto any = [](std::uint32_t) { return true; };
  index.insert(numbered(3, 1), 5);
  index.erase(numbered(3, 1), 5);
  EXPECT_EQ(index.find(numbered(3, 1), any), kNone);
  index.insert(numbered(3, 2), 6);
  EXPECT_EQ(index.find(numbered(3, 2), any), 6U);
}

}  // namespace
}  // namespace probate::broker
