// A network of one or a few devices before the broker model, with scripted ends instead of device
// machines.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/journal/text.hpp"
#include "sim/virtual/link.hpp"
#include "sim/virtual/network.hpp"

namespace probate::virtual_time {

inline constexpr DeviceId kDevice{0};
inline constexpr FaultId kFault{3};

struct Recorder final : journal::Sink {
  std::vector<journal::Record> records;
  void write(Instant at, journal::Body body) override {
    records.push_back({at, 0, records.size(), std::move(body)});
  }
};

// The kinds of the records so far, one word each.
inline std::string kinds(const std::vector<journal::Record>& records) {
  std::string all;
  for (const journal::Record& record : records) {
    const std::string text = journal::to_text(record);
    const std::size_t begin = text.find_first_not_of(' ', text.find(" s  ") + 2);
    all += (all.empty() ? "" : " ") + text.substr(begin, text.find(' ', begin) - begin);
  }
  return all;
}

// What a fault asks for that treats packets of that type on their way.
inline fault::Watch up(mqtt::PacketType type) { return {.up = fault::PacketSet{type}, .down = {}}; }
inline fault::Watch down(mqtt::PacketType type) {
  return {.up = {}, .down = fault::PacketSet{type}};
}

// What a device's end heard.
class ScriptedEnd final : public DeviceEnd {
 public:
  std::vector<mqtt::PacketType> received;
  std::vector<Instant> received_at;
  std::vector<device::CloseCause> closed;
  bool lets_go = false;  // of an idle link
  int links_back = 0;

 private:
  bool let_go(Link&) override { return lets_go; }
  void link_back(Link&) override { ++links_back; }
  void link_received(Link&, Instant now, const mqtt::Packet& packet) override {
    received.push_back(mqtt::type_of(packet));
    received_at.push_back(now);
  }
  void link_closed(Link&, Instant, device::CloseCause cause) override { closed.push_back(cause); }
};

class World final : private NetworkOwner {
 public:
  explicit World(BrokerHostConfig config = {}, NetworkConfig network_config = {})
      : loop{recorder},
        broker{loop, std::move(config)},
        network{loop, broker, *this, network_config} {
    loop.set_after_event([this] {
      network.end_turn();
      broker.end_turn();
    });
  }

  static mqtt::Connect connect(const std::string& client_id, std::uint16_t keep_alive = 10) {
    mqtt::Connect packet;
    packet.client_id = client_id;
    packet.keep_alive = keep_alive;
    packet.will = mqtt::Will{.topic = "/will", .payload = client_id, .properties = {}};
    return packet;
  }

  Link& dials(DeviceId device, const std::string& client_id = "d") {
    Link* link = network.accept(device, ++epoch, end);
    link->device_sent(connect(client_id));
    return *link;
  }
  void runs_for(Duration time) {
    Alarm alarm{loop};
    alarm.arm(loop.now() + time);
    while (!alarm.rang && loop.step()) {
    }
  }
  template <typename Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const auto& record : recorder.records) {
      if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
    }
    return found;
  }

  Recorder recorder;
  Loop loop;
  BrokerHost broker;
  Network network;
  ScriptedEnd end;
  Epoch epoch = 0;
  fault::Admission admission = fault::Admit{};
  std::function<fault::Treatment(const fault::PacketFacts&)> treatment;
  int sessions_up = 0;
  int links_down = 0;
  std::vector<FaultId> idle_faults;
  std::vector<FaultId> kept_by;
  std::function<void()> when_idle;

 private:
  struct Alarm final : Timer {
    using Timer::Timer;
    bool rang = false;
    void expired(Instant) override { rang = true; }
  };

  fault::Admission admit(Instant, DeviceId) override { return admission; }
  void connect_kept(Instant, FaultId fault, DeviceId) override { kept_by.push_back(fault); }
  fault::Treatment treat(Instant, DeviceId, const fault::PacketFacts& packet) override {
    return treatment ? treatment(packet) : fault::PassPacket{};
  }
  bool is_struck(DeviceId) const override { return true; }
  void session_up(Instant, DeviceId) override { ++sessions_up; }
  void link_down(Instant, DeviceId) override { ++links_down; }
  DeviceEnd& end_of(DeviceId) override { return end; }
  void link_idle(Instant, FaultId fault, DeviceId) override {
    idle_faults.push_back(fault);
    if (when_idle) when_idle();
  }
};

}  // namespace probate::virtual_time
