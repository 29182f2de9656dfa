#include "sim/live/observer_client.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace probate::live {

using boost::asio::ip::tcp;

namespace {
constexpr std::uint16_t kKeepAliveSeconds = 60;

const char* name_of(journal::Observer which) {
  return which == journal::Observer::backend ? "backend" : "control";
}
}  // namespace

ObserverClient::ObserverClient(proxy::Loop& loop, SharedBuffers& buffers, Recognize recognize,
                               ObserverConfig config)
    : loop_{loop},
      buffers_{buffers},
      recognize_{std::move(recognize)},
      config_{std::move(config)},
      marker_topic_{fmt::format("probate/{}/marker/{}", config_.run_id, name_of(config_.which))},
      filters_{config_.filters} {
  for (std::size_t i = 0; i < filters_.size(); ++i) places_.emplace(filters_[i], i);
}

ObserverClient::~ObserverClient() {
  if (socket_) socket_->abandon();
}

void ObserverClient::start() {
  last_good_ = loop_.now();
  dial();
  loop_.arm(*this, dialed_ + config_.answer_wait);
}

void ObserverClient::dial() {
  dialed_ = loop_.now();
  session_ = false;
  filters_sent_ = 0;
  asked_.clear();
  // It may have been allowed meanwhile.
  for (const std::string& filter : std::exchange(denied_, {})) add_filter(filter);
  markers_.clear();
  incoming_.clear();
  socket_ = MqttSocket::dial(loop_, buffers_, *this, mqtt::Version::v3_1_1,
                             {.target = config_.broker, .source = {}, .tls = config_.tls});
}

void ObserverClient::socket_opened(Instant) {
  mqtt::Connect connect;
  connect.client_id = fmt::format("probate-{}-{}", name_of(config_.which), config_.run_id);
  connect.keep_alive = kKeepAliveSeconds;
  if (!config_.username.empty()) connect.username = config_.username;
  if (!config_.password.empty()) connect.password = config_.password;
  socket_->send(connect);
}

std::uint16_t ObserverClient::next_packet_id() {
  if (++packet_id_ == 0) packet_id_ = 1;
  return packet_id_;
}

void ObserverClient::subscribe(std::vector<std::string> filters, mqtt::QoS qos) {
  mqtt::Subscribe subscribe;
  subscribe.packet_id = next_packet_id();
  for (const std::string& filter : filters) {
    subscribe.subscriptions.push_back({.filter = filter, .qos = qos});
  }
  asked_.push_back({subscribe.packet_id, std::move(filters)});
  socket_->send(subscribe);
}

void ObserverClient::subscribe_rest() {
  while (session_ && filters_sent_ < filters_.size()) {
    const std::size_t end = std::min(filters_sent_ + kFiltersPerSubscribe, filters_.size());
    const auto at = [this](std::size_t i) {
      return filters_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    subscribe({at(filters_sent_), at(end)}, config_.qos);
    filters_sent_ = end;
  }
}

void ObserverClient::add_filter(const std::string& filter) {
  if (denied_.contains(filter) || !places_.emplace(filter, filters_.size()).second) return;
  filters_.push_back(filter);
  subscribe_rest();
}

void ObserverClient::remove_filter(const std::string& filter) {
  if (denied_.erase(filter) > 0) {
    if (denied_.empty() && up_) write_up(loop_.now());
    return;
  }
  const auto found = places_.find(filter);
  if (found == places_.end() || found->second < config_.filters.size()) return;
  if (session_ && found->second < filters_sent_) {
    socket_->send(
        mqtt::Unsubscribe{.packet_id = next_packet_id(), .filters = {filter}, .properties = {}});
  }
  take_out(found->second);
}

void ObserverClient::take_out(std::size_t place) {
  places_.erase(filters_[place]);
  if (place < filters_sent_) {
    move_filter(--filters_sent_, place);
    place = filters_sent_;
  }
  move_filter(filters_.size() - 1, place);
  filters_.pop_back();
}

void ObserverClient::move_filter(std::size_t from, std::size_t to) {
  if (from == to) return;
  places_[filters_[from]] = to;
  filters_[to] = std::move(filters_[from]);
}

void ObserverClient::socket_received(Instant now, const mqtt::Packet& packet) {
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) {
    if (connack->reason != 0) {
      return lose(now, fmt::format("CONNECT refused with code {}", connack->reason));
    }
    session_ = true;
    subscribe({marker_topic_}, mqtt::QoS::at_most_once);
    return subscribe_rest();
  }
  if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) {
    return handle_publish(now, *publish);
  }
  if (const auto* suback = std::get_if<mqtt::Suback>(&packet)) return handle_suback(now, *suback);
  if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&packet)) {
    std::erase(incoming_, pubrel->packet_id);
    socket_->send(mqtt::Pubcomp{.packet_id = pubrel->packet_id, .reason = 0, .properties = {}});
    return;
  }
  if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    socket_->send(mqtt::Pubrel{.packet_id = pubrec->packet_id, .reason = 0, .properties = {}});
  }
}

void ObserverClient::handle_suback(Instant now, const mqtt::Suback& suback) {
  const auto found = std::find_if(asked_.begin(), asked_.end(), [&suback](const Asked& asked) {
    return asked.packet_id == suback.packet_id;
  });
  if (found == asked_.end()) return;
  const std::vector<std::string> filters = std::move(found->filters);
  asked_.erase(found);
  for (std::size_t i = 0; i < std::min(filters.size(), suback.reasons.size()); ++i) {
    if (suback.reasons[i] >= 0x80 && !does_without(now, filters[i])) return;
  }
  if (asked_.empty() && !up_ && markers_.empty()) {
    send_marker(now);
    loop_.arm(*this, now + kMarkerInterval);
  }
}

