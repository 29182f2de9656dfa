// What all links and twins of a run share: the owner's ear, the devices' entries, who stands.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/base/rng.hpp"
#include "core/base/slab.hpp"
#include "core/fault/conditions.hpp"
#include "core/fault/fidelity.hpp"
#include "core/fault/pipeline.hpp"
#include "sim/virtual/broker_host.hpp"
#include "sim/virtual/loop.hpp"

namespace probate::virtual_time {

class DeviceEnd;
class Link;
class Network;
class Twin;

// When a link was accepted, and when anything last passed on it, either way.
struct LinkTimes {
  Instant began{};
  Instant last_passed_at{};
};
// What is left of a link on which nothing happens: with a million devices that is nearly every one.
struct ParkedLink {
  std::uint32_t connection = 0;  // 0: none
  std::uint32_t place = 0;       // of its connection to the broker
  Instant last_uplink_packet_at{};
  FaultId last_fault = kNoFault;
  mqtt::Version version{};
  bool downlink_first : 1 = false;
  bool delays_up : 1 = false;
  bool delays_down : 1 = false;
  std::uint32_t carried = 0;  // which packet waits on it for its delay; 0: none
};

// Wakes a link on which packets wait for their time, or its network while the link is parked.
class LineTimer final : public Timer {
 public:
  explicit LineTimer(Network& network);

  void serve(Link& link) { link_ = &link; }
  void serve(DeviceId parked) {
    link_ = nullptr;
    device_ = parked;
  }

 private:
  void expired(Instant now) override;
  void prefetch(Fetch what) const override;

  Network& network_;
  Link* link_ = nullptr;
  DeviceId device_;
};

// A packet that waits for its delay on a parked link, and no other does.
struct Carried {
  std::unique_ptr<LineTimer> timer;
  mqtt::Packet packet;
  std::size_t bytes = 0;
  Instant due{};
};

// What the network asks and tells its owner; the counterpart of the live proxy's.
class NetworkOwner {
 public:
  virtual fault::Admission admit(Instant now, DeviceId device) = 0;
  // Its CONNECT was kept from the broker because of that fault.
  virtual void connect_kept(Instant now, FaultId fault, DeviceId device) = 0;
  // A packet that a Watch is out for; it may be over with the fault at its next timeout.
  virtual fault::Treatment treat(Instant now, DeviceId device,
                                 const fault::PacketFacts& packet) = 0;
  // Whether any fault is on the device: else what becomes of its links at the end of the run
  // interests nobody.
  virtual bool is_struck(DeviceId device) const = 0;
  // Told after the event that caused it.
  virtual void session_up(Instant now, DeviceId device) = 0;
  virtual void link_down(Instant now, DeviceId device) = 0;
  // Nothing passed on its link for as long as that fault's WatchIdle said.
  virtual void link_idle(Instant now, FaultId fault, DeviceId device) = 0;
  // Who lets go of idle links.
  virtual DeviceEnd& end_of(DeviceId device) = 0;

 protected:
  ~NetworkOwner() = default;
};

struct NetworkConfig {
  // One way, from the proxy's place to a device or to the broker, before any fault: what a loopback
  // takes.
  Duration hop = 100us;
  Duration dial_timeout = 10s;
  Duration half_close_wait = 30s;            // for the answer to a FIN
  bool keep_connects = false;                // what duplicate_login needs
  std::vector<DeviceId> keep_connects_of{};  // sorted; empty: of all
  std::uint64_t seed = 0;                    // of jitter and losses
  // Of silences, ghosts and swallowed connects; with segment, whose CONNECT would be swallowed
  // cannot even open a connection.
  fault::Fidelity fidelity = fault::Fidelity::stream;
  bool has_deaf_faults = false;  // some fault's silence is deaf whatever the fidelity
  std::uint32_t devices = 0;     // as many as there will be
  // Some fault asks how old a link is, or how long nothing passed on it.
  bool keeps_times = true;
};

// The simulated counterpart of the proxy between devices and broker: links of two legs, and what
// faults do to them. Lifetime: loop, broker and owner outlive it.
class Network {
 public:
  struct KeptConnect {
    mqtt::Connect connect;
    Epoch epoch = 0;
  };

  Network(Loop& loop, BrokerHost& broker, NetworkOwner& owner, NetworkConfig config);
  ~Network();

  Loop& loop() { return loop_; }
  BrokerHost& broker() { return broker_; }
  NetworkOwner& owner() { return owner_; }
  const NetworkConfig& config() const { return config_; }
  journal::LinkCounters& counters() { return loop_.counters().links; }

  // A device's dial has arrived; nullptr: nobody accepts any more.
  Link* accept(DeviceId device, Epoch epoch, DeviceEnd& end);
  // Whether a SYN of the device is answered now.
  bool answers_syn(DeviceId device) const;
  // Performs an act on the device's current link. Acts on the device itself and notes are the
  // owner's; giving them here is a bug.
  void perform(const fault::Act& act);
  fault::DeviceView view(DeviceId device) const;
  // What that fault cut off for good in front of TCP is no longer cut off.
  void fault_over(FaultId fault, DeviceId device);
  void stop_accepting() { accepting_ = false; }
  // Ends everything that still stands: FIN where the peer lives, close for ghosts.
  void close_all();
  // After every event: tells the owner what happened, buries what has ended.
  void end_turn();
  // Whether that has anything to do.
  bool has_unfinished() const {
    return !news_.empty() || !touched_.empty() || !ended_links_.empty() || !ended_twins_.empty();
  }

