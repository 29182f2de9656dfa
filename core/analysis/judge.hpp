// The judge: reads the journal and says what every will was.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/totals.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/broker/profile.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis {

// How far judging has come: settle ends when nothing is open any more.
struct Progress {
  // Wills required or possible that are neither seen nor past their time, ends that may bring none
  // and have not proven it for the allowance, and wills seen but not yet classed.
  std::uint64_t open_obligations = 0;
  // The latest end of their windows and of the windows in which no will may come; nothing if there
  // is none or only obligations that can never fall due.
  std::optional<Instant> latest_window_end;
  // When everything now open is decided if nothing more happens.
  std::optional<Instant> settles_at;
  std::uint64_t events = 0;
};

// One will that went wrong, or did not come, and why.
struct WillEntry {
  WillClass will_class{};
  DeviceId device = kNoDevice;
  ConnectionId connection = kNoConnection;
  Epoch epoch = 0;
  bool twin = false;
  std::string client_id;
  std::string topic;
  EndCause cause = EndCause::none;     // why a will is owed
  EndCause ended_by = EndCause::none;  // what happened at `ended_at`
  std::optional<Instant> ended_at;     // t_end
  std::optional<Instant> window_begins;
  std::optional<Instant> window_ends;
  std::optional<Instant> observed_at;
  FaultId fault = kNoFault;
  bool takeover = false;
  bool ghost = false;
  bool ambiguous = false;
  bool goodbye_swallowed = false;  // the broker never got its DISCONNECT
  std::string why;   // snake_case: a MissingCause, CensoredCause, DuplicateCause, or ""
  std::string line;  // the causal line
};

// A false offline of one device under one policy.
struct FalseOffline {
  std::size_t policy = 0;  // index into Totals::policies
  DeviceId device = kNoDevice;
  std::string client_id;
  Instant began_at{};
  std::optional<Instant> ended_at;  // nothing: it still stood when judging stopped
  Duration duration{};
  FaultId fault = kNoFault;
  std::string line;
};

enum class GuardKind : std::uint8_t {
  observer_gap,
  lag,
  events_dropped,
  events_out_of_order,
  broker_lost,
  voided,             // more than 1 % of the obligations
  phase_timeout,      // makes rules over that phase inconclusive
  fault_hit_nobody,   // makes rules over that fault inconclusive
  never_up,           // devices that were never up: a note; voids the run if all of them
  epoch_not_renewed,  // a note: policies that go by epochs were misled
  ended_early,        // a signal or a rule ended the run, and it is judged again
  undecided,          // a note: wills that were not due yet when judging stopped
  stranger,           // a note: connections of nobody in the fleet
};
inline constexpr std::size_t kGuardKindCount = static_cast<std::size_t>(GuardKind::stranger) + 1;
const char* to_text(GuardKind kind);

// A reason not to trust a figure.
struct Guard {
  GuardKind kind{};
  bool voids_run = false;  // every rule is inconclusive
  std::optional<PhaseId> phase;
  std::optional<FaultId> fault;
  std::string text;
};

// What happened in one step of the run's time.
struct SeriesPoint {
  std::int64_t up = 0;                    // devices that truly are, at the end of the step
  std::vector<std::int64_t> believed_on;  // by policy, at the end of the step
  std::uint64_t wills = 0;
  std::uint64_t reconnects = 0;
  std::vector<std::uint64_t> false_offlines;  // by policy, that began
};
struct Series {
  Duration step = 1s;  // doubled whenever kPointsMax is passed
  std::vector<SeriesPoint> points;
  static constexpr std::size_t kPointsMax = 7'200;
};

// When something was seen for the first time.
struct FirstSeen {
  std::array<std::optional<Instant>, kWillClassCount> by_class{};
  std::optional<Instant> takeover;
  std::optional<Instant> ghost;
  std::vector<std::optional<Instant>> false_offline;  // by policy
};

struct PhaseSpan {
  std::string name;
  Instant began_at{};
  std::optional<Instant> ended_at;
  bool timed_out = false;
};

struct Outcome {
  Totals totals;
  std::vector<WillEntry> wills;              // by class, the worst first
  std::vector<FalseOffline> false_offlines;  // by policy, the longest first
  std::vector<Guard> guards;
  FirstSeen first_seen;
  Series series;
  std::vector<PhaseSpan> phases;  // by PhaseId, as far as they began
  std::optional<Instant> judged_until;

  bool voided_by_guard() const;
};

// Follows every connection from CONNECT to its end, knows from the profile which will each end owes
// and when, matches them with what the observers saw, and lets the presence policies believe.
//
// Feed records in order; a record older than the one before it is judged at the time of that one
// and counted. Judging stops at DrainBegan; later records only move instrument figures.
//
// Threads:      one owner.
// Determinism:  same records, same verdicts; calls of advance() change when, never what.
// Limits:       kEntriesPerClassMax wills and kEpisodesPerPolicyMax false offlines in detail;
//               sixteen connections per device, and at most kRetiredMax in all, are remembered
//               after they are settled, to tell duplicates from strangers.
class Judge {
 public:
  // Copies what it needs. Requires: validate(scenario) is empty.
  Judge(const scenario::Scenario& scenario, const broker::Profile& profile);
  ~Judge();
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;

  void add(const journal::Record& record);
  // Before add() of records[at], if the ones behind it are known already: what they will need is
  // fetched. Changes nothing.
  void look_ahead(std::span<const journal::Record> records, std::size_t at) const;
  // No record older than this will come: closes windows and horizons, moves the live figures.
  void advance(Instant watermark);
  Progress progress() const;
  // Live; as of the last add() or advance(), but in virtual time those of the presence of many
  // devices up to a minute older, unless keep_presence_live() was called. Valid until the next
  // call.
  const Totals& totals() const;
  // Somebody judges by them before the end.
  void keep_presence_live();
  // The phases so far. Valid until the next call.
  const std::vector<PhaseSpan>& phases() const;
  // What cannot be trusted as of now.
  std::vector<Guard> guards() const;
  // After the last record, once. Judging stopped at DrainBegan, or stops at `now`.
  Outcome finish(Instant now);

  static constexpr std::size_t kEntriesPerClassMax = 200;
  static constexpr std::size_t kEpisodesPerPolicyMax = 250;
  static constexpr std::size_t kRetiredMax = 262'144;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probate::analysis
