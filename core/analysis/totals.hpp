// Every number a run is judged by: what metrics export, gates compare and reports print.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/analysis/histogram.hpp"
#include "core/analysis/seconds.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"

namespace probate::analysis {

// What became of an obligation, or what an observed will was. The first five are classes of
// obligations; all but `missing` and `censored` are classes of observed wills. docs/verdicts.md.
enum class WillClass : std::uint8_t {
  in_time,  // "true": seen in its window
  early,
  late,
  missing,
  censored,
  duplicate,
  spurious,
  wrong_epoch,
  unattributed,
};
inline constexpr std::size_t kWillClassCount = 9;
// "true", "early", …: the words of metrics and gates.
const char* to_text(WillClass will_class);

enum class MissingCause : std::uint8_t {
  broker,          // the control observer lacks it too
  observer_loss,   // the control observer has it: we lost it
  topic_mismatch,  // no filter of the back end matches the will's topic
  broker_no_will,  // the scenario says that this broker publishes none
  broker_crash,    // the broker died first
  acl,             // this broker throws wills away that its ACL denies, and all of this topic are
};
inline constexpr std::size_t kMissingCauseCount = 6;
const char* to_text(MissingCause cause);

enum class CensoredCause : std::uint8_t {
  not_due,         // judging stopped before it was overdue
  never_due,       // silent with keep-alive 0: nothing makes the broker notice
  voided,          // the instruments cannot be trusted in its window
  broker_restart,  // a fault had the broker down in its window: nobody could have seen it
};
inline constexpr std::size_t kCensoredCauseCount = 4;
const char* to_text(CensoredCause cause);

// Why a connection that is over (or silent) has no will to show. Answers "why do I get no will?".
enum class NoWill : std::uint8_t {
  not_announced,        // its CONNECT carried none
  never_accepted,       // no CONNACK with reason 0
  graceful,             // DISCONNECT came first
  cancelled_by_resume,  // 5.0: the session went on before the delay was over
  takeover,             // a takeover for which this broker publishes none
  error_reason,         // 5.0: DISCONNECT with a reason for which this broker publishes none
  protocol_error,       // after which this broker publishes none
  broker_down,          // shut down, whereupon this broker publishes none
  permitted,            // the specification leaves it open, and none came
  not_due,
  never_due,
  voided,
  missing,  // due and not seen; MissingCause says more
};
inline constexpr std::size_t kNoWillCount = 13;
const char* to_text(NoWill reason);

enum class DuplicateCause : std::uint8_t {
  dup_flag,   // QoS 1 redelivery
  overlap,    // several subscriptions of ours: a copy at once
  republish,  // the broker sent it twice
};
inline constexpr std::size_t kDuplicateCauseCount = 3;
const char* to_text(DuplicateCause cause);

// How a connection came to its end, as far as wills are concerned.
enum class EndCause : std::uint8_t {
  none,  // it has not
  disconnect,
  device_fin,
  device_rst,
  proxy_cut,
  silence,  // the broker finds out by keep-alive
  takeover,
  broker_close,
};
inline constexpr std::size_t kEndCauseCount = 8;
const char* to_text(EndCause cause);

// Obligations and observed wills. In every finished run
//   expected == in_time + early + late + missing + censored, and
//   observed == in_time + early + late + duplicate + spurious + wrong_epoch + unattributed;
// both sides are counted apart. While it runs, `open` obligations stand between. A count can move
// to another class: a will after its horizon turns missing into late, an observer gap that is
// reported afterwards turns missing, late or early into censored.
struct WillTotals {
  std::uint64_t expected = 0;
  std::uint64_t observed = 0;
  std::array<std::uint64_t, kWillClassCount> by_class{};
  std::uint64_t open = 0;       // obligations without a class yet
  std::uint64_t undecided = 0;  // observed wills without a class yet (at most a second each)

  std::array<std::uint64_t, kMissingCauseCount> missing{};
  std::array<std::uint64_t, kCensoredCauseCount> censored{};
  std::array<std::uint64_t, kNoWillCount> no_will{};
  std::array<std::uint64_t, kDuplicateCauseCount> duplicates{};
  std::array<std::uint64_t, kEndCauseCount> filled_by_cause{};  // true + early + late

  std::uint64_t takeover = 0;   // flag: the old connection's will, published at a takeover
  std::uint64_t ghost = 0;      // flag: seen while its device was up again with a later epoch
  std::uint64_t ambiguous = 0;  // flag: the bytes could not decide which connection's it was

