// Habits that only some brokers have: each key of a profile changes what the model does.
#include <functional>

#include "sim/yaml/presets.hpp"
#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

// By ends of one connection with a will: what a watcher gets of it.
template <typename Change>
std::vector<std::string> wills_of(Change change, const Client& client,
                                  const std::function<void(World&)>& end) {
  BrokerConfig config = config_of("spec-5.0");
  change(config.profile);
  World world{config};
  world.watches("watch");
  world.runs_for(1s);
  world.connects("a", client);
  world.runs_for(2s);
  end(world);
  world.runs_for(1h);
  return world.take_timed("watch");
}
void nothing(Profile&) {}

// The window is the judge's, the instant is the model's: for every profile that is shipped.
TEST(BrokerHabits, close_silent_connections_within_the_window_of_every_profile) {
  for (const std::string_view name : yaml::profile_names()) {
    BrokerConfig config = config_of(std::string{name});
    const KeepAliveWindow window = config.profile.keep_alive;
    Duration shortest = 24h;
    Duration longest{};
    for (const int seconds : {1, 3, 10, 60, 300}) {
      const Duration keep_alive = std::chrono::seconds{seconds};
      for (int step = 0; step < 40; ++step) {
        config.phase = step * 517ms;
        const Instant last = kRunStart + 20s + step * 1297137us;
        const Duration silence = Ticks{config}.keep_alive(kRunStart + 3s, last, keep_alive) - last;
        EXPECT_GE(silence, window.lowest(keep_alive)) << name << ", K = " << seconds;
        EXPECT_LE(silence, window.highest(keep_alive)) << name << ", K = " << seconds;
        if (seconds != 60) continue;
        shortest = std::min(shortest, silence);
        longest = std::max(longest, silence);
      }
    }
    // It is filled, not only respected.
    EXPECT_GE((longest - shortest) * 10, (window.highest(60s) - window.lowest(60s)) * 4) << name;
  }
}

TEST(BrokerHabits, close_no_more_at_once_than_a_batch) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.profile.keep_alive.batch_max = 2;
  config.profile.keep_alive.batch_interval = 100ms;
  World world{config};
  world.watches("watch");
  for (const char* name : {"a", "b", "c", "d", "e"}) world.connects(name, {.keep_alive = 10});
  world.runs_for(1h);
  EXPECT_THAT(world.take_timed("watch"),
              ElementsAre("+15.000 s PUBLISH will a", "+15.000 s PUBLISH will b",
                          "+15.100 s PUBLISH will c", "+15.100 s PUBLISH will d",
                          "+15.200 s PUBLISH will e"));
}

TEST(BrokerHabits, take_bytes_for_a_sign_of_life_only_where_they_are_counted) {
  for (const bool counts : {false, true}) {
    const auto change = [counts](Profile& profile) { profile.keep_alive.counts_bytes = counts; };
    const auto seen = wills_of(change, {.keep_alive = 10}, [](World& world) {
      world.broker().handle_bytes(world.now(), world.id("a"));
    });
    EXPECT_THAT(seen,
                ElementsAre(counts ? "+18.000 s PUBLISH will a" : "+16.000 s PUBLISH will a"));
  }
}

TEST(BrokerHabits, count_the_delay_from_connect_or_from_the_close) {
  const Client client{.version = Version::v5, .delay = 5, .expiry = 60};
  const auto cut = [](World& world) { world.cuts("a"); };
  EXPECT_THAT(wills_of(nothing, client, cut), ElementsAre("+8.000 s PUBLISH will a"));
  const auto change = [](Profile& profile) { profile.delay_from_connect = true; };
  EXPECT_THAT(wills_of(change, client, cut), ElementsAre("+6.000 s PUBLISH will a"));
}

TEST(BrokerHabits, delete_the_will_at_disconnect_with_will) {
  const auto leave = [](World& world) { world.disconnects("a", 0x04); };
  EXPECT_THAT(wills_of(nothing, {.version = Version::v5}, leave).size(), 1U);
  const auto change = [](Profile& profile) { profile.will_reason_deletes_will = true; };
  EXPECT_THAT(wills_of(change, {.version = Version::v5}, leave), IsEmpty());
}

TEST(BrokerHabits, delete_the_will_at_a_malformed_packet) {
  const auto garble = [](World& world) { world.sends_garbage("a"); };
  EXPECT_THAT(wills_of(nothing, {}, garble).size(), 1U);
  const auto change = [](Profile& profile) { profile.malformed_deletes_will = true; };
  EXPECT_THAT(wills_of(change, {}, garble), IsEmpty());
}

TEST(BrokerHabits, hold_the_will_at_a_takeover_by_one_with_a_delay) {
  const Client kept{.version = Version::v5, .clean = false, .expiry = 60};
  const auto return_with_delay = [](World& world) {
    world.connects("a", {.version = Version::v5, .clean = false, .delay = 5, .expiry = 60}, "new");
  };
  EXPECT_THAT(wills_of(nothing, kept, return_with_delay).size(), 1U);
  const auto change = [](Profile& profile) { profile.takeover.new_delay_holds_it = true; };
  EXPECT_THAT(wills_of(change, kept, return_with_delay), IsEmpty());
}

TEST(BrokerHabits, refuse_a_will_that_may_not_be_published_or_drop_it_later) {
  for (const WillAcl acl : {WillAcl::at_connect, WillAcl::at_publication}) {
    BrokerConfig config = config_of("spec-5.0");
    config.profile.will_acl = acl;
    config.denied = {"will"};
    World world{config};
    world.connects("a", {.version = Version::v5});
    if (acl == WillAcl::at_connect) {
      EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 135", "closed"));
    } else {
      EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0"));
    }
  }
}

TEST(BrokerHabits, end_orderly_in_four_ways) {
  for (const ShutdownRule rule : {ShutdownRule::publishes, ShutdownRule::publishes_all_at_once,
                                  ShutdownRule::defers, ShutdownRule::loses}) {
    BrokerConfig config = config_of("spec-5.0");
    config.profile.shutdown = rule;
    World world{config};
    world.watches("watch");
    world.connects("a");
    world.connects("b", {.version = Version::v5, .delay = 60, .expiry = 600});
    world.stops();
    const std::size_t at_stop = world.take("watch").size() - 1;  // and its own end
    world.runs_for(5s);
    world.restarts();
    world.watches("late");
    world.runs_for(1h);
    const std::size_t later = world.take("late").size();
    // At once after a restart nobody can have subscribed yet.
    EXPECT_EQ(at_stop, rule == ShutdownRule::publishes               ? 1U
                       : rule == ShutdownRule::publishes_all_at_once ? 2U
                                                                     : 0U);
    const bool waits = rule == ShutdownRule::publishes || rule == ShutdownRule::defers;
    EXPECT_EQ(later, waits ? 1U : 0U) << to_text(rule);
    EXPECT_EQ(world.fates("a").back(), rule == ShutdownRule::loses ? "lost" : "published");
    EXPECT_EQ(world.fates("b").back(), rule == ShutdownRule::loses ? "lost" : "published");
  }
}

}  // namespace
}  // namespace probate::broker
