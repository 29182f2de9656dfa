// What a run will take, before it is run: counted from the scenario and its schedule, and priced
// with what runs have cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/broker/profile.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"

namespace probate::virtual_time {

// What a virtual run costs, measured with `python3 tests/bench/virtual_costs.py` (2026-11-26, build
// `release`, on a machine with much other work, which makes times two or three times as long), and
// memory with tests/bench/engine_bench.cpp (2026-11-27): fleets of article-luat's devices, a
// thousand to a million of them. Memory is rounded up: an estimate that is too low lets
// a machine die, and one that is too high refuses a run that would fit. tests/scenario/
// estimate_test.cpp holds it to a run.
struct Costs {
  double bytes_of_a_run = 22.0 * (1 << 20);  // the program, its tables, records on their way
  double bytes_per_device = 810;             // device, link, session at the broker, truth, its will
  std::uint64_t bytes_of_a_will = 150;       // of those: its texts, and a retained birth's
  double bytes_per_track = 28;               // a device under one policy
  double bytes_per_end = 395;                // of a connection, as long as the judge remembers it
  // Of a fault on a device, of those struck at once: 20,000 of article-luat's, 2026-11-27.
  double bytes_per_case = 160;          // its place
  double bytes_per_treated = 1'000;     // a link whose reports are looked at
  double bytes_per_slowed = 1'200;      // a link that cannot be parked
  double bytes_per_cut = 2'300;         // the old connection beside the new one
  double bytes_per_ghost = 5'000;       // one that nobody closed, and those tried in vain
  double bytes_per_silence = 2'500;     // a link that holds what is said
  double bytes_per_kept_message = 450;  // of what is said into the silence
  double bytes_per_firing = 24;         // in the schedule, and in the plan of its phase
  double events_per_second = 2;         // observers' markers
  double polls_per_second = 50;         // of a phase that waits for a condition
  double events_per_connect = 9;
  double events_per_message = 2;
  double events_per_strike = 2;
  double events_per_attempt = 3;      // to connect, in vain
  double seconds_per_event = 2e-6;    // of one core
  double seconds_per_device = 20e-6;  // to make it and to end it
};

struct Estimate {
  std::uint64_t devices = 0;
  std::uint64_t policies = 0;
  std::uint64_t connects = 0;  // first ones, and one after each strike
  std::uint64_t firings = 0;
  std::uint64_t strikes = 0;     // of a firing on a device, at most
  std::uint64_t long_bytes = 0;  // of wills and births, beyond what a device is counted with
  double attempts = 0;           // to connect, by those that faults keep away
  double held_bytes = 0;         // what devices need that faults hold, when it is most
  std::uint64_t ended = 0;       // of them, those after which the device has another connection
  Duration shortest{};           // of the run's own time: phases end as soon as they can, mostly
  Duration longest{};            // … or at their time-outs
  bool skips = false;            // undisturbed traffic is not played
  double messages = 0;           // played, not skipped
  double events = 0;
  std::uint64_t memory_bytes = 0;
  double core_seconds = 0;
  std::vector<std::string> notes;  // what will not come to its end; sentences
};

// Of a virtual run of that length and its live twin (whose time is its own). `window`: when the
// broker misses a silent device; as it is, at 1.5 keep-alives.
// Requires: the schedule is the scenario's.
Estimate estimate(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                  const Costs& costs = {}, const broker::KeepAliveWindow& window = {});

// The most devices of such a fleet that so much memory carries; 0 if not even the rest fits.
std::uint64_t devices_for(const Estimate& estimate, std::uint64_t memory_bytes,
                          const Costs& costs = {});

}  // namespace probate::virtual_time