  Histogram delay;     // t_o − t_end of true, early and late wills
  Histogram lateness;  // t_o − b of true and late wills, 0 if within the window

  std::uint64_t& operator[](WillClass c) { return by_class[static_cast<std::size_t>(c)]; }
  std::uint64_t operator[](WillClass c) const { return by_class[static_cast<std::size_t>(c)]; }
  // true + early + late.
  std::uint64_t filled() const;
  void merge(const WillTotals& other);
  bool operator==(const WillTotals&) const = default;
};

// What one presence policy believed against what was true (docs/verdicts.md). A
// *mistake* is a false offline longer than 0.
struct PresenceTotals {
  std::uint64_t offline_declarations = 0;
  std::uint64_t suspicions = 0;                   // of them: only because nothing was heard
  std::uint64_t false_offlines = 0;               // longer than 0
  std::uint64_t false_offlines_over_flicker = 0;  // longer than judge.flicker
  std::uint64_t reconnects = 0;                   // accepted, not the device's first
  std::uint64_t reconnects_followed = 0;  // by ≥ 1 false offline before that connection's end
  std::uint64_t reconnects_followed_over_flicker = 0;
  std::uint64_t outages = 0;
  std::uint64_t outages_foregone = 0;    // it believed OFF before they began, and until their end
  std::uint64_t outages_over_bound = 0;  // longer than the profile's detection bound
  std::uint64_t missed_offlines = 0;     // of those over the bound: never believed OFF
  std::uint64_t unrecovered = 0;         // down again, or judging over, before it was believed ON
  // Against REACH, which a stall interrupts, instead of UP, which it does not.
  std::uint64_t false_offlines_reach = 0;
  // Begun after the last disturbance of the run and the time to settle from it.
  std::uint64_t false_offlines_after_quiet = 0;
  std::uint64_t disturbances = 0;  // faults applied to its devices
  std::uint64_t takeovers = 0;     // of connections of its devices
  // Of the whole run and by group only.
  std::uint64_t devices = 0;      // that were ever up
  std::uint64_t devices_hit = 0;  // of them: with ≥ 1 false offline

  Seconds up_seconds;
  Seconds unknown_seconds;        // of UP time: belief unknown
  Seconds false_offline_seconds;  // started in UP
  Seconds false_online_seconds;
  Seconds false_online_avoidable_seconds;  // beyond the detection bound of each
                                           // finished outage
  // Of every outage: until the offline that it was told by and that held; all of it if there was
  // none, or if it was believed OFF before.
  Seconds untold_seconds;
  Seconds reach_seconds;
  Seconds false_offline_reach_seconds;

  Histogram detection;  // T_D, 0 of an outage foregone
  Histogram recovery;
  Histogram false_offline_duration;  // T_M, of the finished ones
  Histogram mistake_recurrence;      // T_MR, from one mistake's begin to the next,
                                     // of a device's UP
  Histogram good_period;             // T_G = T_MR − T_M

  double device_hours() const { return up_seconds / 3600; }
  // P_A: the share of the time up in which a query is not answered "offline". 1
  // if there is none.
  double query_accuracy() const {
    return up_seconds > 0 ? 1 - false_offline_seconds / up_seconds : 1;
  }
  void merge(const PresenceTotals& other);
  bool operator==(const PresenceTotals&) const = default;
};

// Outages that it told by an offline of its own, however short they were.
std::uint64_t outages_told(const PresenceTotals& totals);
// Of those. Requires: there are any.
Duration detection_percentile(const PresenceTotals& totals, double p);

// A mistake that no disturbance has followed yet, and where it counts.
struct QuietMistake {
  Instant began{};
  std::uint16_t group = 0;
  std::uint16_t phase = 0;
  std::uint16_t fault = 0;
  auto operator<=>(const QuietMistake&) const = default;
};

struct PolicyTotals {
  std::string label;           // "naive", "debounce_10s"
  std::string not_applicable;  // why, "" if it was judged
  PresenceTotals all;
  std::vector<PresenceTotals> by_group;  // by GroupId
  std::vector<PresenceTotals> by_phase;  // by PhaseId; events by the phase they begin in
  std::vector<PresenceTotals> by_fault;  // by FaultId, last: none; no up_seconds
  std::uint64_t pending = 0;      // gauge: OFF declared, and whether falsely is not decided yet
  std::uint64_t stale_wills = 0;  // ignored, because not about the connection it knows
  Duration settling{};            // its slowest detection bound: what quiet begins after
  // Since the last disturbance, ascending; at most kQuietMistakesMax, the
  // latest.
  std::vector<QuietMistake> quiet;
  static constexpr std::size_t kQuietMistakesMax = 65'536;

