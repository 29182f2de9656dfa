// Whatever is done to a device, in whatever order, what must always be true stays true. The Script
// checks it at every action; here chance writes the scripts.
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

using enum mqtt::PropertyId;

constexpr int kScripts = 150;
constexpr int kMoves = 300;

bool chance(Rng& rng, std::uint64_t one_in) { return rng.below(one_in) == 0; }

mqtt::QoS any_qos(Rng& rng) { return static_cast<mqtt::QoS>(rng.below(3)); }

DeviceConfig any_device(Rng& rng) {
  constexpr mqtt::Version kVersions[] = {mqtt::Version::v3_1, mqtt::Version::v3_1_1,
                                         mqtt::Version::v5};
  DeviceConfig config = plain_device();
  config.protocol = kVersions[rng.below(3)];
  config.clean = chance(rng, 2);
  config.keep_alive = std::chrono::seconds{rng.below(4) * 10};
  config.on_error = static_cast<OnError>(rng.below(3));
  config.connect.tcp_timeout = std::chrono::seconds{rng.below(20)};
  config.connect.connack_timeout = std::chrono::seconds{rng.below(20)};
  if (chance(rng, 2)) config.connect.retry = RetryConfig{};
  if (config.protocol == mqtt::Version::v5) config.session_expiry = 60s * rng.below(2);
  if (chance(rng, 2)) config.pingresp_timeout = std::chrono::seconds{rng.below(15)};
  if (chance(rng, 2)) config.subscribe = {text("/req"), text("/all/#")};
  if (chance(rng, 2)) {
    config.birth = birth("/birth", chance(rng, 2) ? BirthWhen::boot : BirthWhen::connect);
    config.birth->qos = any_qos(rng);
  }
  for (std::uint64_t entry = rng.below(3); entry > 0; --entry) {
    config.publish.push_back(periodic("/p", 700ms * entry, any_qos(rng)));
  }
  if (chance(rng, 4)) {
    config.workload = Workload::luat_loop;
    config.luat_loop.emplace();
    config.luat_loop->report = message("/report", "{seq}", any_qos(rng));
    config.luat_loop->response = message("/resp", "{seq}", any_qos(rng));
  }
  return config;
}

mqtt::Packet any_packet(Rng& rng, Script& device) {
  const auto id = static_cast<std::uint16_t>(1 + rng.below(20));
  switch (rng.below(14)) {
    case 0:
    case 1:
      return accepted();
    case 2:
      return resumed();
    case 3:
      return refused(static_cast<std::uint8_t>(rng.below(6)));
    case 4:
      return accepted_with(receive_maximum, static_cast<std::uint32_t>(rng.below(5)));
    case 5:
    case 6:
      return device.suback();
    case 7:
      return mqtt::Suback{id, {0x80}, {}};
    case 8:
      return downlink(any_qos(rng), id);
    case 9:
      return mqtt::Puback{id, 0, {}};
    case 10:
      return mqtt::Pubrec{id, static_cast<std::uint8_t>(chance(rng, 4) ? 0x97 : 0), {}};
    case 11:
      return mqtt::Pubcomp{id, 0, {}};
    case 12:
      return mqtt::Pubrel{id, 0, {}};
    case 13:
      return mqtt::Pingresp{};
  }
  return mqtt::Disconnect{};
}

// What brings a device one step nearer to online.
void makes_a_kind_move(Script& device, Rng& rng) {
  switch (device.machine().state()) {
    case DeviceState::off:
      return device.starts();
    case DeviceState::dialing:
      return device.opens();
    case DeviceState::handshaking:
      return device.gets(accepted());
    case DeviceState::subscribing:
      return device.gets(device.suback());
    case DeviceState::backoff:
    case DeviceState::online:
      return device.runs_for(rng.uniform(0s, 10s));
  }
}

void makes_any_move(Script& device, Rng& rng) {
  if (chance(rng, 2)) return makes_a_kind_move(device, rng);
  const bool off = device.machine().state() == DeviceState::off;
  switch (rng.below(24)) {
    case 0:
      return device.leaves(chance(rng, 2) ? std::optional<Duration>{3s} : std::nullopt);
    case 1:
      return device.loses_power(chance(rng, 2) ? std::optional<Duration>{3s} : std::nullopt,
                                chance(rng, 2));
    case 2:
      return device.closes(static_cast<CloseCause>(rng.below(11)));
    case 3:
      return device.fires();
    case 4:
      return device.stalls_for(rng.uniform(0s, 30s));
    case 5:
      return chance(rng, 20) ? device.finishes() : device.fires();
    case 6:
    case 7:
    case 8:
      return off ? device.starts() : device.opens();
    case 9:
    case 10:
    case 11:
      return device.runs_for(rng.uniform(0s, 20s));
    case 12:
    case 13:
      return device.opens();
  }
  device.gets(any_packet(rng, device));
}

TEST(DeviceProperties, hold_in_every_order_of_events) {
  std::uint32_t sessions = 0;
  for (std::uint64_t seed = 1; seed <= kScripts; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    Script device{any_device(rng), seed};
    for (int move = 0; move < kMoves; ++move) {
      makes_any_move(device, rng);
      if (testing::Test::HasFailure()) return;
    }
    const DeviceCounts& counts = device.machine().counts();
    EXPECT_LE(counts.sessions, counts.attempts);
    EXPECT_LE(counts.dropped, counts.publishes);
    EXPECT_LE(device.machine().epoch(), counts.attempts);
    sessions += counts.sessions;
  }
  // Chance must get past CONNACK, or the test shows little.
  EXPECT_GT(sessions, std::uint32_t{5 * kScripts});
}

TEST(DeviceProperties, include_that_the_same_calls_make_the_same_actions) {
  const auto life = [](std::uint64_t seed) {
    Rng rng{seed};
    Script device{any_device(rng), seed};
    for (int move = 0; move < kMoves; ++move) makes_any_move(device, rng);
    return device.take();
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(life(seed), life(seed)) << "seed " << seed;
  }
}

TEST(DeviceProperties, include_that_an_early_or_second_timeout_does_nothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    Script device{any_device(rng), seed};
    for (int move = 0; move < kMoves; ++move) {
      makes_any_move(device, rng);
      const auto due = device.machine().next_timeout();
      if (due && *due <= device.now()) continue;
      device.take();
      device.fires();
      EXPECT_THAT(device.take(), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace probate::device
