#include "core/device/state.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace probate::device {
namespace {

std::string table() {
  std::string text = fmt::format("{:<12}", "");
  for (int event = 0; event < kDeviceEvents; ++event) {
    text += fmt::format(" {:<11}", to_text(static_cast<DeviceEvent>(event)));
  }
  text += "\n";
  for (int state = 0; state < kDeviceStates; ++state) {
    text += fmt::format("{:<12}", to_text(static_cast<DeviceState>(state)));
    for (int event = 0; event < kDeviceEvents; ++event) {
      const auto next =
          next_state(static_cast<DeviceState>(state), static_cast<DeviceEvent>(event));
      text += fmt::format(" {:<11}", next ? to_text(*next) : ".");
    }
    text += "\n";
  }
  return text;
}

TEST(DeviceStates, follow_the_table) {
  // clang-format off
  EXPECT_EQ(table(),
      "             boot        retry       opened      accepted    ready       lost        stopped    \n"
      "off          dialing     .           .           .           .           .           off        \n"
      "backoff      .           dialing     .           .           .           .           off        \n"
      "dialing      .           .           handshaking .           .           backoff     off        \n"
      "handshaking  .           .           .           subscribing .           backoff     off        \n"
      "subscribing  .           .           .           .           online      backoff     off        \n"
      "online       .           .           .           .           .           backoff     off        \n");
  // clang-format on
}

TEST(DeviceStates, are_up_from_connack_on) {
  EXPECT_FALSE(is_up(DeviceState::handshaking));
  EXPECT_TRUE(is_up(DeviceState::subscribing));
  EXPECT_TRUE(is_up(DeviceState::online));
}

}  // namespace
}  // namespace probate::device
