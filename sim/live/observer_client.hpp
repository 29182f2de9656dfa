// The back end's ear: subscribes at the broker directly, not through the proxy, and knows whether
// it can be trusted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/journal/records.hpp"
#include "core/scenario/recognizer.hpp"
#include "proxy/loop.hpp"
#include "sim/live/mqtt_socket.hpp"

namespace probate::live {

struct ObserverConfig {
  journal::Observer which{};
  boost::asio::ip::tcp::endpoint broker;
  BrokersTls tls{};
  std::string username;
  std::string password;
  std::string run_id;
  std::vector<std::string> filters;
  mqtt::QoS qos{};
  Duration allowance = 1s;     // λ
  Duration answer_wait = 30s;  // for the CONNACK, from the dial on
  // What ObserverUp says it hears, where that is not `filters`: an observer whose filters follow
  // the devices says "#".
  std::string hears{};
};

// What a message is, by topic and payload.
using Recognize =
    std::function<scenario::Recognized(std::string_view topic, std::string_view payload)>;

// Publishes a numbered marker to a private topic every second and times its return. A marker that
// is missing or later than the allowance opens a gap that reaches back to the last good one; while
// it is open, and when it ends, ObserverGap says so. A lost connection is ObserverLost, a gap, and
// is dialled again; so is one that nobody answers.
// Threads: its loop's.
class ObserverClient final : private proxy::Timer, private MqttSocket::User {
 public:
  static constexpr Duration kMarkerInterval = 1s;
  static constexpr Duration kRedialInterval = 500ms;
  // How often its owner looks at it.
  static constexpr Duration kPoll = 20ms;
  static constexpr std::size_t kFiltersPerSubscribe = 200;

  ObserverClient(proxy::Loop& loop, SharedBuffers& buffers, Recognize recognize,
                 ObserverConfig config);
  ~ObserverClient() override;

  void start();
  // Adds a filter while running; one that is there already costs nothing.
  void add_filter(const std::string& filter);
  // Takes an added one away again; those of the configuration stay.
  void remove_filter(const std::string& filter);
  // Publishes once, as a back end that polls its devices. Lost if the connection is down.
  void publish(std::string topic, std::string payload, mqtt::QoS qos, bool retain);
  // DISCONNECT; an open gap is written first.
  void finish();

  // Every subscription was granted and a marker has come back.
  bool up() const { return up_; }
  // Failed dials since it was last up.
  std::uint32_t failures() const { return failures_; }
  // They were not the broker's fault: a restart was ordered.
  void forget_failures() { failures_ = 0; }
  // Why the last attempt failed: "refused", "subscription to \"x\" denied".
  const std::string& last_failure() const { return last_failure_; }
  // From the next dial on.
  void secure(BrokersTls tls) { config_.tls = std::move(tls); }
  // Tests cut it to see the gap.
  void cut();

 private:
  struct Marker {
    std::uint64_t number;
    Instant sent;
  };

  void expired(Instant now) override;
  void socket_opened(Instant now) override;
  void socket_received(Instant now, const mqtt::Packet& packet) override;
  void socket_closed(Instant now, device::CloseCause cause) override;

  void dial();
  void subscribe(std::vector<std::string> filters, mqtt::QoS qos);
  void subscribe_rest();
  // One that was added.
  void take_out(std::size_t place);
  void move_filter(std::size_t from, std::size_t to);
  void handle_suback(Instant now, const mqtt::Suback& suback);
  // False: it cannot do without.
  bool does_without(Instant now, const std::string& filter);
  void write_up(Instant now);
  void handle_publish(Instant now, const mqtt::Publish& publish);
  void handle_marker(Instant now, std::uint64_t number);
  void send_marker(Instant now);
  void check_markers(Instant now);
  void write_gap(Instant now);
  void lose(Instant now, std::string cause);
  std::uint16_t next_packet_id();

  proxy::Loop& loop_;
  SharedBuffers& buffers_;
  Recognize recognize_;
  ObserverConfig config_;
  std::string marker_topic_;
  std::shared_ptr<MqttSocket> socket_;
  // Those of the configuration first; the first filters_sent_ have been subscribed to.
  std::vector<std::string> filters_;
  std::unordered_map<std::string, std::size_t> places_;  // in filters_
  std::set<std::string> denied_;                         // added ones, in filters_ no more
  std::size_t filters_sent_ = 0;
  struct Asked {
    std::uint16_t packet_id;
    std::vector<std::string> filters;
  };
  std::deque<Asked> asked_;              // SUBSCRIBEs without SUBACK
  std::vector<std::uint16_t> incoming_;  // QoS 2 packet ids between PUBREC and PUBREL
  std::deque<Marker> markers_;           // under way
  Instant dialed_{};
  std::uint64_t marker_number_ = 0;
  Instant last_good_{};
  std::string last_failure_;
  std::uint32_t failures_ = 0;
  std::uint16_t packet_id_ = 0;
  bool session_ = false;  // CONNACK 0 received
  bool up_ = false;
  bool was_up_ = false;
  bool gap_open_ = false;
  bool finished_ = false;
};

}  // namespace probate::live
