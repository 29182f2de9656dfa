// The judge's reasons not to trust what it found.
#include <algorithm>

#include <fmt/format.h>

#include "core/analysis/judge.hpp"
#include "core/analysis/judge_impl.hpp"
#include "core/base/text.hpp"

namespace probate::analysis {

namespace {

// More voided obligations than this and the run decides nothing.
constexpr double kVoidedShareMax = 0.01;

// Blind for more of the time than this and it decides nothing either: what must not come, and what
// a policy believed meanwhile, is no obligation that could be voided.
constexpr double kBlindShareMax = 0.01;

}  // namespace

const char* to_text(GuardKind kind) {
  switch (kind) {
    case GuardKind::observer_gap:
      return "observer_gap";
    case GuardKind::lag:
      return "lag";
    case GuardKind::events_dropped:
      return "events_dropped";
    case GuardKind::events_out_of_order:
      return "events_out_of_order";
    case GuardKind::broker_lost:
      return "broker_lost";
    case GuardKind::voided:
      return "voided";
    case GuardKind::phase_timeout:
      return "phase_timeout";
    case GuardKind::fault_hit_nobody:
      return "fault_hit_nobody";
    case GuardKind::never_up:
      return "never_up";
    case GuardKind::epoch_not_renewed:
      return "epoch_not_renewed";
    case GuardKind::ended_early:
      return "ended_early";
    case GuardKind::undecided:
      return "undecided";
    case GuardKind::stranger:
      return "stranger";
  }
  return "";
}

double Judge::Impl::blind_share() const {
  const Duration judged = judged_until_.value_or(now_) - kRunStart;
  if (judged <= Duration{}) return 0;
  return std::min(1.0, to_seconds(blind_) / to_seconds(judged));
}

double Judge::Impl::voided_share() const {
  const WillTotals& wills = tally_.totals.wills;
  const auto voided = wills.censored[static_cast<std::size_t>(CensoredCause::voided)];
  if (wills.expected == 0) return 0;
  return static_cast<double>(voided) / static_cast<double>(wills.expected);
}

std::vector<Guard> Judge::Impl::guards() const {
  std::vector<Guard> out;
  const Totals& totals = tally_.totals;
  const auto voids_run = [&](GuardKind kind, std::string text) {
    out.push_back({kind, true, std::nullopt, std::nullopt, std::move(text)});
  };
  if (totals.broker_lost)
    voids_run(GuardKind::broker_lost, "the broker was lost during the run: " + broker_lost_cause_);
  if (totals.events_dropped > 0) {
    voids_run(
        GuardKind::events_dropped,
        counted(totals.events_dropped, "journal record was", "journal records were") + " dropped");
  }
  if (totals.events_out_of_order > 0) {
    voids_run(GuardKind::events_out_of_order,
              counted(totals.events_out_of_order, "journal record was", "journal records were") +
                  " out of order");
  }
  const double share = voided_share();
  if (share > kVoidedShareMax) {
    voids_run(
        GuardKind::voided,
        fmt::format("{:.1f} % of the obligations fell where the instruments cannot be trusted",
                    share * 100));
  }
  // With nothing owed there is no share, and what should not have come may have been lost.
  const bool is_blind = totals.wills.expected == 0;
  const std::uint64_t gaps = totals.observers[0].gaps;
  if (gaps > 0) {
    const double blind = blind_share();
    out.push_back({GuardKind::observer_gap, is_blind || blind > kBlindShareMax, std::nullopt,
                   std::nullopt,
                   fmt::format("the back end's observer has {} and saw nothing for {:.1f} % of the "
                               "time",
                               counted(gaps, "gap", "gaps"), blind * 100)});
  }
  if (const std::uint64_t unproven = ledger_.unproven(); unproven > 0) {
    voids_run(GuardKind::observer_gap,
              fmt::format("the control observer was away while {} did not come: whether the broker "
                          "published {} nobody can tell",
                          counted(unproven, "will", "wills"), unproven == 1 ? "it" : "them"));
  }
  if (totals.lag_windows > 0) {
    out.push_back(
        {GuardKind::lag, is_blind, std::nullopt, std::nullopt,
         fmt::format("{} by more than half the allowance (p99 {})",
                     counted(totals.lag_windows, "window of 10 s lags", "windows of 10 s lag"),
                     probate::to_text(totals.lag_p99 - totals.lag_p99 % 1ms))});
  }
  guard_fleet(out);
  guard_wills(out);
  for (std::size_t i = 0; i < tally_.phases.size(); ++i) {
    if (!tally_.phases[i].timed_out) continue;
    const auto found = overdue_.find(i);
    out.push_back({GuardKind::phase_timeout, false, PhaseId{static_cast<std::uint16_t>(i)},
                   std::nullopt,
                   fmt::format("phase {} did not reach its end in time{}", tally_.phases[i].name,
                               found == overdue_.end() ? "" : ": " + found->second)});
  }
  guard_faults(out);
  return out;
}

// What the sums of wills do not say.
void Judge::Impl::guard_wills(std::vector<Guard>& out) const {
  const Totals& totals = tally_.totals;
  const auto not_due = totals.wills.censored[static_cast<std::size_t>(CensoredCause::not_due)];
  if (not_due > 0) {
    out.push_back({GuardKind::undecided, false, std::nullopt, std::nullopt,
                   fmt::format("{} of {} not due yet when judging stopped: nobody knows whether "
                               "they came (a last phase with `for: auto` waits for them)",
                               not_due, counted(totals.wills.expected, "will was", "wills were"))});
  }
  if (strangers_ > 0) {
    out.push_back({GuardKind::stranger, false, std::nullopt, std::nullopt,
                   fmt::format("{} through the proxy of nobody in the fleet: their wills count",
                               counted(strangers_, "connection was", "connections were"))});
  }
  if (totals.epochs_not_renewed > 0) {
    out.push_back({GuardKind::epoch_not_renewed, false, std::nullopt, std::nullopt,
                   fmt::format("{} connections announced the will of an earlier epoch again (first "
                               "{}): their epochs say nothing",
                               totals.epochs_not_renewed, tally_.first_old_epoch)});
  }
}

// What a device that was never up was owed, and what a policy made of it, nobody has tested.
void Judge::Impl::guard_fleet(std::vector<Guard>& out) const {
  const auto never = static_cast<std::uint64_t>(std::count_if(
      devices_.begin(), devices_.end(), [](const DeviceState& device) { return !device.was_up; }));
  // A proxy is ready for more devices than come; a log names only those that there were.
  if ((is_of_real_devices_ && !is_of_foreign_log_) || never == 0) return;
  std::string text = never == devices_.size()
                         ? std::string{"no device was ever connected"}
                         : fmt::format("{} of {} were never connected", never,
                                       counted(devices_.size(), "device", "devices"));
  if (is_of_foreign_log_) text += ", as far as this log tells";
  std::string refusals;
  for (const auto& [reason, count] : tally_.totals.refused) {
    refusals +=
        fmt::format("{}{} with reason 0x{:02x}", refusals.empty() ? "" : ", ", count, reason);
  }
  if (!refusals.empty()) text += "; the broker refused CONNECTs: " + refusals;
  out.push_back(
      {GuardKind::never_up, never == devices_.size(), std::nullopt, std::nullopt, std::move(text)});
}

void Judge::Impl::guard_faults(std::vector<Guard>& out) const {
  const auto& faults = tally_.totals.faults;
  // Nobody planned those by hand.
  const std::size_t planned = faults_.size() - (by_hand_ ? 1 : 0);
  const bool is_calm =
      planned > 0 && std::all_of(faults.begin(), faults.end(),
                                 [](const FaultTotals& fault) { return fault.injected == 0; });
  if (is_calm) {
    out.push_back({GuardKind::fault_hit_nobody, true, std::nullopt, std::nullopt,
                   "no fault hit anybody: nothing was put to the test"});
    return;
  }
  for (std::size_t i = 0; i < planned; ++i) {
    if (faults[i].injected > 0) continue;
    out.push_back({GuardKind::fault_hit_nobody, false, std::nullopt,
                   FaultId{static_cast<std::uint16_t>(i)},
                   fmt::format("fault {} hit nobody", faults_[i].name)});
  }
}

}  // namespace probate::analysis
