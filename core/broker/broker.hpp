// A model of an MQTT broker that behaves as a profile says: the other end of a virtual run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash_index.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/broker/actions.hpp"
#include "core/broker/config.hpp"
#include "core/broker/connection_index.hpp"
#include "core/broker/deadlines.hpp"
#include "core/broker/delayed_wills.hpp"
#include "core/broker/retained.hpp"
#include "core/broker/session.hpp"
#include "core/broker/subscriptions.hpp"
#include "core/broker/tick.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::broker {

// No sockets, no clock, no bytes. Feed it what happened; it appends what must be done to `out`. The
// caller performs the actions in order, and clears `out` itself. `now` must never go back.
//
// A connection begins with its CONNECT (a TCP connection without one is nothing to the model) and
// ends with handle_closed() or with the action Close, after which the caller may not speak of it
// again: packets still under way to a closed connection are the caller's to throw away. Its id is
// never used twice; the lower half of it tells who came first. The upper half is the caller's own:
// 0, or a small number that no other connection has just then, by which it is found without a
// search.
//
// Call handle_timeout() once `now` reaches next_timeout(); calling it early, late or twice is safe.
// next_timeout() can be an instant at which nothing turns out to be due: keep-alive is a lazy
// alarm, looked at once in one and a half intervals, however many packets came meanwhile.
//
// Steady traffic need not be delivered packet by packet: see skip_traffic().
//
// Threads:      one owner at a time.
// Determinism:  same config, same calls → same actions.
// Limits:       at most 260 bytes for a connected session like that of a Luat device; what is not
//               modelled stands in docs/broker-model.md.
class Broker {
 public:
  explicit Broker(BrokerConfig config);

  // A whole packet of a client. The first of a connection must be CONNECT; after any other the
  // connection is closed without an answer [MQTT-3.1.0-1]. Requires: running().
  void handle_packet(Instant now, ConnectionId connection, mqtt::Packet&& packet, Actions& out);
  void handle_packet(Instant now, ConnectionId connection, const mqtt::Packet& packet,
                     Actions& out) {
    handle_packet(now, connection, mqtt::Packet{packet}, out);
  }
  // What the client sent is no packet: the broker closes the connection, and the will goes out.
  // Ignored before CONNECT, apart from Close. Requires: running().
  void handle_malformed(Instant now, ConnectionId connection, Actions& out);
  // Bytes of a packet that is not complete yet. A sign of life for a broker that counts bytes.
  void handle_bytes(Instant now, ConnectionId connection);
  // FIN, RST or any other end of the connection that the broker notices; they mean the same to it.
  // Ignored if the connection never had an accepted CONNECT.
  void handle_closed(Instant now, ConnectionId connection, Actions& out);
  void handle_timeout(Instant now, Actions& out);
  // Nothing while nothing can happen by itself.
  std::optional<Instant> next_timeout() const;

  // From now on the caller keeps packets of this connection to itself and promises that the client
  // goes on sending, with no gap in which its keep-alive could run out. The broker does not look at
  // its keep-alive. Packets may still be handed over, and change nothing about that.
  // Ignored if the connection has no accepted CONNECT.
  void skip_traffic(ConnectionId connection);
  // Ends that: the last complete packet reached the broker at `last_packet_at`, from which the
  // keep-alive counts. Does nothing else, and no harm to a connection that was not skipped.
  // Requires: last_packet_at <= now, and a silence so far that the keep-alive allows.
  void note_traffic(Instant now, ConnectionId connection, Instant last_packet_at);

  // An orderly stop: what it owes goes out, then every connection is closed.
  // Requires: running(). Ensures: !running(), and nothing is due until restart().
  void shutdown(Instant now, Actions& out);
  // SIGKILL or a power cut: every connection is closed, and nothing goes out.
  void crash(Instant now, Actions& out);
  // Sessions, retained messages and wills that were kept are there again; deferred wills go out,
  // to the queues of sessions that last. Requires: !running().
  void restart(Instant now, Actions& out);

  // Something of that connection is about to be handed over.
  void prefetch(ConnectionId connection, Fetch what) const;

  bool running() const { return running_; }
  bool knows(ConnectionId connection) const;
  std::uint32_t connections() const { return connections_; }
  // Connected or kept.
  std::uint32_t sessions() const { return sessions_.used(); }
  // At most so many have a filter for the topic.
  std::size_t sessions_for(std::string_view topic) const;
  // How often subscriptions have changed: sessions_for() says the same until they do.
  std::uint64_t subscription_changes() const { return subscriptions_.changes(); }
  std::size_t retained() const { return retained_.size(); }
  // Wills whose delay runs.
  std::uint32_t wills_pending() const { return wills_pending_; }
  const BrokerConfig& config() const { return config_; }

 private:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = HashIndex::kNone;

