#include "core/device/keep_alive.hpp"

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

DeviceConfig device_with(Duration keep_alive, std::optional<Duration> patience = std::nullopt) {
  DeviceConfig config = plain_device();
  config.keep_alive = keep_alive;
  config.pingresp_timeout = patience;
  return config;
}

TEST(DeviceKeepAlive, pings_when_nothing_was_sent_for_an_interval) {
  // [MQTT-3.1.2-23] [MQTT5-3.1.2-20]
  Script device{device_with(10s)};
  device.comes_up();
  device.take();
  device.runs_for(25s);
  EXPECT_THAT(device.take(), ElementsAre("+10.000 s PINGREQ", "+20.000 s PINGREQ"));
}

TEST(DeviceKeepAlive, needs_no_ping_while_it_publishes_often_enough) {
  DeviceConfig config = device_with(10s);
  config.publish = {periodic("/r", 10s)};
  Script device{config};
  device.comes_up();
  device.runs_for(1h);
  EXPECT_THAT(device.take_only("PINGREQ"), IsEmpty());
}

TEST(DeviceKeepAlive, counts_acknowledgements_as_sent) {
  Script device{device_with(10s)};
  device.comes_up();
  device.take();
  device.runs_for(6s);
  device.gets(downlink(mqtt::QoS::at_least_once, 9));
  device.runs_for(6s);
  device.gets(downlink(mqtt::QoS::exactly_once, 10));
  device.runs_for(6s);
  device.gets(mqtt::Pubrel{10, 0, {}});
  device.runs_for(10s);
  EXPECT_THAT(device.take(), ElementsAre("+6.000 s PUBACK id 9", "+12.000 s PUBREC id 10",
                                         "+18.000 s PUBCOMP id 10", "+28.000 s PINGREQ"));
}

TEST(DeviceKeepAlive, does_not_count_what_it_receives) {
  Script device{device_with(10s)};
  device.comes_up();
  device.take();
  for (int second = 0; second < 12; ++second) {
    device.gets(downlink(mqtt::QoS::at_most_once, 0));
    device.runs_for(1s);
  }
  EXPECT_THAT(device.take(), ElementsAre("+10.000 s PINGREQ"));
}

TEST(DeviceKeepAlive, never_pings_when_it_is_off) {
  Script device{device_with(0s)};
  device.comes_up();
  device.take();
  device.runs_for(24h);
  EXPECT_THAT(device.take(), IsEmpty());
  EXPECT_EQ(device.machine().next_timeout(), std::nullopt);
}

TEST(DeviceKeepAlive, never_notices_a_missing_pingresp_without_a_timeout) {
  Script device{device_with(10s)};
  device.comes_up();
  device.runs_for(1h);
  EXPECT_EQ(device.machine().state(), DeviceState::online);
}

TEST(DeviceKeepAlive, gives_up_a_link_without_pingresp_as_its_habit_is) {
  const auto ending = [](OnError habit) {
    DeviceConfig config = device_with(10s, 5s);
    config.on_error = habit;
    Script device{config};
    device.comes_up();
    device.take();
    device.runs_for(16s);
    EXPECT_EQ(device.machine().close_cause(), CloseCause::pingresp_timeout);
    return device.take();
  };
  // The DISCONNECT that a healing stall delivers late, so that no will is published.
  EXPECT_THAT(ending(OnError::disconnect), ElementsAre("+10.000 s PINGREQ", "+15.000 s DISCONNECT",
                                                       "+15.000 s close fin", "+15.000 s down"));
  EXPECT_THAT(ending(OnError::close),
              ElementsAre("+10.000 s PINGREQ", "+15.000 s close fin", "+15.000 s down"));
  EXPECT_THAT(ending(OnError::reset),
              ElementsAre("+10.000 s PINGREQ", "+15.000 s close rst", "+15.000 s down"));
}

TEST(DeviceKeepAlive, is_content_with_a_pingresp_in_time) {
  Script device{device_with(10s, 5s)};
  device.comes_up();
  device.runs_for(10s);
  device.runs_for(4999ms);
  device.gets(mqtt::Pingresp{});
  device.runs_for(5s);
  EXPECT_EQ(device.machine().state(), DeviceState::online);
}

TEST(DeviceKeepAlive, does_not_blame_a_new_link_for_the_silence_of_the_old) {
  Script device{device_with(10s, 5s)};
  device.comes_up();
  device.runs_for(10s);
  device.closes();
  device.comes_up();
  device.take();
  device.runs_for(9s);
  EXPECT_THAT(device.take(), IsEmpty());
}

TEST(DeviceKeepAlive, gives_no_more_time_for_a_second_pingreq) {
  Script device{device_with(10s, 25s)};
  device.comes_up();
  device.take();
  device.runs_for(40s);
  EXPECT_THAT(device.take_only("PINGREQ"),
              ElementsAre("+10.000 s PINGREQ", "+20.000 s PINGREQ", "+30.000 s PINGREQ"));
  EXPECT_EQ(device.machine().close_cause(), CloseCause::pingresp_timeout);
}

TEST(DeviceKeepAlive, follows_the_server_keep_alive_of_5_0) {
  // [MQTT5-3.1.2-21] [MQTT5-3.2.2-21]
  DeviceConfig config = device_with(60s);
  config.protocol = mqtt::Version::v5;
  Script device{config};
  device.comes_up(accepted_with(mqtt::PropertyId::server_keep_alive, std::uint32_t{7}));
  EXPECT_EQ(device.connect().keep_alive, 60);
  device.take();
  device.runs_for(8s);
  EXPECT_THAT(device.take(), ElementsAre("+7.000 s PINGREQ"));
}

TEST(DeviceKeepAlive, returns_to_its_own_interval_with_the_next_session) {
  DeviceConfig config = device_with(60s);
  config.protocol = mqtt::Version::v5;
  Script device{config};
  device.comes_up(accepted_with(mqtt::PropertyId::server_keep_alive, std::uint32_t{7}));
  device.closes();
  device.comes_up();
  device.take();
  device.runs_for(60s);
  EXPECT_THAT(device.take(), ElementsAre("+62.000 s PINGREQ"));
}

TEST(DeviceKeepAlive, pings_while_suback_is_awaited) {
  DeviceConfig config = device_with(10s);
  config.subscribe = {text("/a")};
  Script device{config};
  device.starts();
  device.opens();
  device.gets(accepted());
  device.runs_for(10s);
  EXPECT_EQ(device.take().back(), "+10.000 s PINGREQ");
}

}  // namespace
}  // namespace probate::device
