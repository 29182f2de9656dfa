#include "sim/virtual/twin.hpp"

#include <utility>

#include "core/journal/from_packets.hpp"

namespace probate::virtual_time {

using journal::CloseHow;
using journal::Party;

Twin::Twin(Network& network, mqtt::Connect connect, journal::ConnectForwarded record, FaultId fault)
    : network_{network},
      timer_{network.loop(), *this},
      connect_{std::move(connect)},
      record_{std::move(record)},
      fault_{fault} {}

void Twin::start() {
  broker_ = &network_.broker().dial(*this, connection(), device(), network_.config().dial_timeout);
}

void Twin::broker_opened(Instant now) {
  ++network_.counters().twin_logins;
  phase_ = Phase::standing;
  network_.loop().write(record_);
  send(connect_);
  arm_ping(now);
}

void Twin::broker_unreachable(Instant) {
  ++network_.counters().dial_errors;
  broker_ = nullptr;
  finish();
}

void Twin::broker_sent(Instant, mqtt::Packet&& packet) {
  if (const auto* why = std::get_if<mqtt::Disconnect>(&packet)) {
    network_.loop().write(
        journal::DisconnectReceived{.connection = connection(), .reason = why->reason});
  }
  const auto* connack = std::get_if<mqtt::Connack>(&packet);
  if (connack == nullptr || connack_read_) return;
  connack_read_ = true;
  journal::ConnackReceived record = journal::connack_record(*connack);
  record.connection = connection();
  network_.loop().write(std::move(record));
}

void Twin::broker_closed(Instant, CloseHow how) {
  broker_ = nullptr;
  report(Party::broker, how);
  finish();
}

void Twin::send(const mqtt::Packet& packet) {
  last_uplink_packet_at_ = network_.loop().now();
  broker_->send(mqtt::Packet{packet});
}

// Well within the keep-alive; 0 is off. [MQTT-3.1.2-23]
void Twin::arm_ping(Instant now) {
  if (record_.keep_alive > 0) timer_.arm(now + std::chrono::milliseconds{record_.keep_alive * 750});
}

void Twin::ping(Instant now) {
  send(mqtt::Pingreq{});
  arm_ping(now);
}

void Twin::leave() {
  if (phase_ == Phase::dialing) {
    std::exchange(broker_, nullptr)->forget();
    return finish();
  }
  if (phase_ != Phase::standing) return;
  phase_ = Phase::leaving;
  timer_.cancel();
  network_.loop().write(journal::disconnect_record(mqtt::Disconnect{}, connection()));
  send(mqtt::Disconnect{});
  report(Party::proxy, CloseHow::fin);
  broker_->finish();
}

void Twin::report(Party by, CloseHow how) {
  if (reported_) return;
  reported_ = true;
  network_.loop().write(journal::LegClosed{.connection = connection(),
                                           .leg = journal::Leg::broker,
                                           .by = by,
                                           .how = how,
                                           .fault = fault_,
                                           .last_uplink_packet_at = last_uplink_packet_at_});
}

void Twin::finish() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  timer_.cancel();
  network_.remove(*this);
}

}  // namespace probate::virtual_time
