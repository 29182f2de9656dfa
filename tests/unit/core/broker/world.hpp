// The vocabulary of the broker model's tests: clients that say something to one broker, and what
// they get, one line per packet. Time is virtual.
//
//   world.connects("a", with_will(client()));   world.subscribes("watch", "#");
//   world.cuts("a");                            world.runs_for(15s);
//   EXPECT_THAT(world.take("watch"), ElementsAre("+0.000 s PUBLISH home/1 offline"));
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/check.hpp"
#include "core/broker/broker.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::broker {

using mqtt::PropertyId;
using mqtt::QoS;
using mqtt::Version;
using testing::ElementsAre;
using testing::IsEmpty;

inline constexpr const char* kMosquitto = "mosquitto-2.0.11";
inline constexpr const char* kNewMosquitto = "mosquitto-2.0.22";

inline Profile profile(const std::string& name) {
  auto loaded = yaml::load_profile(name);
  CHECK(loaded.has_value());
  return std::move(loaded).value();
}
inline BrokerConfig config_of(const std::string& name) {
  BrokerConfig config;
  config.profile = profile(name);
  return config;
}

inline void add(mqtt::Properties& properties, PropertyId id, std::uint32_t value) {
  mqtt::Property& property = properties.emplace_back();
  property.id = id;
  property.value = value;
}

// What a test says about a CONNECT.
struct Client {
  Version version = Version::v3_1_1;
  bool clean = true;
  std::uint16_t keep_alive = 0;
  bool will = true;
  std::uint32_t delay = 0;
  std::uint32_t expiry = 0;
  QoS qos = QoS::at_most_once;
  bool retain = false;
  std::string topic = "will";
  std::string payload{};  // default: the client's name
  std::uint32_t receive_maximum = 0;
};

inline mqtt::Connect connect_of(const std::string& name, const Client& client) {
  mqtt::Connect connect;
  connect.version = client.version;
  connect.clean_start = client.clean;
  connect.keep_alive = client.keep_alive;
  connect.client_id = name;
  if (client.will) {
    mqtt::Will& will = connect.will.emplace();
    will.topic = client.topic;
    will.payload = client.payload.empty() ? name : client.payload;
    will.qos = client.qos;
    will.retain = client.retain;
    if (client.delay > 0) add(will.properties, PropertyId::will_delay_interval, client.delay);
  }
  if (client.expiry > 0) {
    add(connect.properties, PropertyId::session_expiry_interval, client.expiry);
  }
  if (client.receive_maximum > 0) {
    add(connect.properties, PropertyId::receive_maximum, client.receive_maximum);
  }
  return connect;
}

inline std::string describe(const mqtt::Publish& publish) {
  std::string text = fmt::format("PUBLISH {} {}", publish.topic, publish.payload);
  if (publish.qos != QoS::at_most_once) text += fmt::format(" qos{}", int(publish.qos));
  if (publish.retain) text += " retained";
  if (publish.dup) text += " dup";
  return text;
}
inline std::string describe(const mqtt::Packet& packet) {
  std::string text = mqtt::to_text(mqtt::type_of(packet));
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) {
    text += fmt::format(" {}", connack->reason);
    if (connack->session_present) text += " present";
  }
  if (const auto* disconnect = std::get_if<mqtt::Disconnect>(&packet)) {
    text += fmt::format(" {:#x}", disconnect->reason);
  }
  if (const auto* suback = std::get_if<mqtt::Suback>(&packet)) {
    text += fmt::format(" {}", fmt::join(suback->reasons, " "));
  }
  return text;
}

class World {
 public:
  explicit World(const std::string& profile_name = "spec-3.1.1") : World{config_of(profile_name)} {}
  explicit World(BrokerConfig config) : broker_{std::move(config)} {}

  // A new connection, under the client's name; `as` another name for it.
  void connects(const std::string& name, const Client& client = {}, const std::string& as = "") {
    const ConnectionId connection{++last_connection_};
    open(as.empty() ? name : as, connection);
    send(connection, connect_of(name, client));
  }
  void connects_with(const std::string& as, const mqtt::Connect& connect) {
    const ConnectionId connection{++last_connection_};
    open(as, connection);
    send(connection, connect);
  }
  // A 3.1.1 client without a will that subscribes at QoS 2.
  void watches(const std::string& name, const std::string& filter = "#",
               QoS qos = QoS::exactly_once) {
    connects(name, {.will = false});
    subscribes(name, filter, qos);
    take(name);
  }
  void subscribes(const std::string& name, const std::string& filter, QoS qos = QoS::exactly_once) {
    mqtt::Subscribe subscribe{++last_packet_id_, {}, {}};
    subscribe.subscriptions.push_back({filter, qos});
    send(id(name), subscribe);
  }
  void says(const std::string& name, const mqtt::Packet& packet) { send(id(name), packet); }
  void publishes(const std::string& name, const std::string& topic, const std::string& payload,
                 QoS qos = QoS::at_most_once, bool retain = false) {
    mqtt::Publish publish;
    publish.topic = topic;
    publish.payload = payload;
    publish.qos = qos;
    publish.retain = retain;
    publish.packet_id = qos == QoS::at_most_once ? std::uint16_t{0} : ++last_packet_id_;
    send(id(name), publish);
  }
  void disconnects(const std::string& name, std::uint8_t reason = 0) {
    send(id(name), mqtt::Disconnect{reason, {}});
  }
  void cuts(const std::string& name) {
    broker_.handle_closed(now_, id(name), actions_);
    names_.erase(id(name));
    perform();
  }
  void sends_garbage(const std::string& name) {
    broker_.handle_malformed(now_, id(name), actions_);
    perform();
  }
  void stops() {
    broker_.shutdown(now_, actions_);
    perform();
  }
  void crashes() {
    broker_.crash(now_, actions_);
    perform();
  }
  void restarts() {
    broker_.restart(now_, actions_);
    perform();
  }
  void runs_for(Duration duration) {
    const Instant end = now_ + duration;
    for (auto due = broker_.next_timeout(); due && *due <= end; due = broker_.next_timeout()) {
      ASSERT_GE(*due, now_) << "a timeout was left behind";
      now_ = *due;
      broker_.handle_timeout(now_, actions_);
      perform();
    }
    now_ = end;
  }

