// What the broker model costs per packet, per connection and per scan, with many sessions.
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/broker/broker.hpp"

namespace probate::broker {
namespace {

// As mosquitto looks for silence: all connections together, every six seconds.
BrokerConfig scanning() {
  BrokerConfig config;
  config.profile.keep_alive = {.floored = true, .scan = 6100ms};
  config.profile.mechanics.keep_alive_scan = 6s;
  config.profile.mechanics.timer_period = 1s;
  return config;
}

std::string imei(std::uint64_t n) { return fmt::format("{:015}", 868570000000000 + n); }

mqtt::Connect connect_of(std::uint64_t n) {
  mqtt::Connect connect;
  connect.version = mqtt::Version::v3_1;
  connect.client_id = imei(n);
  connect.keep_alive = 300;
  connect.will.emplace();
  connect.will->topic = "/willmsg";
  connect.will->payload = imei(n) + "device_conn_err";
  return connect;
}

// Devices, and one observer of all wills.
struct Fleet {
  explicit Fleet(std::uint64_t devices) : broker{scanning()} {
    mqtt::Connect observer;
    observer.client_id = "observer";
    broker.handle_packet(kRunStart, ConnectionId{devices + 1}, observer, out);
    mqtt::Subscribe subscribe;
    subscribe.packet_id = 1;
    subscribe.subscriptions.push_back({"/willmsg", mqtt::QoS::at_most_once});
    broker.handle_packet(kRunStart, ConnectionId{devices + 1}, subscribe, out);
    for (std::uint64_t n = 1; n <= devices; ++n) {
      const Instant now = kRunStart + n * 10us;
      broker.handle_packet(now, ConnectionId{n}, connect_of(n), out);
      subscribe.subscriptions[0] = {"/device/" + imei(n) + "/req", mqtt::QoS::at_most_once};
      broker.handle_packet(now, ConnectionId{n}, subscribe, out);
      out.clear();
    }
  }

  Broker broker;
  Actions out;
};

// QoS 0 messages that nobody subscribed to, of devices in an order that no cache likes.
void publish_to_nobody(benchmark::State& state) {
  const auto devices = static_cast<std::uint64_t>(state.range(0));
  Fleet fleet{devices};
  mqtt::Packet message{mqtt::Publish{}};
  auto& publish = std::get<mqtt::Publish>(message);
  publish.payload = "report";
  std::uint64_t n = 0;
  for (auto _ : state) {
    n = (n + 7'919) % devices;
    publish.topic = "/device/868570000000000/report";
    fleet.broker.handle_packet(kRunStart + 60s, ConnectionId{n + 1}, message, fleet.out);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(publish_to_nobody)->Arg(10'000)->Arg(1'000'000);

void ping(benchmark::State& state) {
  const auto devices = static_cast<std::uint64_t>(state.range(0));
  Fleet fleet{devices};
  const mqtt::Packet message{mqtt::Pingreq{}};
  std::uint64_t n = 0;
  for (auto _ : state) {
    n = (n + 7'919) % devices;
    fleet.broker.handle_packet(kRunStart + 60s, ConnectionId{n + 1}, message, fleet.out);
    fleet.out.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ping)->Arg(10'000)->Arg(1'000'000);

// A device breaks off, its will goes to the observer, and it returns.
void reconnect(benchmark::State& state) {
  const auto devices = static_cast<std::uint64_t>(state.range(0));
  Fleet fleet{devices};
  std::vector<std::uint64_t> connection_of(devices);
  for (std::uint64_t n = 0; n < devices; ++n) connection_of[n] = n + 1;
  std::uint64_t last = devices + 1;
  std::uint64_t n = 0;
  Instant now = kRunStart + 60s;
  for (auto _ : state) {
    n = (n + 7'919) % devices;
    now += 10us;
    fleet.broker.handle_closed(now, ConnectionId{connection_of[n]}, fleet.out);
    connection_of[n] = ++last;
    fleet.broker.handle_packet(now, ConnectionId{last}, connect_of(n + 1), fleet.out);
    fleet.out.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(reconnect)->Arg(10'000)->Arg(1'000'000);

// An hour of keep-alive with everybody sending: what the lazy alarms cost. Per device and hour.
void an_hour_of_looking(benchmark::State& state) {
  const auto devices = static_cast<std::uint64_t>(state.range(0));
  Fleet fleet{devices};
  Instant now = kRunStart + 60s;
  for (auto _ : state) {
    const Instant end = now + 1h;
    for (; now < end; now += 300s) {
      state.PauseTiming();
      for (std::uint64_t n = 1; n <= devices; ++n) {
        fleet.broker.handle_packet(now, ConnectionId{n}, mqtt::Pingreq{}, fleet.out);
        fleet.out.clear();
      }
      state.ResumeTiming();
      for (auto due = fleet.broker.next_timeout(); due && *due <= now + 300s;
           due = fleet.broker.next_timeout()) {
        fleet.broker.handle_timeout(*due, fleet.out);
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(an_hour_of_looking)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace probate::broker
