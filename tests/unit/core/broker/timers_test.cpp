// Keep-alive, will delay and session expiry of the broker model.
#include <array>

#include "sim/yaml/catalogue.hpp"
#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

std::vector<std::string> wills_of_silence(BrokerConfig config, const Client& client,
                                          Duration wait = {}) {
  World world{std::move(config)};
  world.watches("watch");
  world.runs_for(wait);
  world.connects("a", client);
  world.runs_for(1h);
  return world.take_timed("watch");
}

// [MQTT-3.1.2-24] [MQTT5-3.1.2-22]
TEST(BrokerKeepAlive, closes_after_one_and_a_half_intervals_of_silence) {
  World world;
  world.watches("watch");
  world.connects("a", {.keep_alive = 10});
  world.take("a");
  world.runs_for(9s);
  world.says("a", mqtt::Pingreq{});
  EXPECT_THAT(world.take("a"), ElementsAre("PINGRESP"));
  world.runs_for(14999ms);
  EXPECT_TRUE(world.is_open("a"));
  world.runs_for(1ms);
  EXPECT_FALSE(world.is_open("a"));
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+24.000 s PUBLISH will a"));
}

TEST(BrokerKeepAlive, of_zero_never_closes) {
  EXPECT_THAT(wills_of_silence(config_of("spec-3.1.1"), {.keep_alive = 0}), IsEmpty());
  EXPECT_THAT(wills_of_silence(config_of(kMosquitto), {.keep_alive = 0}), IsEmpty());
}

TEST(BrokerKeepAlive, of_zero_is_replaced_for_version_5_on_mosquitto) {
  for (const std::string name : {kMosquitto, kNewMosquitto}) {
    World world{name};
    world.connects("watch", {.version = Version::v5, .will = false});
    world.subscribes("watch", "#");
    world.connects("a", {.version = Version::v5, .keep_alive = 0});
    world.runs_for(27h);
    EXPECT_TRUE(world.is_open("a")) << name;
    world.runs_for(1h);
    EXPECT_FALSE(world.is_open("a")) << name;
  }
}

