// The machine that the broker model runs on: its listening socket, its connections, its speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/slab.hpp"
#include "core/broker/broker.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/virtual/loop.hpp"
#include "sim/virtual/pipe.hpp"

namespace probate::virtual_time {

class BrokerHost;

// Whoever holds the other end of a connection to the broker.
class BrokerUser {
 public:
  virtual void broker_opened(Instant now) = 0;
  // Refused, or no answer within the patience of the one who dials: the connection never stood.
  virtual void broker_unreachable(Instant now) = 0;
  virtual void broker_sent(Instant now, mqtt::Packet&& packet) = 0;
  // A PUBLISH, which is a packet like any other unless the user knows better.
  virtual void broker_delivered(Instant now, broker::Deliver&& delivery) {
    broker_sent(now, broker::to_publish(delivery));
  }
  virtual void broker_closed(Instant now, journal::CloseHow how) = 0;
  // The broker has read a packet; what followed at once has been told.
  virtual void broker_read() {}

 protected:
  ~BrokerUser() = default;
};

// One TCP connection to the broker. The host owns it; its user must not touch it any more after
// broker_unreachable(), broker_closed(), reset(), release() or forget().
class BrokerConnection final : private PipeEnd {
 public:
  // `place`: where the host keeps it. Then either begin_dial() or stand() is called, once.
  BrokerConnection(BrokerHost& host, BrokerUser& user, ConnectionId id, DeviceId device,
                   std::uint32_t place);
  void begin_dial(Duration patience);
  void stand() { state_ = State::open; }
  // One that nothing is under way on becomes another, which stands.
  void become(BrokerUser& user, ConnectionId id, DeviceId device, std::uint32_t place) {
    user_ = &user;
    id_ = id;
    device_ = device;
    place_ = place;
    accepted_at_ = {};
    state_ = State::open;
  }
  ~BrokerConnection();

  void send(mqtt::Packet&& packet) { push(std::move(packet)); }
  // Everything sent before arrives; broker_closed() follows with the broker's own FIN.
  void finish() { push(journal::CloseHow::fin); }
  void reset();
  // FIN, if there was none yet; what the broker still has to say interests nobody.
  void release();
  // What the client sends from now on is not sent, and the broker is to believe that it was.
  void skip_traffic();
  // Ends that: the last skipped packet was sent at `sent`.
  void note_traffic(Instant sent);
  // While it is being dialled: the dialling ends and nobody is told.
  void forget();

  // It stands, and nothing is under way on it: BrokerHost::park() may take it.
  bool is_idle() const;
  std::uint32_t place() const { return place_; }

 private:
  friend class BrokerHost;
  // closing: the broker is done with it and reads nothing more, but its end is not there yet.
  enum class State : std::uint8_t { dialing, open, closing, over };

  struct Dialing;

  // What the model calls it: its place, and the order in which it came.
  static ConnectionId model_id(std::uint32_t place, ConnectionId id);
  ConnectionId model_id() const { return model_id(place_, id_); }
  template <typename Sent>
  void push_sent(Sent&& sent);
  void push(mqtt::Packet&& packet);
  void push(journal::CloseHow how);
  void dial(Instant now);
  void arrived(Instant now, Parcel& parcel) override;  // at the broker
  void prefetch(Fetch what) const override;

  BrokerHost& host_;
  BrokerUser* user_;
  ConnectionId id_;
  Instant accepted_at_{};  // before that the broker reads nothing
  Pipe to_broker_;
  std::unique_ptr<Dialing> dialing_;  // until it stands
  DeviceId device_;
  std::uint32_t place_;
  State state_ = State::dialing;
};

struct BrokerHostConfig {
  broker::BrokerConfig broker;
  Duration hop = 100us;  // one way
  // What a reconnect storm queues for.
  scenario::BrokerCapacity capacity;
  // The broker tells the back end of each device that connects and disconnects.
  bool tells_events = false;
  // A session that is taken over: how long after its will its connection is closed. What the broker
  // does next, it does then. mosquitto takes 10 to 80 µs; the will is always first.
  Duration close_behind_will = 50us;
};

// Delivers to the model, performs what it wants, wakes it. One server: it accepts connections one
// after another, and takes sessions over one after another; what packets cost it is not modelled.
// Determinism: the order of events alone.
class BrokerHost {
 public:
  BrokerHost(Loop& loop, BrokerHostConfig config);
  ~BrokerHost();