  enum class End : std::uint8_t {
    network,
    keep_alive,
    protocol_error,
    malformed,
    second_connect,
    graceful
  };

  // broker.cpp: lookups, timeouts, stop and restart.
  Slot slot_of(ConnectionId connection) const;
  Slot slot_of(std::string_view client_id) const;
  void look_at_keep_alive(Slot slot, Instant due, Instant now, Actions& out);
  // True if no more connections may be closed before the batch is over; puts the slot off.
  bool put_off(Slot slot, Instant now);
  void look_at_expiry(Slot slot, Instant due, Actions& out);
  Instant keep_alive_deadline(const Session& session) const;
  void set_alarm(Slot slot);
  void leave_will(Slot slot, Instant now, Actions& out);
  void lose_wills(Actions& out);
  void go_down(bool stored);
  // In the order in which they connected.
  std::vector<Slot> connected_slots() const;

  // broker_connect.cpp: how a connection begins and ends.
  void on_connect(Instant now, ConnectionId connection, const mqtt::Connect& connect, Actions& out);
  std::uint8_t refusal(const mqtt::Connect& connect) const;
  bool may_connect(const mqtt::Connect& connect) const;
  std::uint16_t keep_alive_of(const mqtt::Connect& connect) const;
  bool take_over(Slot slot, const mqtt::Connect& connect, Instant now, Actions& out);
  void register_connection(Slot slot, Instant now, ConnectionId connection,
                           const mqtt::Connect& connect, std::string_view client_id);
  void on_disconnect(Slot slot, const mqtt::Disconnect& disconnect, Instant now, Actions& out);
  void reject(Slot slot, End end, std::uint8_t reason, Instant now, Actions& out);
  void detach(Slot slot);
  void end_connection(Slot slot, End end, Instant now, Actions& out);
  void after_connection(Slot slot, Instant now);
  void forget_unless_owing(Slot slot);
  void forget(Slot slot);
  void drop_state(Slot slot);

  // broker_will.cpp
  void settle_will(Slot slot, End end, Instant now, Actions& out);
  Duration delay_of(const Session& session) const;
  bool takeover_publishes(const Session& old, const mqtt::Connect& connect) const;
  void delay_will(Slot slot, Instant now, Actions& out);
  DelayedWills::IsLive is_live() const;
  void serve_will(Slot slot, Actions& out);
  void publish_will(Slot slot, Actions& out);
  void clear_will(Slot slot, WillFate fate, Actions& out);

  // broker_subscribe.cpp
  void on_subscribe(Slot slot, const mqtt::Subscribe& subscribe, Actions& out);
  void on_unsubscribe(Slot slot, const mqtt::Unsubscribe& unsubscribe, Actions& out);
  void send_retained(Slot slot, const mqtt::Subscription& subscription, std::uint32_t id,
                     Actions& out);

  // broker_publish.cpp: messages in, and out to whom they concern.
  void on_publish(Slot slot, mqtt::Publish&& publish, Instant now, Actions& out);
  void on_pubrel(Slot slot, const mqtt::Pubrel& pubrel, Actions& out);
  void on_puback(Slot slot, std::uint16_t packet_id, Actions& out);
  void on_pubrec(Slot slot, const mqtt::Pubrec& pubrec, Actions& out);
  bool may_publish(std::string_view topic) const;
  // `from`: whose message it is, for No Local; kNone for none.
  void route(mqtt::Publish&& message, Slot from, Actions& out);
  void route_to(Slot slot, const MessageRef& message, Slot from, Actions& out);
  // `is_own`: the message is the session's own. The most specific of those that match first.
  void sort_matched(const Session& session, std::string_view topic, bool is_own);
  void deliver(Slot slot, Waiting what, Actions& out);
  void send_inflight(Slot slot, Waiting what, Actions& out);
  void resend(Slot slot, Actions& out);
  void send_queued(Slot slot, Actions& out);

  BrokerConfig config_;
  std::uint32_t inflight_max_;  // of the limits or the profile; 0: none
  std::uint32_t queued_max_;
  Ticks ticks_;
  SharedTexts texts_;
  SessionTable sessions_;
  ConnectionIndex by_connection_;
  HashIndex by_client_id_;
  Subscriptions subscriptions_;
  Retained retained_;
  Deadlines keep_alives_;
  Deadlines expiries_;
  DelayedWills delayed_;
  std::vector<Slot> candidates_;  // of the message being routed
  std::vector<Filter> matched_;   // of one of them; without their texts
  std::uint64_t assigned_ids_ = 0;
  std::uint32_t connections_ = 0;
  Instant batch_ends_ = kRunStart;
  std::uint32_t batch_left_ = 0;
  std::uint32_t wills_pending_ = 0;
  bool running_ = true;
};

}  // namespace probate::broker
