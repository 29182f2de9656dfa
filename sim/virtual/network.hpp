// What all links and twins of a run share: the owner's ear, the devices' entries, who stands.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/base/rng.hpp"
#include "core/fault/conditions.hpp"
#include "core/fault/pipeline.hpp"
#include "sim/virtual/broker_host.hpp"
#include "sim/virtual/loop.hpp"

namespace probate::virtual_time {

class DeviceEnd;
class Link;
class Twin;

// What the network asks and tells its owner; the counterpart of the live proxy's.
class NetworkOwner {
 public:
  virtual fault::Admission admit(Instant now, DeviceId device) = 0;
  // A packet that a Watch is out for; it may be over with the fault at its next timeout.
  virtual fault::Treatment treat(Instant now, DeviceId device,
                                 const fault::PacketFacts& packet) = 0;
  // Told after the event that caused it.
  virtual void session_up(Instant now, DeviceId device) = 0;
  virtual void link_down(Instant now, DeviceId device) = 0;
  // Nothing passed on its link for as long as that fault's WatchIdle said.
  virtual void link_idle(Instant now, FaultId fault, DeviceId device) = 0;

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
  // Performs an act on the device's current link. Acts on the device itself and notes are the
  // owner's; giving them here is a bug.
  void perform(const fault::Act& act);
  fault::DeviceView view(DeviceId device) const;
  void stop_accepting() { accepting_ = false; }
  // Ends everything that still stands: FIN where the peer lives, close for ghosts.
  void close_all();
  // After every event: tells the owner what happened, buries what has ended.
  void end_turn();

  // For links and twins.
  Rng jitter_stream(ConnectionId connection, mqtt::Direction direction) const;
  Rng loss_stream(ConnectionId connection, mqtt::Direction direction) const;
  void keep_connect(DeviceId device, const mqtt::Connect& connect, Epoch epoch);
  // Null if there are none.
  fault::Conditions* conditions(DeviceId device);
  Link* newest_link(DeviceId device) const;
  // The newest first.
  std::vector<Link*> links_of(DeviceId device) const;
  enum class NewsKind : std::uint8_t { session_up, link_down, link_idle };
  void tell(NewsKind kind, DeviceId device, FaultId fault = kNoFault);
  // It stands no more; it goes at the end of the event, or when bury() says so if it lingers.
  void remove(Link& link);
  void bury(Link& link);
  void remove(Twin& twin);

 private:
  struct News {
    NewsKind kind{};
    DeviceId device;
    FaultId fault;
  };

  // Also those that the device has left behind; newest first.
  // Its own, made if there are none or only common ones.
  std::shared_ptr<fault::Conditions>& conditions_place(DeviceId device);
  // What the device's links suffer from anyway. Requires: it has no conditions.
  void give_common(DeviceId device, const fault::Delay& delay);
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
  std::map<DeviceId, KeptConnect> kept_;
  // By device. Devices of a group whose links are slow anyway have one in common, until a fault of
  // its own sets one of them apart.
  std::vector<std::shared_ptr<fault::Conditions>> conditions_;
  std::vector<std::shared_ptr<fault::Conditions>> common_;
  std::vector<News> news_;
  std::vector<std::unique_ptr<Link>> ended_links_;
  std::vector<std::unique_ptr<Twin>> ended_twins_;
  bool accepting_ = true;
};

}  // namespace probate::virtual_time
