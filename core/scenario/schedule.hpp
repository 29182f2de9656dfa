// What happens to whom and when, drawn once from the seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// One firing of one fault, relative to the start of its phase. Millions of them are drawn.
struct Firing {
  Duration offset{};
  FaultId fault;
  bool is_own = false;    // one device's (rate:); whom others hit says select()
  std::uint32_t who = 0;  // the device, or which of this fault's firings in the run, from 0

  DeviceId device() const { return is_own ? DeviceId{who} : kNoDevice; }
  // Of one that is not a device's own.
  std::uint32_t ordinal() const { return is_own ? 0 : who; }
};

// Who is chosen at a firing: the first `take` of `ranked` that qualify when it fires (all of them
// do, unless the selector says `where: online`). `ranked` ends after `take` where nobody behind can
// be chosen.
struct Selection {
  std::vector<DeviceId> ranked;
  std::uint32_t take = 0;
};

// Determinism: depends on scenario and seed alone; not on threads, shards, engine or timing.
class Schedule {
 public:
  // Keeps a reference. Requires: validate(scenario) is empty.
  explicit Schedule(const Scenario& scenario);

  // The firings of a phase, by offset, then fault, then device. A phase that ends early leaves the
  // rest out. `every` fires at the start of its phase and then once a period.
  const std::vector<Firing>& firings(PhaseId phase) const;
  Selection select(const Firing& firing) const;
  // How many devices one firing of that fault takes, at most; of one with a `rate` how many have
  // firings of their own.
  std::uint32_t taken_by(FaultId fault) const;
  // How many different ones all its firings take together, at most.
  std::uint32_t ever_taken_by(FaultId fault) const;
  // How long this firing lasts for this device (kNoDevice: for the broker); kNever's distance if
  // until healed.
  Duration lasts(const Firing& firing, DeviceId device) const;
  // When this device learns of it (NoticesHow::after); drawn once per firing and device.
  Duration notices(const Firing& firing, DeviceId device) const;
  // How long after its payment the power of this device is cycled; nothing: it needs no reboot.
  std::optional<Duration> reboot(const Firing& firing, DeviceId device) const;

  // When the device first connects, from the start of the phase that connects it.
  Duration connect_offset(DeviceId device) const;
  PhaseId connect_phase() const { return connect_phase_; }

  // SHA-256 over everything drawn and over the scenario's meaning, hex.
  std::string digest() const;

 private:
  // The devices that a fault's selector leaves before share and count.
  struct Candidates {
    bool listed = false;
    std::uint32_t first = 0;  // a run of the fleet…
    std::uint32_t count = 0;
    std::vector<DeviceId> list;  // …or these, if listed

    DeviceId at(std::uint32_t position) const {
      return listed ? list[position] : DeviceId{first + position};
    }
  };

  void draw_arrivals();
  void find_candidates();
  Candidates candidates_of(const fault::Selector& selector) const;
  void draw_firings();
  void draw_poisson(FaultId fault, const fault::Poisson& poisson);
  std::uint64_t rank_key(FaultId fault, std::uint32_t ordinal) const;
  Selection ranked(FaultId fault, std::uint32_t ordinal) const;
  Rng stream_of(const Firing& firing, DeviceId device, std::string_view what) const;

  const Scenario& scenario_;
  Rng root_;
  PhaseId connect_phase_;
  std::vector<std::uint64_t> device_keys_;  // by device: its ClientID, as a number
  std::vector<Rng> fault_streams_;
  std::vector<Candidates> candidates_;  // by fault
  std::vector<std::vector<Firing>> firings_;
  std::vector<Duration> connect_offsets_;
};

}  // namespace probate::scenario
