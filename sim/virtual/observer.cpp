#include "sim/virtual/observer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace probate::virtual_time {
namespace {

constexpr std::uint16_t kKeepAliveSeconds = 60;

const char* name_of(journal::Observer which) {
  return which == journal::Observer::backend ? "backend" : "control";
}

}  // namespace

Observer::Observer(Loop& loop, BrokerHost& broker, const scenario::Recognizer& recognizer,
                   ObserverConfig config)
    : loop_{loop},
      broker_{broker},
      recognizer_{recognizer},
      config_{std::move(config)},
      marker_topic_{fmt::format("probate/virtual/marker/{}", name_of(config_.which))},
      timer_{loop, *this} {}

void Observer::start() {
  last_good_ = loop_.now();
  dial();
}

void Observer::dial() {
  session_ = false;
  filters_sent_ = 0;
  subacks_due_ = 0;
  markers_.clear();
  incoming_.clear();
  const ConnectionId id{config_.connection.value + 2 * dials_++};
  connection_ = &broker_.dial(*this, id, kNoDevice, kPatience);
}

void Observer::broker_opened(Instant) {
  mqtt::Connect connect;
  connect.client_id = fmt::format("probate-{}", name_of(config_.which));
  connect.keep_alive = kKeepAliveSeconds;
  if (!config_.username.empty()) connect.username = config_.username;
  if (!config_.password.empty()) connect.password = config_.password;
  connection_->send(connect);
}

void Observer::broker_unreachable(Instant) {
  connection_ = nullptr;
  lose("the broker does not answer");
}

std::uint16_t Observer::next_packet_id() {
  if (++packet_id_ == 0) packet_id_ = 1;
  return packet_id_;
}

void Observer::subscribe_rest() {
  while (session_ && filters_sent_ < config_.filters.size()) {
    mqtt::Subscribe subscribe;
    subscribe.packet_id = next_packet_id();
    const std::size_t end = std::min(filters_sent_ + kFiltersPerSubscribe, config_.filters.size());
    for (; filters_sent_ < end; ++filters_sent_) {
      subscribe.subscriptions.push_back(
          {.filter = config_.filters[filters_sent_], .qos = config_.qos});
    }
    ++subacks_due_;
    connection_->send(subscribe);
  }
}

void Observer::add_filter(const std::string& filter) {
  const auto& known = config_.filters;
  if (std::find(known.begin(), known.end(), filter) != known.end()) return;
  config_.filters.push_back(filter);
  subscribe_rest();
}

void Observer::broker_sent(Instant now, mqtt::Packet&& packet) {
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) {
    if (connack->reason != 0) {
      std::exchange(connection_, nullptr)->release();
      return lose(fmt::format("CONNECT refused with code {}", connack->reason));
    }
    session_ = true;
    connection_->send(mqtt::Subscribe{.packet_id = next_packet_id(),
                                      .subscriptions = {{.filter = marker_topic_}},
                                      .properties = {}});
    ++subacks_due_;
    return subscribe_rest();
  }
  if (const auto* suback = std::get_if<mqtt::Suback>(&packet)) return handle_suback(now, *suback);
  if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&packet)) {
    std::erase(incoming_, pubrel->packet_id);
    return connection_->send(
        mqtt::Pubcomp{.packet_id = pubrel->packet_id, .reason = 0, .properties = {}});
  }
  if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    connection_->send(mqtt::Pubrel{.packet_id = pubrec->packet_id, .reason = 0, .properties = {}});
  }
}

void Observer::handle_suback(Instant now, const mqtt::Suback& suback) {
  for (const std::uint8_t reason : suback.reasons) {
    if (reason < 0x80) continue;
    std::exchange(connection_, nullptr)->release();
    return lose("the broker denies a subscription");
  }
  if (subacks_due_ > 0) --subacks_due_;
  if (subacks_due_ == 0 && !up_ && markers_.empty()) {
    send_marker(now);
    timer_.arm(now + kMarkerInterval);
  }
}

