// What must hold of the broker model whatever clients do to it.
#include <algorithm>
#include <map>

#include "core/base/rng.hpp"
#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

constexpr int kSteps = 400;
constexpr std::uint64_t kSeeds = 10;

// Clients that come, go, break off and return at random; the broker stops and dies at times.
class Chaos {
 public:
  Chaos(const std::string& profile_name, std::uint64_t seed)
      : rng_{seed}, world_{config(profile_name, seed)} {}

  void runs() {
    for (int step = 0; step < kSteps; ++step) {
      act();
      check_counts();
    }
    if (!world_.broker().running()) world_.restarts();
    for (const auto& [client, name] : current_) {
      if (world_.is_open(name)) world_.cuts(name);
    }
    world_.runs_for(24h);
  }
  // The final words on the will of each connection that had one.
  void check_fates() {
    for (const auto& [name, had_will] : connections_) {
      std::vector<std::string> fates = world_.fates(name);
      if (!fates.empty() && fates.front() == "delayed") fates.erase(fates.begin());
      EXPECT_EQ(fates.size(), had_will ? 1U : 0U) << name;
      EXPECT_EQ(std::count(fates.begin(), fates.end(), "delayed"), 0) << name;
      published_ += static_cast<std::size_t>(std::count(fates.begin(), fates.end(), "published"));
    }
    EXPECT_EQ(world_.broker().wills_pending(), 0U);
  }
  std::size_t published() const { return published_; }
  std::size_t connections() const { return connections_.size(); }
  // What all of them got, with times.
  std::vector<std::string> story() {
    std::vector<std::string> story;
    for (const auto& [name, had_will] : connections_) {
      for (const std::string& line : world_.take_timed(name)) story.push_back(name + " " + line);
    }
    return story;
  }

 private:
  static BrokerConfig config(const std::string& profile_name, std::uint64_t seed) {
    BrokerConfig config = config_of(profile_name);
    config.phase = Rng{seed}.stream("phase").uniform(0s, 6s);
    config.persistence = seed % 2 == 0;
    return config;
  }
  bool chance(std::uint64_t one_in) { return rng_.below(one_in) == 0; }

  void act() {
    if (!world_.broker().running()) {
      world_.runs_for(rng_.uniform(0s, 20s));
      return world_.restarts();
    }
    const std::string client = fmt::format("c{}", rng_.below(8));
    const std::string& name = current_[client];
    const bool open = !name.empty() && world_.is_open(name);
    switch (rng_.below(12)) {
      case 0:
      case 1:
      case 2:
        return connects(client);
      case 3:
        return open ? world_.cuts(name) : connects(client);
      case 4:
        if (open) world_.disconnects(name, chance(3) ? 0x04 : chance(3) ? 0x80 : 0);
        return;
      case 5:
        if (open && chance(3)) world_.sends_garbage(name);
        return;
      case 6:
        if (open) world_.subscribes(name, chance(2) ? "will" : "#", QoS::at_least_once);
        return;
      case 7:
        if (open) world_.publishes(name, "will", "noise", QoS::exactly_once, chance(4));
        return;
      case 8:
        if (open) world_.says(name, mqtt::Pingreq{});
        return;
      case 9:
        if (chance(20)) world_.stops();
        return;
      case 10:
        if (chance(20)) world_.crashes();
        return;
      default:
        return world_.runs_for(rng_.uniform(0s, 4s));
    }
  }
  void connects(const std::string& client) {
    Client wanted;
    wanted.version = chance(2) ? Version::v5 : Version::v3_1_1;
    wanted.clean = chance(2);
    wanted.keep_alive = static_cast<std::uint16_t>(rng_.below(5));
    wanted.will = !chance(5);
    wanted.qos = static_cast<QoS>(rng_.below(3));
    wanted.retain = chance(4);
    if (wanted.version == Version::v5) {
      wanted.delay = static_cast<std::uint32_t>(rng_.below(6));
      wanted.expiry = static_cast<std::uint32_t>(rng_.below(10));
    }
    const std::string name = fmt::format("{}#{}", client, connections_.size());
    connections_.emplace_back(name, wanted.will);
    current_[client] = name;
    world_.connects(client, wanted, name);
  }
  void check_counts() {
    const auto open =
        std::count_if(connections_.begin(), connections_.end(),
                      [this](const auto& each) { return world_.is_open(each.first); });
    ASSERT_EQ(world_.broker().connections(), static_cast<std::uint32_t>(open));
    ASSERT_GE(world_.broker().sessions(), world_.broker().connections());
    ASSERT_LE(world_.broker().sessions(), 8U);
    ASSERT_LE(world_.broker().wills_pending(), world_.broker().sessions());
  }

  Rng rng_;
  World world_;
  std::map<std::string, std::string> current_;             // client → its last connection
  std::vector<std::pair<std::string, bool>> connections_;  // and whether it had a will
  std::size_t published_ = 0;
};

// [MQTT-3.1.2-10] [MQTT5-3.1.2-10]
TEST(BrokerAtRandom, says_one_final_word_on_each_will) {
  for (const char* name : {"spec-3.1.1", "spec-5.0", "mosquitto-2.0.11", "hivemq-ce", "nanomq",
                           "rabbitmq", "emqx-5.8"}) {
    std::size_t published = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Chaos chaos{name, seed};
      chaos.runs();
      chaos.check_fates();
      published += chaos.published();
      ASSERT_FALSE(::testing::Test::HasFailure()) << name << ", seed " << seed;
    }
    EXPECT_GT(published, kSeeds * 20) << name;
  }
}

TEST(BrokerAtRandom, does_the_same_twice) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Chaos first{"mosquitto-2.0.11", seed};
    Chaos second{"mosquitto-2.0.11", seed};
    first.runs();
    second.runs();
    const auto story = first.story();
    EXPECT_GT(story.size(), 100U);
    EXPECT_EQ(story, second.story()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace probate::broker