  // What the client got since the last take, with times: "+15.000 s PUBLISH will a".
  std::vector<std::string> take_timed(const std::string& name) {
    return std::exchange(timed_[name], {});
  }
  std::vector<std::string> take(const std::string& name) {
    timed_[name].clear();
    return std::exchange(lines_[name], {});
  }
  // The fates of a connection's will, by the name it had.
  std::vector<std::string> fates(const std::string& name) { return fates_[name]; }
  bool is_open(const std::string& name) const {
    return ids_.contains(name) && names_.contains(ids_.at(name));
  }
  std::size_t dropped() const { return dropped_; }
  Broker& broker() { return broker_; }
  ConnectionId id(const std::string& name) const { return ids_.at(name); }
  Instant now() const { return now_; }
  // Clients answer PUBLISH and PUBREL themselves.
  bool acknowledges = true;

 private:
  void open(const std::string& name, ConnectionId connection) {
    ids_[name] = connection;
    names_[connection] = name;
    all_names_[connection] = name;
  }
  void send(ConnectionId connection, const mqtt::Packet& packet) {
    broker_.handle_packet(now_, connection, packet, actions_);
    perform();
  }
  void tell(ConnectionId connection, const std::string& line) {
    ASSERT_TRUE(names_.contains(connection)) << line << " to a closed connection";
    const std::string& name = names_.at(connection);
    lines_[name].push_back(line);
    timed_[name].push_back(to_text(now_) + " " + line);
  }
  void perform() {
    Actions actions;
    actions.swap(actions_);
    for (const Action& action : actions) {
      if (const auto* sent = std::get_if<SendPacket>(&action)) {
        tell(sent->connection, describe(sent->packet));
        if (acknowledges) answer(sent->connection, sent->packet);
      } else if (const auto* delivery = std::get_if<Deliver>(&action)) {
        tell(delivery->connection, describe(to_publish(*delivery)));
        if (acknowledges) acknowledge(*delivery);
      } else if (const auto* closed = std::get_if<Close>(&action)) {
        tell(closed->connection, "closed");
        names_.erase(closed->connection);
      } else if (const auto* will = std::get_if<WillNote>(&action)) {
        fates_[all_names_.at(will->connection)].push_back(to_text(will->fate));
      } else {
        ++dropped_;
      }
    }
    // Answers only now: they are packets of their own.
    auto answers = std::exchange(answers_, {});
    for (const auto& [connection, packet] : answers) {
      if (names_.contains(connection)) send(connection, packet);
    }
  }
  void answer(ConnectionId connection, const mqtt::Packet& packet) {
    if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&packet)) {
      answers_.emplace_back(connection, mqtt::Pubcomp{pubrel->packet_id, 0, {}});
    }
    if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
      answers_.emplace_back(connection, mqtt::Pubrel{pubrec->packet_id, 0, {}});
    }
  }
  void acknowledge(const Deliver& delivery) {
    if (delivery.qos == QoS::at_least_once) {
      answers_.emplace_back(delivery.connection, mqtt::Puback{delivery.packet_id, 0, {}});
    }
    if (delivery.qos == QoS::exactly_once) {
      answers_.emplace_back(delivery.connection, mqtt::Pubrec{delivery.packet_id, 0, {}});
    }
  }

  Broker broker_;
  Actions actions_;
  Instant now_ = kRunStart;
  std::uint64_t last_connection_ = 0;
  std::uint16_t last_packet_id_ = 0;
  std::size_t dropped_ = 0;
  std::map<std::string, ConnectionId> ids_;
  std::map<ConnectionId, std::string> names_;      // of open connections
  std::map<ConnectionId, std::string> all_names_;  // of every one
  std::map<std::string, std::vector<std::string>> lines_;
  std::map<std::string, std::vector<std::string>> timed_;
  std::map<std::string, std::vector<std::string>> fates_;
  std::vector<std::pair<ConnectionId, mqtt::Packet>> answers_;
};

}  // namespace probate::broker
