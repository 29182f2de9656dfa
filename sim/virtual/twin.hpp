// Somebody else with the device's ClientID: a connection of its own to the broker.
#pragma once

#include <cstdint>

#include "sim/virtual/network.hpp"

namespace probate::virtual_time {

// Sends the victim's CONNECT, then PINGREQ in time, and answers nothing.
// Lifetime: the network holds it while it stands, and to the end of the event that ends it.
class Twin final : private BrokerUser {
 public:
  // `connect` is what it sends, `record` what the journal says of it.
  Twin(Network& network, mqtt::Connect connect, journal::ConnectForwarded record, FaultId fault);

  void start();
  // DISCONNECT, then FIN.
  void leave();
  DeviceId device() const { return record_.device; }
  ConnectionId connection() const { return record_.connection; }

 private:
  enum class Phase : std::uint8_t { dialing, standing, leaving, ended };

  // BrokerUser
  void broker_opened(Instant now) override;
  void broker_unreachable(Instant now) override;
  void broker_sent(Instant now, mqtt::Packet&& packet) override;
  void broker_closed(Instant now, journal::CloseHow how) override;

  void send(const mqtt::Packet& packet);
  void ping(Instant now);
  void arm_ping(Instant now);
  void report(journal::Party by, journal::CloseHow how);
  void finish();

  Network& network_;
  BrokerConnection* broker_ = nullptr;
  MemberTimer<Twin, &Twin::ping> timer_;
  mqtt::Connect connect_;
  journal::ConnectForwarded record_;
  FaultId fault_;
  Instant last_uplink_packet_at_{};
  Phase phase_ = Phase::dialing;
  bool connack_read_ = false;
  bool reported_ = false;
};

}  // namespace probate::virtual_time