void Observer::broker_delivered(Instant now, broker::Deliver&& delivery) {
  bool first = true;
  if (delivery.qos == mqtt::QoS::at_least_once) {
    connection_->send(mqtt::Puback{.packet_id = delivery.packet_id, .reason = 0, .properties = {}});
  } else if (delivery.qos == mqtt::QoS::exactly_once) {
    first = std::find(incoming_.begin(), incoming_.end(), delivery.packet_id) == incoming_.end();
    if (first) incoming_.push_back(delivery.packet_id);
    connection_->send(mqtt::Pubrec{.packet_id = delivery.packet_id, .reason = 0, .properties = {}});
  }
  if (!first) return;
  if (delivery.message->topic == marker_topic_) {
    const std::string& text = delivery.message->payload;
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number).ptr == end) handle_marker(now, number);
    return;
  }
  scenario::Recognized seen = recognizer_.recognize(*delivery.message);
  // In place: three texts are much to move.
  journal::Body body{std::in_place_type<journal::Observed>};
  auto& observed = std::get<journal::Observed>(body);
  observed.observer = config_.which;
  observed.kind = seen.kind;
  observed.device = seen.device;
  observed.epoch = seen.epoch;
  observed.bdseq = seen.bdseq;
  observed.client_id = std::move(seen.client_id);
  observed.qos = delivery.qos;
  observed.retain = delivery.retain;
  observed.dup = delivery.dup;
  broker::take_texts(std::move(delivery), observed.topic, observed.payload);
  loop_.write(std::move(body));
}

void Observer::send_marker(Instant now) {
  mqtt::Publish marker;
  marker.topic = marker_topic_;
  marker.payload = std::to_string(++marker_number_);
  markers_.push_back({marker_number_, now});
  connection_->send(std::move(marker));
}

// What a takeover takes grows with those that come within a hop, which is nothing to an allowance
// of that length.
bool Observer::skip_marker(Instant now) {
  constexpr Duration kAllowanceMin = 100ms;
  const bool is_quiet = up_ && !gap_open_ && markers_.empty() && config_.allowance >= kAllowanceMin;
  if (!config_.skips_markers || !is_quiet) return false;
  if (!broker_.is_at_rest(marker_topic_, marker_subscribers_)) return false;
  connection_->skip_traffic();
  skipped_at_ = now;
  return true;
}

void Observer::count_skipped(Instant now) {
  if (skipped_at_ == kNever || now < skipped_at_ + broker_.hop()) return;
  last_good_ = std::exchange(skipped_at_, kNever);
}

void Observer::handle_marker(Instant now, std::uint64_t number) {
  while (!markers_.empty() && markers_.front().number < number) markers_.pop_front();
  if (markers_.empty() || markers_.front().number != number) return;
  const Instant sent = markers_.front().sent;
  markers_.pop_front();
  if (now - sent > config_.allowance) {
    gap_open_ = true;
    return;
  }
  if (gap_open_) write_gap();
  gap_open_ = false;
  last_good_ = sent;
  if (up_) return;
  up_ = true;
  was_up_ = true;
  loop_.write(journal::ObserverUp{config_.which, config_.filters});
}

void Observer::check_markers(Instant now) {
  if (!was_up_) return;
  if (!markers_.empty() && now - markers_.front().sent > config_.allowance) gap_open_ = true;
  if (gap_open_) write_gap();
}

void Observer::write_gap() { loop_.write(journal::ObserverGap{config_.which, last_good_}); }

void Observer::expired(Instant now) {
  count_skipped(now);
  check_markers(now);
  if (connection_ == nullptr) {
    dial();
  } else if (session_ && !skip_marker(now)) {
    send_marker(now);
  }
  timer_.arm(now + (session_ ? kMarkerInterval : kRedialInterval));
}

void Observer::lose(std::string cause) {
  count_skipped(loop_.now());
  skipped_at_ = kNever;
  last_failure_ = std::move(cause);
  session_ = false;
  if (std::exchange(up_, false)) loop_.write(journal::ObserverLost{config_.which, last_failure_});
  gap_open_ = was_up_;
  timer_.arm(loop_.now() + kRedialInterval);
}

void Observer::broker_closed(Instant, journal::CloseHow) {
  connection_ = nullptr;
  lose("peer_fin");
}

void Observer::publish(mqtt::Publish message) {
  if (!session_) return;
  if (message.qos != mqtt::QoS::at_most_once) message.packet_id = next_packet_id();
  connection_->send(std::move(message));
}

void Observer::finish() {
  count_skipped(loop_.now());
  if (gap_open_) write_gap();
  gap_open_ = false;
  timer_.cancel();
  if (connection_ == nullptr) return;
  connection_->send(mqtt::Disconnect{});
  std::exchange(connection_, nullptr)->release();
}

}  // namespace probate::virtual_time