  // Requires: the same policy of the same scenario.
  void merge(const PolicyTotals& other);
  // Sorts `quiet` and keeps the latest.
  void trim_quiet();
  // Fills false_offlines_after_quiet from `quiet`.
  void count_quiet(std::optional<Instant> last_disturbance);
  bool operator==(const PolicyTotals&) const = default;
};

struct FaultTotals {
  std::uint64_t injected = 0;
  std::map<std::string, std::uint64_t> skipped;  // by reason
  std::uint64_t active = 0;                      // gauge
  bool operator==(const FaultTotals&) const = default;
};

struct DeviationTotals {
  std::string rule;       // snake_case: "takeover_kept_to_kept"
  std::string statement;  // "MQTT-3.1.2-8"
  std::string sentence;   // what was required and what came
  std::uint64_t count = 0;
  Instant first_at{};
  bool operator==(const DeviationTotals&) const = default;
};

struct ObserverTotals {
  bool up = false;
  std::uint64_t gaps = 0;  // markers missed, and losses
  bool operator==(const ObserverTotals&) const = default;
};

// What was seen of one will topic, to tell an ACL from wills that got lost.
struct WillTopicFacts {
  using Share = std::tuple<std::size_t, std::size_t, std::size_t>;  // group, fault, phase slice
  bool was_seen = false;                   // anything at all, by any observer
  std::map<Share, std::uint64_t> missing;  // by the broker
  bool blamed = false;                     // `missing` is counted as the ACL's
  std::uint64_t missing_count() const;
  bool operator==(const WillTopicFacts&) const = default;
};
// Filled when judging stops, if the broker holds will topics against its ACL at publication only.
struct AclFacts {
  std::map<std::uint64_t, WillTopicFacts> topics;  // by the topic's hash
  bool operator==(const AclFacts&) const = default;
  // Missing wills on a topic where nothing was ever seen, before an ACL is concluded.
  static constexpr std::uint64_t kWitnessesMin = 3;
};

struct Totals {
  WillTotals wills;
  std::vector<WillTotals> wills_by_fault;         // by FaultId, last: none
  std::vector<WillTotals> wills_by_group;         // by GroupId, last: not of this fleet
  std::vector<WillTotals> wills_by_phase;         // by PhaseId of the connection's end
  std::uint64_t retained_copies = 0;              // RETAIN=1: state, never events
  std::uint64_t sightings_voided = 0;             // taken out of `observed` with their obligation
  std::map<std::uint8_t, std::uint64_t> refused;  // CONNECTs, by the reason of their CONNACK
  std::uint64_t epochs_not_renewed = 0;  // connections that announced an earlier one's will again
  AclFacts acl;

  std::vector<DeviationTotals> deviations;  // in the order of their first
  std::uint64_t takeovers_injected = 0;     // a twin is on either side
  std::uint64_t takeovers_organic = 0;
  std::vector<FaultTotals> faults;  // by FaultId

  std::uint64_t devices_up = 0;  // gauge, settled
  std::vector<PolicyTotals> policies;
  std::optional<Instant> last_disturbance;  // a fault applied or healed

  std::array<ObserverTotals, 2> observers{};  // by journal::Observer
  std::uint64_t events = 0;                   // records judged
  std::uint64_t events_dropped = 0;
  std::uint64_t events_out_of_order = 0;
  Duration lag_p99{};  // the worst window's
  Duration lag_max{};
  std::uint64_t lag_windows = 0;  // with p99 above λ/2
  bool broker_lost = false;
  std::uint64_t phase_timeouts = 0;

  // Adds what a judge of other devices of the same scenario found: exactly what one judge of all
  // would have, but for what is concluded from the wills of many devices (MissingCause::acl,
  // Deviation::delay_head_of_line). What the run itself says (phases, lag, losses) is the worst of
  // both; deviations stand in the order of their first, then by rule.
  void merge(const Totals& other);
  // A broker that throws away wills which its ACL denies says nothing. It is concluded for topics
  // on which nothing at all was ever seen, of several missing wills, while something came on
  // others.
  void conclude_acl();
  bool operator==(const Totals&) const = default;

 private:
  void merge_acl(const AclFacts& other);
};

}  // namespace probate::analysis
