// The part of the machine that speaks MQTT on a link that stands.
#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/device/compose.hpp"
#include "core/device/luat_loop.hpp"
#include "core/device/machine.hpp"
#include "core/device/session.hpp"

namespace probate::device {
namespace {

// A refusal in SUBACK, in 3.1.1 and 5.0 alike.
constexpr std::uint8_t kRefused = 0x80;

}  // namespace

void DeviceMachine::pump(Instant now, Actions& out) {
  if (!has_session()) return;
  const std::size_t before = out.size();
  seldom_->session->pump(receive_max_, out);
  if (out.size() > before) keep_alive_.sent(now);
  forget_blank();
}

Session& DeviceMachine::session() {
  auto& session = seldom().session;
  if (!session) session.emplace(config_->protocol);
  return *session;
}

void DeviceMachine::publish(const MessageConfig& message, std::uint32_t sent, Instant now,
                            Actions& out) {
  ++publishes_;
  Draft id;
  const bool names_client =
      message.topic.uses(Placeholder::client_id) || message.payload.uses(Placeholder::client_id);
  if (names_client) write_client_id(id);
  mqtt::Publish publish = compose_publish(message, values(id.view(), now, sent));
  // A ClientID of the broker's choice is in no scenario.
  const bool has_own_id = !seldom_ || seldom_->assigned_id.empty();
  if (has_own_id) publish.origin = {&message, index_};
  // [MQTT5-3.2.2-11] [MQTT5-3.2.2-14] A broker that cannot do it gets less instead of an error.
  publish.qos = std::min(publish.qos, qos_max_);
  publish.retain = publish.retain && retain_available_;
  if (publish.qos == mqtt::QoS::at_most_once) return send(now, std::move(publish), out);
  const std::uint16_t given = session().enqueue(std::move(publish), packet_id_);
  if (given == 0) {
    ++seldom().dropped;
    return;
  }
  packet_id_ = given;
  pump(now, out);
}

void DeviceMachine::handle_packet(Instant now, const mqtt::Packet& packet, Actions& out) {
  if (!has_link(state_) || state_ == DeviceState::dialing) return;
  const mqtt::PacketType type = mqtt::type_of(packet);
  // [MQTT-3.2.0-1] [MQTT5-3.2.0-1] CONNACK comes first, [MQTT5-3.2.0-2] and only once.
  const bool connack_due = state_ == DeviceState::handshaking;
  if (connack_due != (type == mqtt::PacketType::connack)) {
    return give_up(CloseCause::protocol_error, now, out);
  }
  switch (type) {
    case mqtt::PacketType::connack:
      handle_connack(now, std::get<mqtt::Connack>(packet), out);
      break;
    case mqtt::PacketType::suback:
      handle_suback(now, std::get<mqtt::Suback>(packet), out);
      break;
    case mqtt::PacketType::publish:
      handle_publish(now, std::get<mqtt::Publish>(packet), out);
      break;
    case mqtt::PacketType::puback:
    case mqtt::PacketType::pubrec:
    case mqtt::PacketType::pubrel:
    case mqtt::PacketType::pubcomp:
      handle_acknowledgement(now, packet, out);
      break;
    case mqtt::PacketType::pingresp:
      keep_alive_.answered();
      break;
    case mqtt::PacketType::disconnect:
      if (config_->protocol != mqtt::Version::v5) {
        return give_up(CloseCause::protocol_error, now, out);
      }
      // [MQTT5] §3.14.4: the broker has taken its leave: nothing more may be sent to it.
      out.emplace_back(CloseLink{CloseMode::fin});
      return lose(CloseCause::server_disconnect, now, out);
    case mqtt::PacketType::connect:
    case mqtt::PacketType::subscribe:
    case mqtt::PacketType::unsubscribe:
    case mqtt::PacketType::unsuback:
    case mqtt::PacketType::pingreq:
    case mqtt::PacketType::auth:
      // Not a broker's to send, or an answer to what a device never asks.
      return give_up(CloseCause::protocol_error, now, out);
  }
  if (loops() && state_ == DeviceState::online) {
    luat_loop_.handle_packet(now, *config_->luat_loop);
  }
}

void DeviceMachine::handle_connack(Instant now, const mqtt::Connack& connack, Actions& out) {
  if (connack.reason != 0) {
    ++seldom().connack_refused;
    out.emplace_back(CloseLink{CloseMode::fin});
    return lose(CloseCause::connack_refused, now, out);
  }
  // [MQTT-3.2.2-1] [MQTT5-3.2.2-2] A clean start has no session to be present.
  const bool impossible = connack.session_present && config_->clean;
  if (impossible || !adopt(connack)) return give_up(CloseCause::protocol_error, now, out);
  move(DeviceEvent::accepted);
  ++sessions_;
  waits_ = 0;
  deadline_ = kNever;
  out.emplace_back(StateChanged{true});
  // 3.1 has no such flag: a session that was not to be cleaned is taken to be there.
  const bool unknown = config_->protocol == mqtt::Version::v3_1;
  resume_session(unknown ? !config_->clean : connack.session_present, now, out);
  if (config_->subscribe.empty()) return become_online(now, out);
  do {
    packet_id_ = next_packet_id(packet_id_);
  } while (has_session() && seldom_->session->uses(packet_id_));
  deadline_ = saturating_add(now, config_->connect.connack_timeout);
  const std::string id = client_id();
  send(now, compose_subscribe(*config_, values(id, now, 0), packet_id_), out);
}

// Takes over what the broker decided. False if it decided what it must not.
bool DeviceMachine::adopt(const mqtt::Connack& connack) {
  using Id = mqtt::PropertyId;
  Duration keep_alive = config_->keep_alive;
  session_kept_ = !config_->clean;
  if (config_->protocol == mqtt::Version::v5) {
    const mqtt::Properties& properties = connack.properties;
    // [MQTT5-3.1.2-21] [MQTT5-3.2.2-21]
    if (const auto seconds = mqtt::find_integer(properties, Id::server_keep_alive)) {
      keep_alive = std::chrono::seconds{*seconds};
    }
    const std::uint32_t receive_max =
        mqtt::find_integer(properties, Id::receive_maximum).value_or(0xffff);
    const std::uint32_t qos_max = mqtt::find_integer(properties, Id::maximum_qos).value_or(2);
    // [MQTT5] §3.2.2.3.3 and §3.2.2.3.4: 0 and anything over 1 are protocol errors.
    const bool qos_given = mqtt::find_integer(properties, Id::maximum_qos).has_value();
    if (receive_max == 0 || receive_max > 0xffff || (qos_given && qos_max > 1)) return false;
    receive_max_ = static_cast<std::uint16_t>(receive_max);
    qos_max_ = static_cast<mqtt::QoS>(qos_max);
    retain_available_ = mqtt::find_integer(properties, Id::retain_available).value_or(1) != 0;
    const std::uint32_t expiry = mqtt::find_integer(properties, Id::session_expiry_interval)
                                     .value_or(wire_seconds(config_->session_expiry));
    session_kept_ = expiry != 0;
    // [MQTT5-3.2.2-16] For this session; the next CONNECT leaves the choice to the broker again.
    const std::string* assigned = mqtt::find_string(properties, Id::assigned_client_identifier);
    if (assigned != nullptr) seldom().assigned_id = *assigned;
  }
  keep_alive_.begin(keep_alive);
  return true;
}

void DeviceMachine::resume_session(bool present, Instant now, Actions& out) {
  if (!has_session()) return;
  // [MQTT5-3.2.2-5] The broker has none, so ours ends too.
  if (!present) seldom_->dropped += static_cast<std::uint32_t>(seldom_->session->discard());
  pump(now, out);
}

void DeviceMachine::handle_suback(Instant now, const mqtt::Suback& suback, Actions& out) {
  const bool awaited = state_ == DeviceState::subscribing && suback.packet_id == packet_id_ &&
                       suback.reasons.size() == config_->subscribe.size();
  if (!awaited) return give_up(CloseCause::protocol_error, now, out);
  const auto refused = std::count_if(suback.reasons.begin(), suback.reasons.end(),
                                     [](std::uint8_t reason) { return reason >= kRefused; });
  if (refused > 0) seldom().subscribe_refused += static_cast<std::uint32_t>(refused);
  become_online(now, out);
}

void DeviceMachine::become_online(Instant now, Actions& out) {
  move(DeviceEvent::ready);
  deadline_ = kNever;
  const bool birth_due =
      config_->birth && (config_->birth->when == BirthWhen::connect || !birth_sent_);
  if (birth_due) {
    birth_sent_ = true;
    publish(*config_->birth, births_++, now, out);
  }
  if (loops()) {
    publish(config_->luat_loop->report, luat_loop_.reports++, now, out);
    luat_loop_.begin(now, *config_->luat_loop);
  }
  if (!config_->publish.empty()) timetable_.begin(now, config_->publish);
}

void DeviceMachine::handle_publish_timers(Instant now, Actions& out) {
  while (const auto due = timetable_.take_due(now, config_->publish)) {
    publish(config_->publish[due->index], due->sent, now, out);
  }
  if (!loops()) return;
  switch (luat_loop_.handle_timeout(now, *config_->luat_loop)) {
    case LuatLoop::Wakeup::none:
      return;
    case LuatLoop::Wakeup::timeout:
      return publish(config_->luat_loop->report, luat_loop_.reports++, now, out);
    case LuatLoop::Wakeup::post:
      return publish(config_->luat_loop->response, luat_loop_.responses++, now, out);
  }
}

void DeviceMachine::handle_publish(Instant now, const mqtt::Publish& publish, Actions& out) {
  // [MQTT5-3.1.2-27] A device announces no Topic Alias Maximum, so none may be used towards it.
  const bool alias =
      mqtt::find_integer(publish.properties, mqtt::PropertyId::topic_alias).has_value();
  if (alias || publish.topic.empty()) return give_up(CloseCause::protocol_error, now, out);
  switch (publish.qos) {
    case mqtt::QoS::at_most_once:
      return;
    case mqtt::QoS::at_least_once:
      // [MQTT-4.3.2-2] [MQTT5-4.3.2-4]
      return send(now, mqtt::Puback{publish.packet_id, 0, {}}, out);
    case mqtt::QoS::exactly_once:
      session().handle_publish(publish.packet_id, out);
      keep_alive_.sent(now);
      return;
  }
}

void DeviceMachine::handle_acknowledgement(Instant now, const mqtt::Packet& packet, Actions& out) {
  const std::size_t before = out.size();
  Session& exchange = session();
  Session::Order order = Session::Order::kept;
  if (const auto* puback = std::get_if<mqtt::Puback>(&packet)) {
    order = exchange.handle_puback(*puback);
  } else if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    order = exchange.handle_pubrec(*pubrec, out);
  } else if (const auto* pubcomp = std::get_if<mqtt::Pubcomp>(&packet)) {
    order = exchange.handle_pubcomp(*pubcomp);
  } else {
    exchange.handle_pubrel(std::get<mqtt::Pubrel>(packet), out);
  }
  if (order == Session::Order::broken) return give_up(CloseCause::protocol_error, now, out);
  if (out.size() > before) keep_alive_.sent(now);
  pump(now, out);
}

}  // namespace probate::device
