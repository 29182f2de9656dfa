#include "core/device/state.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace probate::device {
namespace {

std::string table() {
  std::string text = fmt::format("{:<12}", "");
  for (int event = 0; event < kDeviceEvents; ++event) {
    text += fmt::format("{:<12}", to_text(static_cast<DeviceEvent>(event)));
  }
  for (int state = 0; state < kDeviceStates; ++state) {
    text += fmt::format("|\n{:<12}", to_text(static_cast<DeviceState>(state)));
    for (int event = 0; event < kDeviceEvents; ++event) {
      const auto next =
          next_state(static_cast<DeviceState>(state), static_cast<DeviceEvent>(event));
      text += fmt::format("{:<12}", next ? to_text(*next) : ".");
    }
  }
  return text + "|\n";
}

TEST(DeviceStates, follow_the_table) {
  EXPECT_EQ("\n" + table(), R"(
            boot        retry       opened      accepted    ready       lost        stopped     |
off         dialing     .           .           .           .           .           off         |
backoff     .           dialing     .           .           .           .           off         |
dialing     .           .           handshaking .           .           backoff     off         |
handshaking .           .           .           subscribing .           backoff     off         |
subscribing .           .           .           .           online      backoff     off         |
online      .           .           .           .           .           backoff     off         |
)");
}

TEST(DeviceStates, are_up_from_connack_on) {
  EXPECT_FALSE(is_up(DeviceState::handshaking));
  EXPECT_TRUE(is_up(DeviceState::subscribing));
  EXPECT_TRUE(is_up(DeviceState::online));
}

}  // namespace
}  // namespace probate::device
