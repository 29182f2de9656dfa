#include "core/device/machine.hpp"

#include <string>
#include <utility>

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

// Boots, connects, subscribes, greets; gives up a silent broker 5 s after a PINGREQ.
DeviceConfig meter() {
  DeviceConfig config = plain_device();
  config.keep_alive = 10s;
  config.pingresp_timeout = 5s;
  config.subscribe = {text("/req/{client_id}")};
  config.birth = birth("/birth");
  return config;
}

DeviceConfig with(OnError on_error) {
  DeviceConfig config = meter();
  config.on_error = on_error;
  return config;
}

TEST(Device, does_nothing_before_it_is_started) {
  Script device{meter()};
  device.runs_for(24h);
  EXPECT_THAT(device.take(), IsEmpty());
  EXPECT_EQ(device.machine().next_timeout(), std::nullopt);
  EXPECT_EQ(device.machine().epoch(), 0U);
}

TEST(Device, goes_online_by_connect_subscribe_birth) {
  Script device{meter()};
  device.comes_up();
  EXPECT_THAT(device.take(),
              ElementsAre("+0.000 s dial 1", "+0.000 s CONNECT m-0", "+0.000 s up",
                          "+0.000 s SUBSCRIBE id 1 /req/m-0", "+0.000 s PUBLISH /birth=1"));
}

TEST(Device, sends_its_birth_after_connack_when_it_subscribes_to_nothing) {
  DeviceConfig config = meter();
  config.subscribe.clear();
  Script device{config};
  device.comes_up();
  EXPECT_THAT(device.take_untimed(),
              ElementsAre("dial 1", "CONNECT m-0", "up", "PUBLISH /birth=1"));
}

TEST(Device, is_up_for_its_user_from_connack_but_online_after_suback) {
  Script device{meter()};
  device.starts();
  device.opens();
  device.gets(accepted());
  EXPECT_EQ(device.machine().state(), DeviceState::subscribing);
  EXPECT_THAT(device.take_untimed(), testing::Contains("up"));
  device.gets(device.suback());
  EXPECT_EQ(device.machine().state(), DeviceState::online);
}

TEST(Device, goes_on_without_a_subscription_that_was_refused) {
  Script device{meter()};
  device.starts();
  device.opens();
  device.gets(accepted());
  device.gets(device.suback(0x80));
  EXPECT_EQ(device.machine().state(), DeviceState::online);
  EXPECT_EQ(device.machine().counts().subscribe_refused, 1U);
}

TEST(Device, subscribes_to_all_filters_in_one_packet) {
  DeviceConfig config = meter();
  config.subscribe = {text("/a"), text("/b/{index}"), text("/c/#")};
  Script device{config};
  device.comes_up();
  EXPECT_THAT(device.take_only("SUBSCRIBE"), ElementsAre("+0.000 s SUBSCRIBE id 1 /a /b/0 /c/#"));
}

TEST(Device, counts_an_epoch_for_every_attempt_even_one_that_never_opened) {
  Script device{meter()};
  device.starts();
  device.closes(CloseCause::refused);
  device.runs_for(2s);
  device.closes(CloseCause::unreachable);
  device.comes_up();
  EXPECT_EQ(device.machine().epoch(), 3U);
  EXPECT_EQ(device.machine().counts().attempts, 3U);
  EXPECT_EQ(device.machine().counts().sessions, 1U);
  EXPECT_THAT(device.take_only("birth"), ElementsAre("+4.000 s PUBLISH /birth=3"));
}

TEST(Device, makes_a_new_client_id_of_every_epoch_if_the_template_says_so) {
  DeviceConfig config = meter();
  config.client_id = text("r-{epoch}");
  Script device{config};
  device.comes_up();
  device.closes();
  device.comes_up();
  EXPECT_EQ(device.connect().client_id, "r-2");
  EXPECT_EQ(device.machine().client_id(), "r-2");
}

TEST(Device, abandons_a_dial_that_is_not_answered) {
  DeviceConfig config = meter();
  config.connect.tcp_timeout = 30s;
  Script device{config};
  device.starts();
  device.runs_for(33s);
  EXPECT_THAT(device.take(),
              ElementsAre("+0.000 s dial 1", "+30.000 s close rst", "+32.000 s dial 2"));
  EXPECT_EQ(device.machine().close_cause(), CloseCause::tcp_timeout);
}

TEST(Device, leaves_without_disconnect_when_connack_stays_out) {
  Script device{with(OnError::disconnect)};
  device.starts();
  device.opens();
  device.runs_for(62s);
  // So the broker, which may well have accepted, publishes the will at the FIN: one per attempt.
  EXPECT_THAT(device.take(), ElementsAre("+0.000 s dial 1", "+0.000 s CONNECT m-0",
                                         "+60.000 s close fin", "+62.000 s dial 2"));
  EXPECT_EQ(device.machine().close_cause(), CloseCause::connack_timeout);
}