  // `id`: unique in the run. `device`: whose connection it is in the broker's events; kNoDevice:
  // nobody is told. Lifetime: the user outlives the connection.
  BrokerConnection& dial(BrokerUser& user, ConnectionId id, DeviceId device, Duration patience);
  // What is left of an idle connection is its place, until unpark() makes it again; whoever wakes
  // devices does so when the broker has something for it. Requires: is_idle(), and a device.
  void park(BrokerConnection& connection);
  BrokerConnection& unpark(std::uint32_t place, BrokerUser& user, ConnectionId id, DeviceId device);
  // The client of a parked connection sends something; it stays parked unless the broker answers.
  // Requires: it is parked, and these are its place and id.
  void send_parked(std::uint32_t place, ConnectionId id, mqtt::Packet&& packet);
  // It is about to be made again, or to be sent on: `parts`, then `rest`.
  void prefetch_parked(std::uint32_t place, ConnectionId id, Fetch what) const {
    const bool is_last = what == Fetch::rest;
    broker_.prefetch(BrokerConnection::model_id(place, id), is_last ? Fetch::parts : Fetch::places);
    if (is_last) return;
    prefetch_one(places_[place]);
    prefetch_one(parked_[place]);
  }
  // The run is over, and the connection of no use any more.
  void drop(std::uint32_t place) { places_[place].reset(); }
  void set_waker(std::function<void(DeviceId)> waker) { wake_ = std::move(waker); }
  // The broker's process ends: its connections are closed, and nobody can dial.
  void stop(journal::BrokerEnd how);
  // Requires: stopped.
  void restart();
  // After every event: connections that are over go.
  void end_turn();
  // Whether that has anything to do.
  bool has_unfinished() const { return !over_.empty() || !read_parked_.empty(); }

  // What is published there now is delivered as soon as it has arrived, and to one session at most.
  // `known`: what was found out about that topic the last time.
  struct Subscribers {
    std::uint64_t changes = 0;
    std::size_t sessions = 0;
  };
  bool is_at_rest(std::string_view topic, Subscribers& known) const {
    if (!broker_.running() || !later_.empty() || busy_until_ > loop_.now()) return false;
    if (known.changes != broker_.subscription_changes()) {
      known = {broker_.subscription_changes(), broker_.sessions_for(topic)};
    }
    return known.sessions <= 1;
  }
  Duration hop() const { return config_.hop; }

  Loop& loop() { return loop_; }
  Flows& flows() { return flows_; }
  const broker::Broker& model() const { return broker_; }
  std::uint64_t syns_dropped() const { return syns_dropped_; }

 private:
  friend class BrokerConnection;

  // When a SYN that arrives now will be accepted; kNever: the backlog is full.
  Instant admit(Instant now);
  void deliver(Instant now, BrokerConnection& connection, Parcel& parcel);
  void over(BrokerConnection& connection, const char* why);
  void tell(BrokerConnection& connection, journal::BrokerEventKind kind, const char* why);
  void perform(Instant now);
  void later_due(Instant now);

  struct Performer;
  struct Later {
    Instant at{};
    broker::Action action;
  };

  // Where events are told.
  struct Told {
    std::string client_id;
    std::uint64_t as = 0;  // the number of the event that it is connected
  };

  // The user of a parked connection on which something is under way. Whatever would concern a user
  // has the connection unparked first, so all that it ever hears is that the broker has read.
  class Nobody final : public BrokerUser {
    void broker_opened(Instant) override { CHECK(false); }
    void broker_unreachable(Instant) override { CHECK(false); }
    void broker_sent(Instant, mqtt::Packet&&) override { CHECK(false); }
    void broker_closed(Instant, journal::CloseHow) override { CHECK(false); }
  };

  // By what the model calls it; nullptr if it is gone.
  BrokerConnection* find(ConnectionId model_id);
  void model_due(Instant now);
  void arm();

  Loop& loop_;
  BrokerHostConfig config_;
  Duration accept_cost_;
  broker::Broker broker_;
  broker::Actions actions_;
  Flows flows_;
  // Places of connections, which never move.
  Slab<std::unique_ptr<BrokerConnection>> places_;
  Slab<DeviceId> parked_;  // by place: whose connection it is when it is made again
  Nobody nobody_;
  std::vector<std::uint32_t> read_parked_;  // places: the broker has read what was under way
  static constexpr std::size_t kSpareMax = 64;
  std::vector<std::unique_ptr<BrokerConnection>> spare_;  // for the next that are under way
  std::function<void(DeviceId)> wake_;
  std::vector<std::uint32_t> free_places_;
  std::vector<std::uint32_t> over_;  // places
  std::deque<Later> later_;          // what it does once it has closed what it is closing
  Instant busy_until_{};
  MemberTimer<BrokerHost, &BrokerHost::later_due> later_timer_;
  std::deque<Instant> waiting_;  // when each connection in the backlog is accepted
  MemberTimer<BrokerHost, &BrokerHost::model_due> timer_;
  std::uint64_t syns_dropped_ = 0;
  std::uint64_t events_told_ = 0;
  std::unordered_map<std::uint32_t, Told> told_;  // by place
  std::uint64_t deaths_ = 0;
  bool killed_ = false;  // a dead broker tells nobody of the connections that died with it
};

}  // namespace probate::virtual_time
