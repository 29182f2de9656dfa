// What a device costs: the reason why a million of them fit into one virtual run.
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <gtest/gtest.h>
#include <malloc.h>

#include "core/base/check.hpp"
#include "core/device/machine.hpp"
#include "tests/unit/core/device/script.hpp"

namespace {

// This thread's live heap and the number of its allocations, as operator new sees them.
struct Heap {
  std::int64_t bytes = 0;
  std::int64_t allocations = 0;
};
thread_local Heap heap;

}  // namespace

// Not inlined: g++ 12 then sees a free() of something that new made.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* place = std::malloc(bytes);
  CHECK(place != nullptr);
  heap.bytes += static_cast<std::int64_t>(malloc_usable_size(place));
  ++heap.allocations;
  return place;
}
[[gnu::noinline]] void operator delete(void* place) noexcept {
  if (place != nullptr) heap.bytes -= static_cast<std::int64_t>(malloc_usable_size(place));
  std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::size_t) noexcept {
  operator delete(place);
}

namespace probate::device {
namespace {

// A 60-character client id, will, birth, two publishes at QoS 1, a group of 40 characters.
DeviceConfig rich_device() {
  DeviceConfig config = plain_device();
  config.client_id = text("{index:020}-" + std::string(39, 'm'));
  config.will.emplace();
  static_cast<MessageConfig&>(*config.will) = message("/will/{client_id}", std::string(200, 'w'));
  config.birth = birth("/birth/{client_id}");
  config.subscribe = {text("/req/{client_id}"), text("/all")};
  config.publish = {periodic("/a/{client_id}", 100s, mqtt::QoS::at_least_once),
                    periodic("/b/{client_id}", 100s, mqtt::QoS::exactly_once)};
  return config;
}

void comes_up(DeviceMachine& machine, Actions& out) {
  machine.start(kRunStart, out);
  machine.handle_opened(kRunStart, out);
  machine.handle_packet(kRunStart, accepted(), out);
  machine.handle_packet(kRunStart, mqtt::Suback{1, {0, 0}, {}}, out);
  CHECK(machine.state() == DeviceState::online);
  out.clear();
}

TEST(DeviceMemory, of_an_idle_online_device_is_at_most_512_bytes) {
  const DeviceConfig config = rich_device();
  ASSERT_EQ(config.client_id.expand({}).size(), 60U);
  Actions out;
  out.reserve(16);
  const std::string group(40, 'g');
  const std::int64_t before = heap.bytes;
  auto machine = std::make_unique<DeviceMachine>(config, Identity{0, group}, Rng{1});
  comes_up(*machine, out);
  EXPECT_LE(heap.bytes - before, 512);

  // After traffic it is as small as before.
  const std::int64_t idle = heap.bytes;
  machine->handle_timeout(kRunStart + 100s, out);
  machine->handle_packet(kRunStart + 100s, downlink(mqtt::QoS::exactly_once, 9), out);
  EXPECT_GT(heap.bytes, idle);
  out.clear();
  machine->handle_packet(kRunStart + 101s, mqtt::Puback{2, 0, {}}, out);
  machine->handle_packet(kRunStart + 101s, mqtt::Pubrec{3, 0, {}}, out);
  machine->handle_packet(kRunStart + 101s, mqtt::Pubcomp{3, 0, {}}, out);
  machine->handle_packet(kRunStart + 101s, mqtt::Pubrel{9, 0, {}}, out);
  out.clear();
  EXPECT_EQ(heap.bytes, idle);
  RecordProperty("idle_device_bytes", static_cast<int>(idle - before));
}

TEST(DeviceMemory, is_not_touched_by_a_pingreq) {
  const DeviceConfig config = rich_device();
  DeviceMachine machine{config, Identity{}, Rng{1}};
  Actions out;
  out.reserve(16);
  comes_up(machine, out);
  const std::int64_t before = heap.allocations;
  machine.handle_timeout(kRunStart + 60s, out);
  machine.handle_packet(kRunStart + 60s, mqtt::Pingresp{}, out);
  EXPECT_EQ(heap.allocations, before);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(describe(std::get<SendPacket>(out[0]).packet), "PINGREQ");
}

TEST(DeviceMemory, is_not_touched_by_asking) {
  const DeviceConfig config = rich_device();
  DeviceMachine machine{config, Identity{}, Rng{1}};
  Actions out;
  comes_up(machine, out);
  const std::int64_t before = heap.allocations;
  EXPECT_TRUE(machine.next_timeout().has_value());
  machine.handle_timeout(kRunStart + 1s, out);
  EXPECT_EQ(heap.allocations, before);
}

}  // namespace
}  // namespace probate::device
