// A device machine on a simulated link.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "core/device/books.hpp"
#include "core/device/machine.hpp"
#include "core/fault/acts.hpp"
#include "sim/virtual/link.hpp"
#include "sim/virtual/loop.hpp"
#include "sim/virtual/network.hpp"

namespace probate::virtual_time {

// Says how long nothing will happen to a device.
class Outlook {
 public:
  // Until when nothing disturbs the device and nobody must hear of it; nothing if that is too soon
  // to be worth it. `awake_since`: since when everything that it sends has been played.
  virtual std::optional<Instant> quiet_until(DeviceId device, Instant awake_since) = 0;
  // The judge must know of whom it hears nothing.
  virtual bool tells_of_rests() const = 0;
  // That will be asked soon.
  virtual void prefetch(DeviceId device, Fetch what) const = 0;

 protected:
  ~Outlook() = default;
};

// What all devices of a run share.
struct DeviceHost {
  Loop& loop;
  Network& network;
  device::Actions actions;  // scratch of the call under way
  std::uint64_t online = 0;
  Outlook* outlook = nullptr;  // absent: nothing is skipped
  std::uint64_t naps = 0;      // how often a device was let alone
  // Of those that dial just now. Never iterated.
  struct Dial {
    std::unique_ptr<Timer> timer;
    Instant began{};
    std::uint32_t repeated = 0;  // how often its SYN was sent again
  };
  std::unordered_map<DeviceId, Dial> dials{};
};

// Performs what its machine says and tells it what happened: the counterpart of live::LiveDevice.
//
// Naps: while nothing disturbs a steady device, what it sends is not played but skipped, and caught
// up when something is about to happen. That is begun only at the second packet of a session that
// its timers send, so that every policy has heard of the device since it came up.
class VirtualDevice final : private DeviceEnd, private LooseTimer {
 public:
  // Whatever was sent has had its effect, here and at the back end.
  static constexpr Duration kPacketSettles = 5s;

  VirtualDevice(DeviceHost& host, DeviceId id, GroupId group, device::DeviceMachine machine);
  ~VirtualDevice() override;

  void start(Instant intended);
  void finish();
  // Performs the acts that concern the device itself.
  void obey(const fault::LinkDied& order);
  void obey(const fault::TellLeave& order);
  void obey(const fault::TellPowerCut& order);

  DeviceEnd& end() { return *this; }
  const device::DeviceMachine& machine() const { return machine_; }
  bool online() const { return online_; }
  // Neither cut off, nor gone for good, nor finished.
  bool powered() const { return powered_; }
  // It is about to be used.
  void prefetch(Fetch what) const override;

 private:
  // DeviceEnd
  void link_received(Link& link, Instant now, const mqtt::Packet& packet) override;
  void link_closed(Link& link, Instant now, device::CloseCause cause) override;
  bool let_go(Link& link) override;
  void link_back(Link& link) override;

  void arm(Instant due) { LooseTimer::arm(host_.loop, due); }
  void expired(Instant now) override;
  void dialed(Instant now);
  // Skips what is steady until something may happen; true if so.
  bool take_a_nap(Instant now);
  // Catches up with what was skipped, if anything was.
  void wake();
  // Runs one call of the machine and everything that follows from it. `intended`: when it was due.
  template <typename Call>
  void drive(Instant intended, Call call);
  void perform(Instant intended, device::Action& action);
  void dial();
  bool is_answered(Instant now);
  void stop_dialing();
  void close(device::CloseMode mode);
  void closed(device::CloseCause cause);
  void end_attempt();
  bool has_link() const { return link_ != nullptr || link_is_parked_; }
  // nullptr: there is none.
  Link* link();

  DeviceId id_;
  DeviceHost& host_;
  Link* link_ = nullptr;   // nullptr also while it is parked
  Instant awake_since_{};  // online and not napping
  device::DeviceMachine machine_;
  [[no_unique_address]] device::DeviceBooks books_;  // the rest lies in its padding
  bool online_ : 1 = false;
  bool powered_ : 1 = true;
  bool finished_ : 1 = false;
  bool napping_ : 1 = false;
  bool link_is_parked_ : 1 = false;
  bool has_played_ : 1 = false;  // a timer since it came online
  bool dials_ : 1 = false;
};

}  // namespace probate::virtual_time
