#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

DeviceConfig luat_device() {
  DeviceConfig config = plain_device();
  config.protocol = mqtt::Version::v3_1;
  config.keep_alive = 300s;
  config.workload = Workload::luat_loop;
  config.luat_loop.emplace();
  config.luat_loop->report = message("/report", "{seq}");
  config.luat_loop->response = message("/resp", "{seq}");
  return config;
}

// Two devices of one kind: one plays every packet, the other skips from `from` to `to`.
void expect_the_same_after_skipping(const DeviceConfig& config, Duration length) {
  Script played{config};
  Script skipped{config};
  for (Script* device : {&played, &skipped}) {
    device->comes_up();
    device->runs_for(10min);
    device->take();
  }
  ASSERT_TRUE(skipped.machine().steady());
  const Instant until = played.now() + length;
  played.runs_for(length);
  played.take();
  const Instant sent = skipped.skips_for(length);
  EXPECT_EQ(sent, played.machine().sent_at());
  EXPECT_LE(sent, until);
  EXPECT_EQ(skipped.machine().counts().publishes, played.machine().counts().publishes);
  EXPECT_EQ(skipped.machine().next_timeout(), played.machine().next_timeout());
  played.runs_for(10min);
  skipped.runs_for(10min);
  EXPECT_EQ(skipped.take(), played.take());
}

TEST(DeviceSkip, leaves_a_periodic_device_as_if_it_had_played) {
  DeviceConfig config = plain_device();
  config.keep_alive = 60s;
  config.publish = {periodic("/a", 7s), periodic("/b", 100s)};
  expect_the_same_after_skipping(config, 3h);
}

TEST(DeviceSkip, leaves_one_that_only_pings_as_if_it_had) {
  DeviceConfig config = plain_device();
  config.keep_alive = 60s;
  expect_the_same_after_skipping(config, 24h + 13s);
}

TEST(DeviceSkip, leaves_the_luat_loop_as_if_it_had_turned) {
  expect_the_same_after_skipping(luat_device(), 24h + 50s);
}

// Timeouts that fall on the post, one that never comes, and a day that ends in the middle of a
// turn.
TEST(DeviceSkip, leaves_a_luat_loop_of_any_beat_as_if_it_had_turned) {
  const std::vector<std::pair<std::chrono::seconds, std::chrono::seconds>> beats{
      {50s, 150s}, {50s, 151s}, {200s, 7s}, {7s, 7s}};
  for (const auto& [wait, beat] : beats) {
    DeviceConfig config = luat_device();
    config.luat_loop->receive_timeout = wait;
    config.luat_loop->publish_every = beat;
    for (const Duration more : {Duration{}, Duration{1s}, Duration{49s}, Duration{1111s}}) {
      SCOPED_TRACE(std::to_string(wait.count()) + " s, " + std::to_string(beat.count()) + " s");
      expect_the_same_after_skipping(config, 3h + more);
    }
  }
}

// Its entries come between the turns.
TEST(DeviceSkip, leaves_a_luat_loop_that_also_publishes_as_if_it_had_turned) {
  DeviceConfig config = luat_device();
  config.publish = {periodic("/a", 77s)};
  config.publish[0].qos = mqtt::QoS::at_most_once;
  expect_the_same_after_skipping(config, 5h);
}

TEST(DeviceSkip, is_not_for_a_device_whose_answers_matter) {
  DeviceConfig config = plain_device();
  config.publish = {periodic("/a", 7s)};
  config.publish[0].qos = mqtt::QoS::exactly_once;
  Script device{config};
  EXPECT_FALSE(device.machine().steady()) << "off";
  device.comes_up();
  EXPECT_FALSE(device.machine().steady()) << "a QoS 2 exchange sends again when it is answered";
}

}  // namespace
}  // namespace probate::device
