#include "proxy/upgrade_request.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

const std::string kUpgrade =
    "GET /mqtt HTTP/1.1\r\nHost: broker.lab\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n";

UpgradeSeen asked(std::string_view text) { return read_upgrade_request(as_bytes(text)); }

std::string with(std::string text, std::string_view old, std::string_view fresh) {
  return text.replace(text.find(old), old.size(), fresh);
}

TEST(UpgradeRequest, for_mqtt_is_known_in_whatever_letters) {
  EXPECT_EQ(asked(kUpgrade), UpgradeSeen::mqtt);
  EXPECT_EQ(asked(kUpgrade + "\x82\x8e"), UpgradeSeen::mqtt);
  EXPECT_EQ(asked(with(kUpgrade, "Upgrade: websocket", "UPGRADE:h2c ,  WebSocket ")),
            UpgradeSeen::mqtt);
  EXPECT_EQ(asked(with(kUpgrade, "Protocol: mqtt", "protocol: other, mqttv3.1")),
            UpgradeSeen::mqtt);
}

TEST(UpgradeRequest, is_unfinished_until_its_empty_line) {
  for (std::size_t i = 0; i < kUpgrade.size(); ++i) {
    EXPECT_EQ(asked(kUpgrade.substr(0, i)), UpgradeSeen::unfinished) << i;
  }
}

TEST(UpgradeRequest, for_anything_else_is_none) {
  EXPECT_EQ(asked("POST / HTTP/1.1\r\n\r\n"), UpgradeSeen::other);
  EXPECT_EQ(asked("GEX"), UpgradeSeen::other);
  EXPECT_EQ(asked("GET / HTTP/1.0\r\n\r\n"), UpgradeSeen::other);
  EXPECT_EQ(asked(with(kUpgrade, "websocket", "h2c")), UpgradeSeen::other);
  EXPECT_EQ(asked(with(kUpgrade, "Protocol: mqtt", "Protocol: chat")), UpgradeSeen::other);
  EXPECT_EQ(asked(with(kUpgrade, "HTTP/1.1", "HTTP/1.0")), UpgradeSeen::other);
  EXPECT_EQ(asked("GET / HTTP/1.1\r\nUpgrade: websocket\r\n"
                  "X: Sec-WebSocket-Protocol: mqtt\r\n\r\n"),
            UpgradeSeen::other);
  EXPECT_EQ(asked("GET " + std::string(kUpgradeBytesMax, 'x')), UpgradeSeen::other) << "too long";
}

// ---- as a link

TEST(PassingWebSocket, passes_untouched_and_is_no_malformed_mqtt) {
  World world;
  auto device = world.stranger();
  for (const char c : kUpgrade) device->send(std::string_view{&c, 1});
  auto broker = world.accept();
  world.until([&] { return broker->text() == kUpgrade; }, "the request arrives");
  broker->send(std::string_view{"HTTP/1.1 101 Switching Protocols\r\n\r\n"});
  // A frame with a CONNECT in it, masked.
  const Bytes frame{0x82, 0x84, 1, 2, 3, 4, 0x11, 0x0d, 0x03, 0x00};
  device->send(frame);
  const std::string all = kUpgrade + std::string{frame.begin(), frame.end()};
  world.until([&] { return broker->text() == all && !device->received().empty(); }, "so does more");
  EXPECT_EQ(world.owner.streams, std::vector<std::string>{"websocket:"});
  EXPECT_EQ(world.counters().malformed[0] + world.counters().malformed[1], 0u);
  EXPECT_TRUE(world.journal.all<journal::Malformed>().empty());
}

TEST(PassingWebSocket, is_hit_by_the_faults_of_its_device) {
  World world;
  world.owner.stream_identity = {DeviceId{5}, 0, false};
  auto device = world.stranger();
  device->send(kUpgrade);
  auto broker = world.accept();
  world.until([&] { return broker->text() == kUpgrade; }, "the request arrives");
  world.perform(fault::Silence{fault::FlowDirection::both}, 5);
  device->send(std::string_view{"held"});
  world.perform(fault::Resume{}, 5);
  world.until([&] { return broker->text() == kUpgrade + "held"; }, "it arrives late");
  device->rst();
  world.until([&] { return broker->got_rst(); }, "its end arrives, too");
  world.until([&] { return !world.owner.streams_over.empty(); }, "its device is free again");
}

TEST(PassingWebSocket, is_not_taken_for_another_request) {
  World world;
  auto device = world.stranger();
  const std::string_view plain = "GET / HTTP/1.0\r\n\r\n";
  device->send(plain);
  auto broker = world.accept();
  world.until([&] { return broker->text() == plain; }, "it passes");
  EXPECT_EQ(world.owner.streams, std::vector<std::string>{"other:"});
  EXPECT_EQ(world.counters().malformed[0], 1u);
}

}  // namespace
}  // namespace probate::proxy::test