  // For links and twins.
  Rng jitter_stream(ConnectionId connection, mqtt::Direction direction) const;
  Rng loss_stream(ConnectionId connection, mqtt::Direction direction) const;
  void keep_connect(DeviceId device, const mqtt::Connect& connect, Epoch epoch);
  // Null if there are none.
  fault::Conditions* conditions(DeviceId device);
  // One that was parked is made again; it stays at least until the end of the event.
  Link* newest_link(DeviceId device);
  // The newest first.
  std::vector<Link*> links_of(DeviceId device);
  // A packet of the device passes on its parked link, now or after the link's delay, as it would if
  // that were made again. False, with nothing done, if there is none, or if the packet would do
  // anything else, or if another one is on its way.
  bool pass_parked(DeviceId device, mqtt::Packet& packet);
  // One is on its way on its parked link.
  bool carries(DeviceId device) const {
    return is_parked(device) && parked_[device.index()].carried != 0;
  }
  // Its delay is over.
  void carried_due(DeviceId device);
  // Something passed on its newest link, which may be idle at the end of the event.
  void touch(DeviceId device) {
    if (!is_closing_) touched_.push_back(device);
  }
  // The device is about to use its parked link.
  void prefetch_parked(DeviceId device, Fetch what) const {
    const ParkedLink& parked = parked_[device.index()];
    if (what == Fetch::places) {
      prefetch_one(parked);
      prefetch_one(newest_[device.index()]);
      if (device.index() < conditions_of_.size()) prefetch_one(conditions_of_[device.index()]);
      return;
    }
    broker_.prefetch_parked(parked.place, ConnectionId{parked.connection}, what);
  }
  std::size_t parked_links() const { return parked_count_; }
  // Whether a link on which those packets are asked for cannot be parked, as they would pass there.
  static bool needs_link(const std::array<fault::PacketSet, 2>& watched) {
    return watched[static_cast<std::size_t>(mqtt::Direction::uplink)].has(
        mqtt::PacketType::publish);
  }
  enum class NewsKind : std::uint8_t { session_up, link_down, link_idle };
  void tell(NewsKind kind, DeviceId device, FaultId fault = kNoFault);
  // It stands no more; it goes at the end of the event, or when bury() says so if it lingers.
  void remove(Link& link);
  void bury(Link& link);
  void remove(Twin& twin);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  // What is in common is looked for among all that is.
  static constexpr std::size_t kCommonMax = 64;
  struct Shared {
    fault::Conditions conditions;
    std::uint32_t users = 0;
    bool is_common = false;  // of delays and watches alone
  };
  struct News {
    NewsKind kind{};
    FaultId fault;
    DeviceId device;
  };

  // Its own, made if there are none or only common ones.
  fault::Conditions& own_conditions(DeviceId device);
  std::uint32_t new_conditions(fault::Conditions conditions);
  std::uint32_t& conditions_place(DeviceId device);
  void leave_conditions(DeviceId device);
  void leave_empty_conditions(DeviceId device);
  // Whether what the device has is nothing of its own.
  bool has_only_common(DeviceId device) const;
  // In place of what it has. Requires: has_only_common().
  void give_common(DeviceId device, fault::Conditions wanted);
  // What the device's links suffer from anyway. Requires: it has no conditions.
  void delay_anyway(DeviceId device, const fault::Delay& delay);
  void set_watch(const fault::Act& act, const fault::Watch& watch);
  // Makes the device's newest link again of what is_parked() says is there.
  void unpark(DeviceId device);
  void forget_left_behind(DeviceId device);
  void carry(DeviceId device, mqtt::Packet&& packet, std::size_t bytes, Instant due);
  void pass_now(DeviceId device, mqtt::Packet&& packet, std::size_t bytes);
  void park_idle_links();
  void close_parked(DeviceId device);
  bool is_parked(DeviceId device) const {
    return device.index() < parked_.size() && parked_[device.index()].connection != 0;
  }
  // Changes them by that call, then has every link of the device follow.
  template <typename Change>
  void change_conditions(DeviceId device, FaultId fault, Change change);
  void set_order(const fault::Act& act, const fault::OrderTakeover& order);
  void delay_fin(const fault::Act& act, const fault::DelayFin& late);
  void open_twin(const fault::Act& act, fault::TwinWill will);
  void close_twins(DeviceId device);
  ConnectionId next_connection() { return ConnectionId{++connections_}; }

  Loop& loop_;
  BrokerHost& broker_;
  NetworkOwner& owner_;
  NetworkConfig config_;
  Rng rng_;
  std::uint64_t connections_ = 0;
  std::map<ConnectionId, std::unique_ptr<Link>> lingering_;
  std::map<ConnectionId, std::unique_ptr<Twin>> twins_;
  std::vector<std::unique_ptr<Link>> newest_;  // by device; each holds its older one
  std::vector<ParkedLink> parked_;             // by device; instead of its newest
  std::vector<LinkTimes> parked_times_;
  std::size_t parked_count_ = 0;
  Slab<Carried> carried_;  // number n is at n - 1; one that is free may keep its timer
  std::vector<std::uint32_t> free_carried_;
  std::vector<DeviceId> touched_;
  bool is_closing_ = false;  // every link ends now: nothing of it is looked at later
  std::map<DeviceId, KeptConnect> kept_;
  // By device. Devices whose links are slow anyway, or whose packets of the same types are asked
  // for, have one in common, until a fault of another kind sets one of them apart.
  std::vector<std::uint32_t> conditions_of_;  // a place of conditions_, or kNone
  Slab<Shared> conditions_;
  std::vector<std::uint32_t> free_conditions_;
  std::vector<std::uint32_t> common_;
  std::vector<News> news_;
  std::vector<std::unique_ptr<Link>> ended_links_;
  std::vector<std::unique_ptr<Twin>> ended_twins_;
  bool accepting_ = true;
};

}  // namespace probate::virtual_time