TEST(Device, resets_the_link_when_connack_stays_out_if_that_is_its_habit) {
  Script device{with(OnError::reset)};
  device.starts();
  device.opens();
  device.runs_for(60s);
  EXPECT_THAT(device.take_only("close"), ElementsAre("+60.000 s close rst"));
}

TEST(Device, waits_for_suback_as_long_as_for_connack) {
  DeviceConfig config = with(OnError::close);
  config.pingresp_timeout.reset();
  Script device{config};
  device.starts();
  device.opens();
  device.gets(accepted());
  device.runs_for(60s);
  EXPECT_THAT(device.take_only("close"), ElementsAre("+60.000 s close fin"));
  EXPECT_EQ(device.machine().close_cause(), CloseCause::connack_timeout);
}

TEST(Device, closes_after_a_refusal_and_waits) {
  Script device{meter()};
  device.starts();
  device.opens();
  device.gets(refused(5));
  device.runs_for(2s);
  EXPECT_THAT(device.take_untimed(), ElementsAre("dial 1", "CONNECT m-0", "close fin", "dial 2"));
  EXPECT_EQ(device.machine().counts().connack_refused, 1U);
  EXPECT_EQ(device.machine().close_cause(), CloseCause::connack_refused);
}

TEST(Device, sends_nothing_when_its_own_socket_fails) {
  Script device{with(OnError::disconnect)};
  device.comes_up();
  device.take();
  device.closes(CloseCause::local_failure);
  EXPECT_THAT(device.take_untimed(), ElementsAre("down"));
  EXPECT_EQ(device.machine().state(), DeviceState::backoff);
}

TEST(Device, doubles_its_waits_until_a_session_was_up) {
  DeviceConfig config = meter();
  config.connect.retry = RetryConfig{};
  config.connect.retry.jitter = Jitter::none;
  Script device{config};
  device.starts();
  for (int failure = 0; failure < 4; ++failure) {
    device.closes(CloseCause::refused);
    device.runs_for(*device.machine().next_timeout() - device.now());
  }
  EXPECT_THAT(device.take(), ElementsAre("+0.000 s dial 1", "+1.000 s dial 2", "+3.000 s dial 3",
                                         "+7.000 s dial 4", "+15.000 s dial 5"));
  device.comes_up();
  device.closes();
  device.runs_for(1s);
  EXPECT_THAT(device.take_only("dial"), ElementsAre("+16.000 s dial 6"));
}

TEST(Device, draws_the_same_waits_from_the_same_seed_and_others_from_another) {
  const auto third_wait = [](std::uint64_t seed) {
    DeviceConfig config = meter();
    config.connect.retry = RetryConfig{};
    Script device{config, seed};
    device.starts();
    for (int failure = 0; failure < 3; ++failure) {
      if (device.machine().state() == DeviceState::backoff) {
        device.runs_for(*device.machine().next_timeout() - device.now());
      }
      device.closes(CloseCause::refused);
    }
    return *device.machine().next_timeout() - device.now();
  };
  EXPECT_EQ(third_wait(7), third_wait(7));
  EXPECT_NE(third_wait(7), third_wait(8));
}

