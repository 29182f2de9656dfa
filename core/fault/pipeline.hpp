// All faults of a run: the one list, and how their decisions combine.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/prefetch.hpp"
#include "core/fault/acts.hpp"
#include "core/fault/spec.hpp"

namespace probate::fault {

// What an engine knows of a device when a fault fires.
struct DeviceView {
  bool powered = true;      // neither cut off nor left
  bool online = false;      // CONNACK 0 reached it
  bool has_link = false;    // two legs stand and pass packets
  bool silent = false;      // a silence is on its link
  bool speaks_mqtt = true;  // packets can be told apart in what passes
  bool broker_up = true;    // the managed broker runs and no fault has ended it
  // That its CONNECT spoke; absent: what every fault was checked against beforehand.
  std::optional<mqtt::Version> version{};
  // Where SYNs can go unanswered: another device comes from its address, or it comes by way of
  // somebody else's; and no further address finds a place among those whose SYNs are dropped.
  bool shares_source = false;
  bool no_room_for_source = false;
  bool chosen_by_source = false;  // the pipeline's: the fault selects addresses
};

// What the schedule drew for this firing and device.
struct Draws {
  std::optional<Duration> lasts;  // absent: until heal_all()
  Duration notices{};             // NoticesHow::after
  // Of a device that needs a power cycle: how long after its payment took effect.
  std::optional<Duration> reboot{};
  Instant phase_began = kRunStart;  // of the phase in which it struck
};

// A fault meets a device.
struct Strike {
  FaultId fault;
  DeviceId device;
  DeviceView view;
  Draws draws;
};

// Decides what happens to whom; one instance per run and loop, all devices of the loop in it. All
// randomness comes in as Draws.
//
// Order: a cut beats silence beats hold beats the rest; otherwise the fault that struck first. A
// fault on a device that is not in the state it needs is skipped with the reason. Threads: one
// owner. Determinism: same calls, same acts. Memory: four bytes for each device up to the last that
// was struck; the rest grows with active faults only.
class Pipeline {
 public:
  // Keeps a reference to `faults`.
  explicit Pipeline(const std::vector<FaultSpec>& faults);
  ~Pipeline();

  // A fault that is not among `faults`: its id lies behind theirs. Requires: there is none of that
  // id, or it was removed.
  void add(FaultId fault, FaultSpec spec);
  // It ends now on every device. One that was added is forgotten.
  void remove(Instant now, FaultId fault, Acts& out);
  // It ends now on that device; with kNoFault every one does.
  void release(Instant now, DeviceId device, FaultId fault, Acts& out);

  // The device speaks another version now: those that have nothing to say in it end on it.
  void handle_version(Instant now, DeviceId device, mqtt::Version version, Acts& out);

  // A firing of the schedule. The first act is Applied or Skipped. A fault that hits the broker is
  // fired at kNoDevice.
  void fire(Instant now, const Strike& strike, Acts& out);

  // A connection of that device has a complete CONNECT, or would have one now.
  Admission admit(Instant now, DeviceId device);
  // Its CONNECT was kept from the broker because of that fault. next_timeout() may be earlier
  // afterwards.
  void handle_connect_kept(Instant now, FaultId fault, DeviceId device);
  // A packet that Watch asked for is whole. The first fault that treats it counts. next_timeout()
  // may be earlier afterwards.
  Treatment treat(Instant now, DeviceId device, const PacketFacts& packet);

  // CONNACK 0 reached the device over a new connection.
  void handle_session_up(Instant now, DeviceId device, Acts& out);
  // The device has let go of its link: the device leg is gone, whatever the broker leg does.
  void handle_link_down(Instant now, DeviceId device, Acts& out);
  // Nothing passed on the device's link for as long as that fault's WatchIdle said.
  void handle_link_idle(Instant now, FaultId fault, DeviceId device, Acts& out);

  void handle_timeout(Instant now, Acts& out);
  // The same, of the first alone of those that are due; false: none is. A fault on a million
  // devices ends on all of them at once. If the device has another that is due it handles all of
  // them: what ends at one instant is over before any act of it is performed.
  bool handle_next_timeout(Instant now, Acts& out);
  std::optional<Instant> next_timeout() const;

  // Settle, abort and exit: every active fault ends now (members of a `ramp` spread over it).
  void heal_all(Instant now, Acts& out);
  // Some fault is active on that device.
  bool holds(DeviceId device) const;
  // That, or what strikes it, is about to be asked for.
  void prefetch(DeviceId device, Fetch what) const;
  // Those active on that device, in the order in which they struck.
  std::vector<FaultId> faults_on(DeviceId device) const;
  // Active (fault, device) pairs of one fault: a gauge.
  std::uint64_t active(FaultId fault) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace probate::fault
