// The faults of a loop at work: asks the pipeline and performs what it decides.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fault/pipeline.hpp"
#include "proxy/proxy.hpp"
#include "sim/live/poller.hpp"

namespace probate::live {

// Acts are performed in order; those that arise meanwhile follow behind them.
//
// Threads: its loop's. Lifetime: everything outlives it.
class FaultDriver {
 public:
  // What is not done on the proxy's links.
  class Host {
   public:
    // An act on the device itself: LinkDied, TellLeave, TellPowerCut.
    virtual void obey_device(Instant now, const fault::Act& act) = 0;
    // EndBroker, StartBroker.
    virtual void obey_broker(Instant now, const fault::Act& act) = 0;
    // A latency of a fault is over: what the link has anyway holds again.
    virtual void latency_ended(Instant now, DeviceId device) = 0;

   protected:
    ~Host() = default;
  };

  FaultDriver(proxy::Loop& loop, proxy::Proxy& proxy, const std::vector<fault::FaultSpec>& faults,
              Host& host);

  // Why it did not hit; "" if it did.
  std::string fire(Instant now, const fault::Strike& strike);
  void heal_all(Instant now);
  // A fault that no scenario has, see fault::Pipeline.
  void add(FaultId fault, fault::FaultSpec spec) { pipeline_.add(fault, std::move(spec)); }
  void remove(Instant now, FaultId fault);
  // See fault::Pipeline.
  void release(Instant now, DeviceId device, FaultId fault);
  void version_known(Instant now, DeviceId device, mqtt::Version version);
  std::vector<FaultId> faults_on(DeviceId device) const { return pipeline_.faults_on(device); }
  std::uint64_t active(FaultId fault) const { return pipeline_.active(fault); }
  void perform(Instant now, fault::Act act);
  // No fault waits for anything.
  bool is_quiet() const { return !pipeline_.next_timeout(); }

  // What the proxy asks and tells its owner.
  fault::Admission admit(Instant now, DeviceId device) { return pipeline_.admit(now, device); }
  void connect_kept(Instant now, FaultId fault, DeviceId device);
  fault::Treatment treat(Instant now, DeviceId device, const fault::PacketFacts& packet);
  void session_up(Instant now, DeviceId device);
  void link_down(Instant now, DeviceId device);
  void link_idle(Instant now, FaultId fault, DeviceId device);

 private:
  void obey(Instant now, const fault::Acts& acts);
  void obey_one(Instant now, const fault::Act& act);
  void arm();
  void pipeline_due(Instant now);

  proxy::Loop& loop_;
  proxy::Proxy& proxy_;
  Host& host_;
  fault::Pipeline pipeline_;
  Poller poller_;
  std::vector<fault::Act> queue_;  // acts under way
  std::size_t queue_done_ = 0;
  bool obeying_ = false;
};

}  // namespace probate::live