// From 2.0.12 on it is more than the highest that is allowed, and 3.x has no word for another.
TEST(BrokerKeepAlive, of_zero_is_refused_in_3_x_by_newer_mosquittos) {
  for (const Version version : {Version::v3_1, Version::v3_1_1}) {
    World world{kNewMosquitto};
    world.connects("a", {.version = version, .keep_alive = 0});
    EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 2", "closed"));
    EXPECT_FALSE(world.is_open("a"));
    world.connects("b", {.version = version, .keep_alive = 65'535});
    EXPECT_THAT(world.take("b"), ElementsAre("CONNACK 0"));
  }
}

// A ring of seconds: K = 4 is over in the first whole second that is more than 6 s later.
TEST(BrokerKeepAlive, of_newer_mosquittos_ends_with_a_second) {
  for (const Duration phase : {0ms, 250ms, 999ms}) {
    BrokerConfig config = config_of(kNewMosquitto);
    config.phase = phase;
    World world{config};
    world.connects("a", {.keep_alive = 4});
    world.runs_for(6s);
    EXPECT_TRUE(world.is_open("a"));
    world.runs_for((phase == 0ms ? 1s : phase) - 1ns);
    EXPECT_TRUE(world.is_open("a"));
    world.runs_for(1ns);
    EXPECT_FALSE(world.is_open("a")) << probate::to_text(phase);
  }
}

TEST(BrokerKeepAlive, is_not_refreshed_by_what_the_client_receives) {
  World world;
  world.watches("watch");
  world.connects("a", {.keep_alive = 10});
  world.subscribes("a", "chatter");
  world.connects("b", {.will = false});
  for (int second = 0; second < 14; ++second) {
    world.runs_for(1s);
    world.publishes("b", "chatter", "x");
  }
  world.runs_for(1s);
  EXPECT_FALSE(world.is_open("a"));
}

// K = 4: more than 6 whole seconds, seen by a scan every 6 s.
TEST(BrokerKeepAlive, of_mosquitto_ends_with_a_scan_and_all_at_once) {
  EXPECT_THAT(wills_of_silence(config_of(kMosquitto), {.keep_alive = 4}),
              ElementsAre("+12.000 s PUBLISH will a"));
  World world{kMosquitto};
  world.watches("watch");
  for (const std::string name : {"c", "a", "b"}) {
    world.connects(name, {.keep_alive = 4});
    world.runs_for(1s);
  }
  world.runs_for(1h);
  // In the order of connecting.
  EXPECT_THAT(world.take_timed("watch"),
              ElementsAre("+12.000 s PUBLISH will c", "+12.000 s PUBLISH will a",
                          "+12.000 s PUBLISH will b"));
}

std::vector<std::string> every_profile() {
  std::vector<std::string> names;
  for (const yaml::Listed& listed : yaml::list_profiles()) names.push_back(listed.name);
  return names;
}

// The broker's clock and the device's come together in any way.
BrokerConfig shifted(const std::string& profile, int step) {
  BrokerConfig config = config_of(profile);
  config.phase = step * 1837ms;
  return config;
}

constexpr std::array<std::uint16_t, 9> kKeepAlives{1, 2, 5, 7, 8, 10, 30, 60, 300};

// A device that says PINGREQ each K, as a device must at the latest; a millisecond sooner, since
// HiveMQ's one and a half seconds for K = 1 are one, floored, and leave nothing over.
TEST(BrokerKeepAlive, lets_nobody_go_who_is_heard_in_time) {
  for (const std::string& name : every_profile()) {
    for (const std::uint16_t keep_alive : kKeepAlives) {
      World world{shifted(name, keep_alive % 7)};
      world.runs_for(3217ms);
      world.connects("a", {.keep_alive = keep_alive});
      for (int ping = 0; ping < 50; ++ping) {
        world.runs_for(std::chrono::seconds{keep_alive} - 1ms);
        ASSERT_TRUE(world.is_open("a")) << name << " K = " << keep_alive << ", ping " << ping;
        world.says("a", mqtt::Pingreq{});
      }
    }
  }
}

TEST(BrokerKeepAlive, gives_up_who_is_silent_within_the_window_of_each_profile) {
  for (const std::string& name : every_profile()) {
    for (const std::uint16_t keep_alive : kKeepAlives) {
      for (const int pings : {0, 1, 5, 40}) {
        World world{shifted(name, pings)};
        world.runs_for(3217ms);
        world.connects("a", {.keep_alive = keep_alive});
        for (int ping = 0; ping < pings; ++ping) {
          world.runs_for(keep_alive * 873ms);
          world.says("a", mqtt::Pingreq{});
        }
        const KeepAliveWindow& window = world.broker().config().profile.keep_alive;
        const Duration k = std::chrono::seconds{keep_alive};
        world.runs_for(window.lowest(k) - 1ns);
        EXPECT_TRUE(world.is_open("a")) << name << " K = " << keep_alive << ", " << pings;
        world.runs_for(window.highest(k) - window.lowest(k) + 1ns);
        EXPECT_FALSE(world.is_open("a")) << name << " K = " << keep_alive << ", " << pings;
      }
    }
  }
}

// The profile's window holds for every keep-alive, phase and instant; and it is reached.
TEST(BrokerKeepAlive, stays_within_the_window_of_each_profile) {
  for (const std::string& name : every_profile()) {
    BrokerConfig config = config_of(name);
    const KeepAliveWindow window = config.profile.keep_alive;
    for (const int keep_alive : {1, 2, 3, 4, 5, 7, 60, 300}) {
      for (int step = 0; step < 12; ++step) {
        config.phase = step * 517ms;
        const Ticks ticks{config};
        const Instant last = kRunStart + 20s + step * 1297ms;
        const Duration k = std::chrono::seconds{keep_alive};
        const Duration silence = ticks.keep_alive(kRunStart + 3s, last, k) - last;
        EXPECT_GE(silence, window.lowest(k)) << name << " K = " << keep_alive;
        EXPECT_LE(silence, window.highest(k)) << name << " K = " << keep_alive;
      }
    }
  }
}

TEST(BrokerKeepAlive, is_looked_at_by_each_connection_itself_where_the_window_has_no_scan) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.profile.keep_alive.factor_high = 2.25;  // two strikes of three quarters
  World world{config};
  world.watches("watch");
  world.connects("a", {.keep_alive = 4});
  world.runs_for(1s);
  world.says("a", mqtt::Pingreq{});
  world.runs_for(1h);
  // Checks at 3, 6 and 9 s after CONNECT; the one at 9 s finds 8 s of silence.
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+9.000 s PUBLISH will a"));
}

TEST(BrokerKeepAlive, is_not_looked_at_while_traffic_is_skipped) {
  for (const std::string name : {"spec-3.1.1", kMosquitto}) {
    World world{name};
    world.watches("watch");
    world.connects("a", {.keep_alive = 10});
    world.broker().skip_traffic(world.id("a"));
    world.runs_for(24h);
    EXPECT_TRUE(world.is_open("a"));
    EXPECT_FALSE(world.broker().next_timeout().has_value());

    const Instant last = world.now() - 5s;
    world.broker().note_traffic(world.now(), world.id("a"), last);
    world.runs_for(9999ms);
    EXPECT_TRUE(world.is_open("a"));
    world.runs_for(7s);
    EXPECT_FALSE(world.is_open("a")) << name;
    EXPECT_EQ(world.take("watch").size(), 1U);
  }
}

// Skipped or delivered packet by packet: the close is the same.
TEST(BrokerKeepAlive, ends_at_the_same_instant_with_and_without_skipping) {
  for (const std::string name : {"spec-3.1.1", kMosquitto}) {
    std::vector<std::string> seen[2];
    for (const bool skips : {false, true}) {
      World world{name};
      world.watches("watch");
      world.connects("a", {.keep_alive = 60});
      if (skips) world.broker().skip_traffic(world.id("a"));
      for (int minute = 0; minute < 100; ++minute) {
        world.runs_for(60s);
        if (!skips) world.says("a", mqtt::Pingreq{});
      }
      if (skips) world.broker().note_traffic(world.now(), world.id("a"), world.now());
      world.runs_for(1h);
      seen[skips ? 1 : 0] = world.take_timed("watch");
    }
    EXPECT_EQ(seen[0].size(), 1U);
    EXPECT_EQ(seen[0], seen[1]);
  }
}

TEST(BrokerWillDelay, is_waited_for) {
  World world{"spec-5.0"};
  world.watches("watch");
  world.connects("a", {.version = Version::v5, .delay = 5, .expiry = 60});
  world.cuts("a");
  EXPECT_EQ(world.broker().wills_pending(), 1U);
  world.runs_for(1h);
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+5.000 s PUBLISH will a"));
  EXPECT_THAT(world.fates("a"), ElementsAre("delayed", "published"));
  EXPECT_EQ(world.broker().wills_pending(), 0U);
  EXPECT_EQ(world.broker().sessions(), 1U);
}

// [MQTT5-3.1.3-9] The delay or the session's end, whichever is first.
TEST(BrokerWillDelay, ends_with_the_session) {
  World world{"spec-5.0"};
  world.watches("watch");
  world.connects("a", {.version = Version::v5, .delay = 60, .expiry = 5});
  world.connects("b", {.version = Version::v5, .delay = 60, .expiry = 0});
  world.cuts("a");
  world.cuts("b");
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+0.000 s PUBLISH will b"));
  world.runs_for(1h);
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+5.000 s PUBLISH will a"));
  EXPECT_EQ(world.broker().sessions(), 1U);
}

TEST(BrokerWillDelay, is_waited_for_on_mosquitto_although_the_session_has_ended) {
  for (const std::string name : {kMosquitto, kNewMosquitto}) {
    World world{name};
    world.connects("watch", {.version = Version::v5, .will = false});
    world.subscribes("watch", "#");
    world.take("watch");
    world.connects("a", {.version = Version::v5, .delay = 3});
    world.cuts("a");
    world.runs_for(1h);
    EXPECT_THAT(world.take_timed("watch"), ElementsAre("+4.000 s PUBLISH will a")) << name;
    EXPECT_EQ(world.broker().sessions(), 1U);
  }
}

// [MQTT5-3.1.3-9]
TEST(BrokerWillDelay, is_cancelled_when_the_session_goes_on) {
  for (const std::string name : {"spec-5.0", kMosquitto}) {
    World world{name};
    world.watches("watch");
    const Client kept{.version = Version::v5, .clean = false, .delay = 5, .expiry = 60};
    world.connects("a", kept);
    world.cuts("a");
    world.runs_for(2s);
    world.connects("a", kept, "new");
    EXPECT_THAT(world.take("new"), ElementsAre("CONNACK 0 present"));
    world.runs_for(1h);
    EXPECT_THAT(world.take("watch"), IsEmpty()) << name;
    EXPECT_THAT(world.fates("a"), ElementsAre("delayed", "cancelled"));
    EXPECT_THAT(world.fates("new"), IsEmpty());
  }
}

TEST(BrokerWillDelay, is_over_when_the_client_returns_late) {
  World world{"spec-5.0"};
  world.watches("watch");
  const Client kept{.version = Version::v5, .clean = false, .delay = 5, .expiry = 60};
  world.connects("a", kept);
  world.cuts("a");
  world.runs_for(6s);
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a"));
  world.connects("a", kept, "new");
  EXPECT_THAT(world.take("watch"), IsEmpty());
}

// One client after the other drops, each less than the interval after the one before.
TEST(BrokerWillDelay, of_mosquitto_is_blocked_by_newer_ones) {
  const Client client{.version = Version::v5, .delay = 4, .expiry = 600};
  for (const std::string name : {"spec-5.0", kMosquitto}) {
    World world{name};
    world.watches("watch");
    for (int n = 0; n < 5; ++n) world.connects(std::to_string(n), client);
    for (int n = 0; n < 5; ++n) {
      world.cuts(std::to_string(n));
      world.runs_for(2s);
    }
    world.runs_for(1h);
    if (name == kMosquitto) {
      EXPECT_THAT(world.take_timed("watch"),
                  ElementsAre("+13.000 s PUBLISH will 4", "+13.000 s PUBLISH will 3",
                              "+13.000 s PUBLISH will 2", "+13.000 s PUBLISH will 1",
                              "+13.000 s PUBLISH will 0"));
    } else {
      EXPECT_THAT(world.take_timed("watch"),
                  ElementsAre("+4.000 s PUBLISH will 0", "+6.000 s PUBLISH will 1",
                              "+8.000 s PUBLISH will 2", "+10.000 s PUBLISH will 3",
                              "+12.000 s PUBLISH will 4"));
    }
  }
}

TEST(BrokerWillDelay, of_mosquitto_is_free_when_the_head_returns) {
  World world{kMosquitto};
  world.watches("watch");
  const Client client{.version = Version::v5, .clean = false, .delay = 4, .expiry = 600};
  world.connects("old", client);
  world.connects("head", client);
  world.cuts("old");
  world.runs_for(3s);
  world.cuts("head");
  world.runs_for(3500ms);
  EXPECT_THAT(world.take("watch"), IsEmpty());
  world.connects("head", client);
  world.runs_for(1h);
  // Looked at with the next whole second.
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+7.000 s PUBLISH will old"));
}

// The broker's clock may stand anywhere when the run begins.
TEST(BrokerWillDelay, is_over_at_the_next_tick_of_any_clock) {
  for (int step = 0; step < 10; ++step) {
    BrokerConfig config = config_of(kMosquitto);
    config.phase = step * 637ms;
    World world{config};
    world.watches("watch");
    world.connects("a", {.version = Version::v5, .delay = 2, .expiry = 60});
    world.connects("b", {.version = Version::v5, .delay = 60, .expiry = 2});
    world.cuts("a");
    world.cuts("b");
    world.runs_for(2s);
    EXPECT_THAT(world.take("watch"), IsEmpty());
    world.runs_for(1s);
    EXPECT_EQ(world.take("watch").size(), 2U) << probate::to_text(config.phase);
  }
}

TEST(BrokerSession, expires) {
  World world{"spec-5.0"};
  const Client kept{.version = Version::v5, .clean = false, .will = false, .expiry = 60};
  world.connects("a", kept);
  world.subscribes("a", "x");
  world.cuts("a");
  world.runs_for(59s);
  EXPECT_EQ(world.broker().sessions(), 1U);
  world.runs_for(1s);
  EXPECT_EQ(world.broker().sessions(), 0U);
  world.connects("a", kept, "new");
  EXPECT_THAT(world.take("new"), ElementsAre("CONNACK 0"));
}

TEST(BrokerSession, does_not_expire_when_it_went_on_in_time) {
  World world{"spec-5.0"};
  const Client kept{.version = Version::v5, .clean = false, .will = false, .expiry = 60};
  world.connects("a", kept);
  world.cuts("a");
  world.runs_for(30s);
  world.connects("a", kept);
  world.runs_for(1h);
  EXPECT_EQ(world.broker().sessions(), 1U);
  EXPECT_TRUE(world.is_open("a"));
}

}  // namespace
}  // namespace probate::broker