TEST(Device, sends_the_birth_once_per_boot_if_that_is_its_habit) {
  DeviceConfig config = meter();
  config.birth = birth("/birth", BirthWhen::boot);
  Script device{config};
  device.comes_up();
  device.closes();
  device.comes_up();
  device.leaves(1s);
  device.runs_for(1s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  EXPECT_THAT(device.take_only("birth"), ElementsAre("+0.000 s PUBLISH /birth=1"));
  device.loses_power(10s);
  device.runs_for(10s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  EXPECT_THAT(device.take_only("birth"), ElementsAre("+13.000 s PUBLISH /birth=4"));
}

TEST(Leave, says_disconnect_and_returns_when_told) {
  Script device{meter()};
  device.comes_up();
  device.take();
  device.leaves(30s);
  device.runs_for(30s);
  EXPECT_THAT(device.take(), ElementsAre("+0.000 s DISCONNECT", "+0.000 s close fin",
                                         "+0.000 s down", "+30.000 s dial 2"));
}

TEST(Leave, says_farewell_first_and_only_when_it_leaves_on_purpose) {
  DeviceConfig config = meter();
  config.farewell = birth("/bye", BirthWhen::connect);
  Script device{config};
  device.starts();
  device.opens();
  device.leaves(1s);  // before CONNACK there is nobody to say it to
  device.runs_for(1s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  device.take();
  device.leaves(30s);
  EXPECT_THAT(device.take_untimed(),
              ElementsAre("PUBLISH /bye=2", "DISCONNECT", "close fin", "down"));
  device.runs_for(30s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  device.closes();
  EXPECT_THAT(device.take_only("/bye"), IsEmpty());
}

TEST(Leave, without_a_return_is_for_good_until_it_is_started_again) {
  Script device{meter()};
  device.comes_up();
  device.leaves();
  device.take();
  device.runs_for(24h);
  EXPECT_THAT(device.take(), IsEmpty());
  EXPECT_EQ(device.machine().next_timeout(), std::nullopt);
  device.starts();
  EXPECT_THAT(device.take_untimed(), ElementsAre("dial 2"));
}

TEST(Leave, closes_without_disconnect_before_connack) {
  Script device{meter()};
  device.starts();
  device.opens();
  device.take();
  device.leaves();
  EXPECT_THAT(device.take_untimed(), ElementsAre("close fin"));
}

TEST(PowerCut, says_nothing_and_boots_when_told) {
  Script device{meter()};
  device.comes_up();
  device.take();
  device.loses_power(60s);
  device.runs_for(60s);
  EXPECT_THAT(device.take(),
              ElementsAre("+0.000 s close abandon", "+0.000 s down", "+60.000 s dial 2"));
}

TEST(PowerCut, makes_the_epoch_start_again_at_the_boot_if_it_was_not_in_flash) {
  Script device{meter()};
  device.comes_up();
  device.closes();
  device.comes_up();
  device.loses_power(60s, true);
  EXPECT_EQ(device.machine().epoch(), 2U);
  device.runs_for(60s);
  EXPECT_EQ(device.machine().epoch(), 1U);
  EXPECT_EQ(device.machine().counts().attempts, 3U);
}

TEST(PowerCut, resets_the_epoch_once_only) {
  Script device{meter()};
  device.comes_up();
  device.loses_power(1s, true);
  device.runs_for(1s);
  device.loses_power(1s, false);
  device.runs_for(1s);
  EXPECT_EQ(device.machine().epoch(), 2U);
}

TEST(PowerCut, of_a_device_that_waits_to_dial_stops_the_waiting) {
  Script device{meter()};
  device.starts();
  device.closes(CloseCause::refused);
  device.take();
  device.loses_power();
  device.runs_for(24h);
  EXPECT_THAT(device.take(), IsEmpty());
}

TEST(PowerCut, is_a_boot_even_if_the_device_was_told_to_leave_meanwhile) {
  DeviceConfig config = meter();
  config.birth = birth("/birth", BirthWhen::boot);
  Script device{config};
  device.comes_up();
  device.loses_power(60s);
  device.leaves(10s);
  device.runs_for(10s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  EXPECT_THAT(device.take_only("birth"),
              ElementsAre("+0.000 s PUBLISH /birth=1", "+10.000 s PUBLISH /birth=2"));
}

TEST(Finish, says_disconnect_and_is_for_good) {
  Script device{meter()};
  device.comes_up();
  device.take();
  device.finishes();
  device.starts();
  device.leaves(1s);
  device.loses_power(1s);
  device.finishes();
  device.runs_for(24h);
  EXPECT_THAT(device.take(),
              ElementsAre("+0.000 s DISCONNECT", "+0.000 s close fin", "+0.000 s down"));
}

TEST(Finish, says_disconnect_even_while_connack_is_awaited) {
  Script device{meter()};
  device.starts();
  device.opens();
  device.take();
  device.finishes();
  // The broker may have accepted: without it the drain would leave a will.
  EXPECT_THAT(device.take_untimed(), ElementsAre("DISCONNECT", "close fin"));
}

TEST(Finish, just_closes_while_it_dials) {
  Script device{meter()};
  device.starts();
  device.take();
  device.finishes();
  EXPECT_THAT(device.take_untimed(), ElementsAre("close fin"));
}

TEST(Device, ignores_what_comes_after_the_link_is_gone) {
  Script device{meter()};
  device.comes_up();
  device.leaves();
  device.take();
  device.opens();
  device.gets(mqtt::Pingresp{});
  device.closes(CloseCause::peer_fin);
  EXPECT_THAT(device.take(), IsEmpty());
  EXPECT_EQ(device.machine().state(), DeviceState::off);
}

TEST(Device, forgets_why_the_last_link_ended_when_its_user_ends_one) {
  Script device{meter()};
  device.comes_up();
  device.closes(CloseCause::peer_rst);
  EXPECT_EQ(device.machine().close_cause(), CloseCause::peer_rst);
  device.comes_up();
  device.leaves();
  EXPECT_EQ(device.machine().close_cause(), std::nullopt);
}

TEST(Device, can_be_moved_in_the_middle_of_its_life) {
  const DeviceConfig config = meter();
  DeviceMachine machine{config, Identity{3, "city"}, Rng{1}};
  Actions out;
  machine.start(kRunStart, out);
  DeviceMachine moved{std::move(machine)};
  moved.handle_opened(kRunStart, out);
  EXPECT_EQ(moved.client_id(), "m-3");
  EXPECT_EQ(moved.state(), DeviceState::handshaking);
}

}  // namespace
}  // namespace probate::device
