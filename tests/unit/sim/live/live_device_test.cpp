#include "sim/live/live_device.hpp"

#include <gtest/gtest.h>

namespace probate::live {
namespace {

using boost::asio::ip::make_address_v4;

TEST(DeviceAddress, tells_the_device_and_back) {
  for (const std::uint32_t index : {0U, 1U, 254U, 255U, 256U, 65'535U, 999'999U}) {
    EXPECT_EQ(device_of(address_of(DeviceId{index}), 1'000'000), DeviceId{index});
  }
  EXPECT_EQ(address_of(DeviceId{0}), make_address_v4("127.64.0.1"));
}

TEST(DeviceAddress, of_anybody_else_is_no_device) {
  EXPECT_EQ(device_of(make_address_v4("127.0.0.1"), 1000), kNoDevice);
  EXPECT_EQ(device_of(make_address_v4("127.64.0.0"), 1000), kNoDevice);
  EXPECT_EQ(device_of(address_of(DeviceId{1000}), 1000), kNoDevice);
  EXPECT_EQ(device_of(make_address_v4("192.168.1.1"), 1000), kNoDevice);
}

}  // namespace
}  // namespace probate::live
