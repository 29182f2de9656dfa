// Totals of judges that judged different devices, added up.
#include <algorithm>

#include "core/analysis/totals.hpp"
#include "core/base/check.hpp"

namespace probate::analysis {

namespace {

template <typename T>
void merge_each(std::vector<T>& to, const std::vector<T>& from) {
  CHECK(to.size() == from.size());
  for (std::size_t i = 0; i < to.size(); ++i) to[i].merge(from[i]);
}

void merge_deviations(std::vector<DeviationTotals>& to, const std::vector<DeviationTotals>& from) {
  for (const DeviationTotals& more : from) {
    const auto known = std::find_if(to.begin(), to.end(),
                                    [&](const DeviationTotals& d) { return d.rule == more.rule; });
    if (known == to.end()) {
      to.push_back(more);
      continue;
    }
    known->count += more.count;
    known->first_at = std::min(known->first_at, more.first_at);
  }
  std::sort(to.begin(), to.end(), [](const DeviationTotals& a, const DeviationTotals& b) {
    return a.first_at != b.first_at ? a.first_at < b.first_at : a.rule < b.rule;
  });
}

}  // namespace

void PresenceTotals::merge(const PresenceTotals& other) {
  using P = PresenceTotals;
  for (const auto count : {&P::offline_declarations, &P::suspicions, &P::false_offlines,
                           &P::false_offlines_over_flicker, &P::reconnects, &P::reconnects_followed,
                           &P::reconnects_followed_over_flicker, &P::outages, &P::outages_foregone,
                           &P::outages_over_bound, &P::missed_offlines, &P::unrecovered,
                           &P::false_offlines_reach, &P::false_offlines_after_quiet,
                           &P::disturbances, &P::takeovers, &P::devices, &P::devices_hit}) {
    this->*count += other.*count;
  }
  for (const auto time : {&P::up_seconds, &P::unknown_seconds, &P::false_offline_seconds,
                          &P::false_online_seconds, &P::false_online_avoidable_seconds,
                          &P::untold_seconds, &P::reach_seconds, &P::false_offline_reach_seconds}) {
    this->*time += other.*time;
  }
  for (const auto histogram : {&P::detection, &P::recovery, &P::false_offline_duration,
                               &P::mistake_recurrence, &P::good_period}) {
    (this->*histogram).merge(other.*histogram);
  }
}

void PolicyTotals::merge(const PolicyTotals& other) {
  CHECK(label == other.label);
  // Whether the journal had broker events, each shard knows of its own part.
  if (other.not_applicable.empty()) not_applicable.clear();
  all.merge(other.all);
  merge_each(by_group, other.by_group);
  merge_each(by_phase, other.by_phase);
  merge_each(by_fault, other.by_fault);
  pending += other.pending;
  stale_wills += other.stale_wills;
  settling = std::max(settling, other.settling);
  quiet.insert(quiet.end(), other.quiet.begin(), other.quiet.end());
  trim_quiet();
}

void PolicyTotals::trim_quiet() {
  std::sort(quiet.begin(), quiet.end());
  if (quiet.size() <= kQuietMistakesMax) return;
  quiet.erase(quiet.begin(), quiet.end() - static_cast<std::ptrdiff_t>(kQuietMistakesMax));
}

void PolicyTotals::count_quiet(std::optional<Instant> last_disturbance) {
  const auto forget = [](PresenceTotals& totals) { totals.false_offlines_after_quiet = 0; };
  forget(all);
  std::for_each(by_group.begin(), by_group.end(), forget);
  std::for_each(by_phase.begin(), by_phase.end(), forget);
  std::for_each(by_fault.begin(), by_fault.end(), forget);
  if (last_disturbance) {
    std::erase_if(quiet, [&](const QuietMistake& m) { return m.began <= *last_disturbance; });
  }
  for (const QuietMistake& mistake : quiet) {
    if (last_disturbance && mistake.began <= saturating_add(*last_disturbance, settling)) continue;
    ++all.false_offlines_after_quiet;
    ++by_group[mistake.group].false_offlines_after_quiet;
    ++by_phase[mistake.phase].false_offlines_after_quiet;
    ++by_fault[mistake.fault].false_offlines_after_quiet;
  }
}

void Totals::merge(const Totals& other) {
  wills.merge(other.wills);
  merge_each(wills_by_fault, other.wills_by_fault);
  merge_each(wills_by_group, other.wills_by_group);
  merge_each(wills_by_phase, other.wills_by_phase);
  retained_copies += other.retained_copies;
  sightings_voided += other.sightings_voided;
  for (const auto& [reason, count] : other.refused) refused[reason] += count;
  epochs_not_renewed += other.epochs_not_renewed;
  merge_acl(other.acl);
  merge_deviations(deviations, other.deviations);
  takeovers_injected += other.takeovers_injected;
  takeovers_organic += other.takeovers_organic;
  CHECK(faults.size() == other.faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    faults[i].injected += other.faults[i].injected;
    for (const auto& [reason, count] : other.faults[i].skipped) faults[i].skipped[reason] += count;
    faults[i].active += other.faults[i].active;
  }
  devices_up += other.devices_up;
  merge_each(policies, other.policies);
  if (other.last_disturbance) {
    last_disturbance = std::max(last_disturbance.value_or(kRunStart), *other.last_disturbance);
  }
  for (PolicyTotals& policy : policies) policy.count_quiet(last_disturbance);
  for (std::size_t i = 0; i < observers.size(); ++i) {
    observers[i].up = observers[i].up && other.observers[i].up;
    observers[i].gaps += other.observers[i].gaps;
  }
  events += other.events;
  events_dropped += other.events_dropped;
  events_out_of_order += other.events_out_of_order;
  lag_p99 = std::max(lag_p99, other.lag_p99);
  lag_max = std::max(lag_max, other.lag_max);
  lag_windows += other.lag_windows;
  broker_lost = broker_lost || other.broker_lost;
  phase_timeouts = std::max(phase_timeouts, other.phase_timeouts);
}

}  // namespace probate::analysis
