// The back end's ear: a client of the broker model that knows whether it can be trusted.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/scenario/recognizer.hpp"
#include "sim/virtual/broker_host.hpp"
#include "sim/virtual/loop.hpp"

namespace probate::virtual_time {

struct ObserverConfig {
  journal::Observer which{};
  ConnectionId connection;  // of its first connection; every second one from there on is its own
  std::string username;
  std::string password;
  std::vector<std::string> filters;
  mqtt::QoS qos{};
  Duration allowance = 1s;     // λ
  bool skips_markers = false;  // while nothing can happen to them
};

// The counterpart of live::ObserverClient: numbered markers every second, gaps when one is late or
// missing. A connection that the broker closed is a gap and is dialled again.
//
// Markers that are skipped: while the broker is at rest and nobody else would hear it, a marker
// would be back after one hop. It is not sent, and counts as back from then on, unless the
// connection ends before.
class Observer final : private BrokerUser {
 public:
  static constexpr Duration kMarkerInterval = 1s;
  static constexpr Duration kRedialInterval = 500ms;
  static constexpr std::size_t kFiltersPerSubscribe = 200;
  static constexpr Duration kPatience = 10s;

  Observer(Loop& loop, BrokerHost& broker, const scenario::Recognizer& recognizer,
           ObserverConfig config);

  void start();
  // Adds a filter while running; one that is there already costs nothing.
  void add_filter(const std::string& filter);
  // Publishes once, as a back end that polls its devices.
  void publish(mqtt::Publish message);
  // DISCONNECT; an open gap is written first.
  void finish();

  // Every subscription was granted and a marker has come back.
  bool up() const { return up_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  struct Marker {
    std::uint64_t number;
    Instant sent;
  };

  // BrokerUser
  void broker_opened(Instant now) override;
  void broker_unreachable(Instant now) override;
  void broker_sent(Instant now, mqtt::Packet&& packet) override;
  void broker_delivered(Instant now, broker::Deliver&& delivery) override;
  void broker_closed(Instant now, journal::CloseHow how) override;

  void dial();
  void expired(Instant now);
  void subscribe_rest();
  void handle_suback(Instant now, const mqtt::Suback& suback);
  void handle_marker(Instant now, std::uint64_t number);
  void send_marker(Instant now);
  // True if the marker of this instant need not be sent.
  bool skip_marker(Instant now);
  void count_skipped(Instant now);
  void check_markers(Instant now);
  void write_gap();
  void lose(std::string cause);
  std::uint16_t next_packet_id();

  Loop& loop_;
  BrokerHost& broker_;
  const scenario::Recognizer& recognizer_;
  ObserverConfig config_;
  std::string marker_topic_;
  BrokerConnection* connection_ = nullptr;
  MemberTimer<Observer, &Observer::expired> timer_;
  std::size_t filters_sent_ = 0;
  std::size_t subacks_due_ = 0;
  std::vector<std::uint16_t> incoming_;  // QoS 2 packet ids between PUBREC and PUBREL
  std::deque<Marker> markers_;           // under way
  std::uint64_t marker_number_ = 0;
  BrokerHost::Subscribers marker_subscribers_;
  Instant last_good_{};
  Instant skipped_at_ = kNever;  // the last marker that was not sent and does not count yet
  std::string last_failure_;
  std::uint16_t packet_id_ = 0;
  bool session_ = false;  // CONNACK 0 received
  bool up_ = false;
  bool was_up_ = false;
  std::uint64_t dials_ = 0;
  bool gap_open_ = false;
};

}  // namespace probate::virtual_time