bool ObserverClient::does_without(Instant now, const std::string& filter) {
  std::string cause = fmt::format("subscription to \"{}\" denied", filter);
  const auto place = places_.find(filter);
  const bool is_removed = place == places_.end() && filter != marker_topic_;
  if (is_removed) return true;
  if (place == places_.end() || place->second < config_.filters.size()) {
    lose(now, std::move(cause));
    return false;
  }
  take_out(place->second);
  denied_.insert(filter);
  last_failure_ = cause;
  if (up_) loop_.write(now, journal::ObserverLost{config_.which, std::move(cause)});
  return true;
}

void ObserverClient::write_up(Instant now) {
  loop_.write(now,
              journal::ObserverUp{config_.which,
                                  config_.hears.empty() ? filters_ : std::vector{config_.hears}});
  if (!denied_.empty()) loop_.write(now, journal::ObserverLost{config_.which, last_failure_});
}

void ObserverClient::handle_publish(Instant now, const mqtt::Publish& publish) {
  bool first = true;
  if (publish.qos == mqtt::QoS::at_least_once) {
    socket_->send(mqtt::Puback{.packet_id = publish.packet_id, .reason = 0, .properties = {}});
  } else if (publish.qos == mqtt::QoS::exactly_once) {
    first = std::find(incoming_.begin(), incoming_.end(), publish.packet_id) == incoming_.end();
    if (first) incoming_.push_back(publish.packet_id);
    socket_->send(mqtt::Pubrec{.packet_id = publish.packet_id, .reason = 0, .properties = {}});
  }
  if (!first) return;
  if (publish.topic == marker_topic_) {
    std::uint64_t number = 0;
    const char* end = publish.payload.data() + publish.payload.size();
    if (std::from_chars(publish.payload.data(), end, number).ptr == end) handle_marker(now, number);
    return;
  }
  const scenario::Recognized seen = recognize_(publish.topic, publish.payload);
  loop_.write(now, journal::Observed{.observer = config_.which,
                                     .kind = seen.kind,
                                     .device = seen.device,
                                     .epoch = seen.epoch,
                                     .bdseq = seen.bdseq,
                                     .client_id = seen.client_id,
                                     .topic = publish.topic,
                                     .payload = publish.payload,
                                     .qos = publish.qos,
                                     .retain = publish.retain,
                                     .dup = publish.dup});
}

void ObserverClient::send_marker(Instant now) {
  mqtt::Publish marker;
  marker.topic = marker_topic_;
  marker.payload = fmt::format("{}", ++marker_number_);
  markers_.push_back({marker_number_, now});
  socket_->send(marker);
}

void ObserverClient::handle_marker(Instant now, std::uint64_t number) {
  while (!markers_.empty() && markers_.front().number < number) markers_.pop_front();
  if (markers_.empty() || markers_.front().number != number) return;
  const Instant sent = markers_.front().sent;
  markers_.pop_front();
  if (now - sent > config_.allowance) {
    gap_open_ = true;
    return;
  }
  if (gap_open_) write_gap(now);
  gap_open_ = false;
  last_good_ = sent;
  if (up_) return;
  up_ = true;
  was_up_ = true;
  failures_ = 0;
  write_up(now);
}

void ObserverClient::check_markers(Instant now) {
  if (!was_up_) return;
  if (!markers_.empty() && now - markers_.front().sent > config_.allowance) gap_open_ = true;
  if (gap_open_) write_gap(now);
}

void ObserverClient::write_gap(Instant now) {
  loop_.write(now, journal::ObserverGap{config_.which, last_good_});
}

void ObserverClient::expired(Instant now) {
  if (finished_) return;
  check_markers(now);
  if (!socket_) {
    dial();
  } else if (session_) {
    send_marker(now);
  } else if (now - dialed_ >= config_.answer_wait) {
    return lose(now, "the broker does not answer");  // TCP would wait for ever
  }
  loop_.arm(*this, now + (session_ ? kMarkerInterval : kRedialInterval));
}

void ObserverClient::lose(Instant now, std::string cause) {
  if (socket_) socket_->close_with_fin();
  socket_.reset();
  session_ = false;
  ++failures_;
  last_failure_ = std::move(cause);
  if (finished_) return;
  if (up_) loop_.write(now, journal::ObserverLost{config_.which, last_failure_});
  up_ = false;
  gap_open_ = was_up_;
  loop_.arm(*this, now + kRedialInterval);
}

void ObserverClient::socket_closed(Instant now, device::CloseCause cause) {
  const auto socket = std::exchange(socket_, nullptr);
  lose(now, socket->trouble().empty() ? to_text(cause) : socket->trouble());
}

void ObserverClient::cut() {
  if (!socket_) return;
  socket_->close_with_rst();
  socket_.reset();
  lose(loop_.now(), to_text(device::CloseCause::local_failure));
}

void ObserverClient::publish(std::string topic, std::string payload, mqtt::QoS qos, bool retain) {
  if (!session_) return;
  mqtt::Publish message;
  message.topic = std::move(topic);
  message.payload = std::move(payload);
  message.qos = qos;
  message.retain = retain;
  if (qos != mqtt::QoS::at_most_once) message.packet_id = next_packet_id();
  socket_->send(message);
}

void ObserverClient::finish() {
  if (finished_) return;
  if (gap_open_) write_gap(loop_.now());
  finished_ = true;
  cancel();
  if (!socket_) return;
  socket_->send(mqtt::Disconnect{});
  socket_->close_with_fin();
  socket_.reset();
}

}  // namespace probate::live
