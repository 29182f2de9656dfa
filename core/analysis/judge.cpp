#include "core/analysis/judge.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/analysis/foreign.hpp"
#include "core/analysis/judge_impl.hpp"
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/journal/engines.hpp"
#include "core/scenario/filters.hpp"

namespace probate::analysis {

namespace {

// How far apart an observer's markers are (docs/verdicts.md).
constexpr Duration kMarkerInterval = 1s;

std::vector<std::string> all_filters(const scenario::Scenario& scenario) {
  std::vector<std::string> filters = scenario::will_filters(scenario);
  for (std::string& filter : scenario::birth_filters(scenario)) filters.push_back(filter);
  for (std::string& filter : scenario::message_filters(scenario)) filters.push_back(filter);
  return filters;
}

LedgerRules rules_of(const scenario::Scenario& scenario, const broker::Profile& profile) {
  LedgerRules rules{scenario.judge.allowance,
                    scenario.judge.horizon,
                    scenario.broker.publishes_wills,
                    profile.delay_head_of_line,
                    all_filters(scenario),
                    profile.will_acl,
                    {},
                    {}};
  if (profile.keep_alive.batch_max > 0) {
    rules.close_share = profile.keep_alive.batch_interval / profile.keep_alive.batch_max;
  }
  for (const scenario::GroupSpec& group : scenario.fleet) {
    const auto& will = scenario.devices[group.device].will;
    rules.epoch_in_will.push_back(
        will && (will->topic.uses(Placeholder::epoch) || will->payload.uses(Placeholder::epoch)));
  }
  return rules;
}

broker::Profile read_as(broker::Profile profile, std::optional<broker::Reading> reading) {
  if (reading) profile.takeover.reading = *reading;
  return profile;
}

}  // namespace

bool Outcome::voided_by_guard() const {
  return std::any_of(guards.begin(), guards.end(), [](const Guard& g) { return g.voids_run; });
}

Judge::Judge(const scenario::Scenario& scenario, const broker::Profile& profile)
    : impl_{std::make_unique<Impl>(scenario, profile)} {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

void Judge::add(const journal::Record& record) { impl_->add(record); }
void Judge::advance(Instant watermark) { impl_->advance(watermark); }
Progress Judge::progress() const { return impl_->progress(); }
const Totals& Judge::totals() const { return impl_->totals(); }
void Judge::keep_presence_live() { impl_->keep_presence_live(); }
const std::vector<PhaseSpan>& Judge::phases() const { return impl_->phases(); }
std::vector<Guard> Judge::guards() const { return impl_->guards(); }
Outcome Judge::finish(Instant now) { return impl_->finish(now); }

namespace {

// What devices and links do while the run is drained is nobody's obligation any more.
bool is_of_a_link(const journal::Body& body) {
  return std::holds_alternative<journal::ConnectForwarded>(body) ||
         std::holds_alternative<journal::ConnackReceived>(body) ||
         std::holds_alternative<journal::SessionUp>(body) ||
         std::holds_alternative<journal::DisconnectForwarded>(body) ||
         std::holds_alternative<journal::DisconnectReceived>(body) ||
         std::holds_alternative<journal::ConnectRepeated>(body) ||
         std::holds_alternative<journal::SilenceBegan>(body) ||
         std::holds_alternative<journal::SilenceEnded>(body) ||
         std::holds_alternative<journal::LegClosed>(body);
}

}  // namespace

Judge::Impl::Impl(const scenario::Scenario& scenario, const broker::Profile& profile)
    : rules_{scenario.judge},
      faults_{scenario.faults},
      by_hand_{scenario.faults_by_hand},
      phases_{scenario.phases},
      oracle_{read_as(profile, scenario.judge.takeover_reading)},
      tally_{scenario},
      names_{scenario},
      connections_{names_, kRetiredMax},
      devices_(tally_.fleet_size()),
      current_of_device_(tally_.fleet_size(), kNoSlot),
      ledger_{rules_of(scenario, profile), connections_, tally_, current_of_device_},
      presence_{scenario, tally_, names_},
      active_faults_{tally_.fleet_size()},
      lingering_max_{Ledger::retired_max_of(devices_.size())} {
  ledger_.set_listener([this](Instant at, DeviceId device, EndCause cause, bool is_ghost) {
    presence_.handle_will(at, device, cause, is_ghost);
  });
}

void Judge::Impl::add(const journal::Record& record) {
  if (record.at < now_) {
    ++tally_.totals.events_out_of_order;
  } else {
    now_ = record.at;
  }
  ++tally_.totals.events;
  if (!judged_until_) run_until(now_);
  if (judged_until_ && is_of_a_link(record.body)) return;
  std::visit([this](const auto& body) { handle(now_, body); }, record.body);
  if (tally_.totals.events % kSettleEvery == 0) settle_presence();
}

void Judge::Impl::advance(Instant watermark) {
  now_ = std::max(now_, watermark);
  if (judged_until_) return;
  run_until(now_);
  // Of many that wait, most still do after a few records more. Who shows them does not mind.
  const std::uint64_t since = tally_.totals.events - settled_at_event_;
  const std::size_t restless = presence_.restless();
  const bool is_soon = since < restless && now_ - settled_at_ < kSettleAfter;
  if (!is_presence_live_ && is_in_virtual_time_ && restless > kRestlessMany && is_soon) return;
  settle_presence();
}

void Judge::Impl::run_until(Instant now) {
  forget_lingering(now);
  ledger_.run_until(now);
  presence_.run_until(now);
}

void Judge::Impl::settle_presence() {
  if (judged_until_) return;
  settled_at_event_ = tally_.totals.events;
  settled_at_ = now_;
  // What a will was may still change what its time means.
  const Instant decided = std::min(now_, ledger_.undecided_since());
  presence_.settle_all([this, decided](DeviceId device) { return settled_before(device, decided); },
                       [this](DeviceId device, Fetch what) { prefetch(device, what); });
  presence_.refresh(now_);
}

Instant Judge::Impl::settled_before(DeviceId device, Instant limit) const {
  for (Slot slot = devices_[device.index()].unanswered; slot != kNoSlot;
       slot = connections_[slot].next_unanswered) {
    limit = std::min(limit, connections_[slot].forwarded);
  }
  const Slot current = current_of_device_[device.index()];
  if (current == kNoSlot) return limit;
  // The broker goes down and publishes its will before it closes the connection.
  if (restart_ && restart_->is_down) limit = std::min(limit, restart_->stopped);
  // Whether it was silent since its last packet is known at its end, as told by its keep-alive.
  if (is_of_real_devices_ && connections_[current].terms->keep_alive > Duration{}) {
    const Instant heard = heard_by_.empty() ? kRunStart : heard_by_[device.index()];
    limit = std::min(limit, std::max(connections_[current].forwarded, heard));
  }
  // A CONNECT of another device with its ClientID may yet turn out to have taken it over.
  const Slot challenger = connections_.challenger_of(current);
  if (challenger != kNoSlot) limit = std::min(limit, connections_[challenger].forwarded);
  return std::min(limit, connections_[current].silent_since());
}

Progress Judge::Impl::progress() const {
  Progress progress;
  progress.events = tally_.totals.events;
  if (!judged_until_) ledger_.add_to(progress);
  return progress;
}

void Judge::Impl::stop(Instant at) {
  if (judged_until_) return;
  run_until(at);
  for (Slot slot = 0; slot < connections_.slots(); ++slot) {
    const Connection& c = connections_[slot];
    if (!c.in_client_list || !c.is_awaited()) continue;
    // Read at once or never, for all that is known.
    perhaps_take_over(slot, c.forwarded, c.forwarded);
  }
  ledger_.stop(at);
  if (backend_lost_at_ && !is_away_for_restart(journal::Observer::backend)) {
    note_blind(*backend_lost_at_, at);
  }
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    devices_[i].unanswered = kNoSlot;
    const Slot current = current_of_device_[i];
    if (current != kNoSlot && connections_[current].challenged_by() != kNoSlot) {
      end(current, connections_[current].broker_leg_closed_at(), EndCause::broker_close);
      continue;
    }
    // A silence that stands when judging stops is taken for one that does not heal.
    if (current != kNoSlot && connections_[current].silent_since() != kNever) {
      end(current, at, EndCause::silence);
    }
  }
  presence_.settle_all([at](DeviceId) { return saturating_add(at, 1ns); }, [](DeviceId, Fetch) {});
  presence_.stop(at);
  judged_until_ = at;
}

void Judge::Impl::handle(Instant, const journal::RunBegan& record) {
  is_of_foreign_log_ = record.engine == ForeignLog::kEngine;
  is_in_virtual_time_ = record.engine == journal::kVirtualEngine;
  is_of_real_devices_ = is_of_foreign_log_ || record.engine == journal::kProxyEngine;
  ledger_.know_every_message(!is_of_real_devices_);
  if (is_of_real_devices_ && !is_of_foreign_log_) heard_by_.resize(devices_.size());
}

void Judge::Impl::handle(Instant at, const journal::PhaseBegan& record) {
  while (tally_.phases.size() <= record.phase.index()) {
    tally_.phases.push_back({"", at, std::nullopt, false});
    presence_.handle_phase(at);
  }
  tally_.phases[record.phase.index()].name = record.name;
}

namespace {

// What a phase waited for in vain, and what to do.
std::string why_overdue(const scenario::PhaseSpec& spec, const Progress& progress) {
  if (const auto* online = std::get_if<scenario::UntilOnline>(&spec.end)) {
    return fmt::format(
        "less than {:g} % of the fleet was online at once within {}; give it a longer timeout, or "
        "ask for less",
        online->share * 100, probate::to_text(online->timeout));
  }
  const auto* settles = std::get_if<scenario::ForAuto>(&spec.end);
  if (settles == nullptr) return "its time was not enough";
  std::string text = probate::to_text(settles->at_most);
  if (progress.open_obligations == 0) {
    return fmt::format(
        "nothing was open after {}, but something had been shortly before; give it "
        "a longer at_most",
        text);
  }
  text = fmt::format("{} still open after {}", counted(progress.open_obligations, "will", "wills"),
                     text);
  if (progress.settles_at) {
    text += fmt::format(", the last to be decided at {}", probate::to_text(*progress.settles_at));
  }
  return text + "; give it a longer at_most, or shorter keep-alives and will delays";
}

}  // namespace

void Judge::Impl::handle(Instant at, const journal::PhaseEnded& record) {
  if (record.timed_out) ++tally_.totals.phase_timeouts;
  if (record.phase.index() >= tally_.phases.size()) return;
  PhaseSpan& phase = tally_.phases[record.phase.index()];
  phase.ended_at = at;
  phase.timed_out = record.timed_out;
  const std::size_t index = record.phase.index();
  if (record.timed_out && index < phases_.size()) {
    overdue_[index] = why_overdue(phases_[index], progress());
  }
}

void Judge::Impl::handle(Instant at, const journal::DrainBegan&) { stop(at); }
void Judge::Impl::handle(Instant at, const journal::RunEnded&) { stop(at); }

void Judge::Impl::handle(Instant at, const journal::FaultApplied& record) {
  if (!tally_.known(record.fault)) return;
  presence_.handle_disturbance(at, record.device, record.fault, true);
  const std::size_t slice = tally_.fault_slice(record.fault);
  FaultTotals& totals = tally_.totals.faults[slice];
  ++totals.injected;
  // A drop is over as soon as it has happened.
  const bool is_lasting = !std::holds_alternative<fault::Drop>(faults_[slice].what);
  if (is_lasting && active_faults_.insert(record.fault, record.device)) {
    ++totals.active;
  }
  Slot slot = connections_.find(record.connection);
  if (is_of_fleet(record.device)) {
    devices_[record.device.index()].last_fault = record.fault;
    if (slot == kNoSlot) slot = current_of_device_[record.device.index()];
  }
  if (slot != kNoSlot) connections_[slot].fault = record.fault;
}

void Judge::Impl::handle(Instant, const journal::FaultSkipped& record) {
  if (!tally_.known(record.fault)) return;
  ++tally_.totals.faults[tally_.fault_slice(record.fault)].skipped[record.reason];
}

void Judge::Impl::handle(Instant at, const journal::FaultHealed& record) {
  if (!tally_.known(record.fault)) return;
  presence_.handle_disturbance(at, record.device, record.fault, false);
  if (!active_faults_.erase(record.fault, record.device)) return;
  --tally_.totals.faults[tally_.fault_slice(record.fault)].active;
}

void Judge::Impl::handle(Instant at, const journal::Observed& record) {
  if (judged_until_) return;
  ledger_.see(at, record);
  if (is_of_foreign_log_) note_sign_of_life(at, record);
  if (record.observer != journal::Observer::backend) return;
  presence_.handle_heard(at,
                         {record.device, record.kind, record.epoch, record.retain, record.bdseq});
}

void Judge::Impl::handle(Instant at, const journal::BrokerEvent& record) {
  if (!judged_until_) presence_.handle_broker_event(at, record);
}

void Judge::Impl::handle(Instant at, const journal::ObserverUp& record) {
  const auto which = static_cast<std::size_t>(record.observer);
  tally_.totals.observers[which].up = true;
  const bool was_for_restart = is_away_for_restart(record.observer);
  if (was_for_restart) restart_->is_back[which] = true;
  if (record.observer != journal::Observer::backend) {
    ledger_.close_control_void(at);
    return;
  }
  ledger_.set_backend_filters(record.filters);
  if (!backend_lost_at_) return;
  ledger_.close_void();
  if (!was_for_restart) note_blind(*backend_lost_at_, at);
  ledger_.void_window(*backend_lost_at_, at,
                      was_for_restart ? CensoredCause::broker_restart : CensoredCause::voided);
  backend_lost_at_.reset();
}

void Judge::Impl::handle(Instant at, const journal::ObserverLost& record) {
  ObserverTotals& observer = tally_.totals.observers[static_cast<std::size_t>(record.observer)];
  observer.up = false;
  // Once nothing is judged any more, observers go home.
  if (judged_until_) return;
  const bool is_for_restart = is_away_for_restart(record.observer);
  // That it has no broker for a while is what the fault is about.
  if (!is_for_restart) ++observer.gaps;
  if (record.observer != journal::Observer::backend) {
    if (!is_for_restart) ledger_.open_control_void(at);
    return;
  }
  if (backend_lost_at_) return;
  backend_lost_at_ = is_for_restart ? restart_->stopped : at;
  ledger_.open_void(*backend_lost_at_,
                    is_for_restart ? CensoredCause::broker_restart : CensoredCause::voided);
}

void Judge::Impl::handle(Instant at, const journal::ObserverGap& record) {
  if (judged_until_ && record.from >= *judged_until_) return;
  const auto which = static_cast<std::size_t>(record.observer);
  Instant until = judged_until_ ? std::min(at, *judged_until_) : at;
  if (is_away_for_restart(record.observer)) {
    // The marker that was under way when the broker went down is no sign of anything before.
    if (record.from >= restart_->stopped - kMarkerInterval - rules_.allowance) return;
    until = restart_->stopped;
  }
  // One marker after the other that does not come is one gap.
  if (record.from > gap_until_[which]) ++tally_.totals.observers[which].gaps;
  gap_until_[which] = std::max(gap_until_[which], until);
  if (record.observer != journal::Observer::backend) {
    ledger_.void_control(record.from, until);
    return;
  }
  note_blind(record.from, until);
  ledger_.void_window(record.from, until);
}

void Judge::Impl::note_blind(Instant from, Instant until) {
  blind_ += std::max(until - std::max(from, blind_until_), Duration{});
  blind_until_ = std::max(blind_until_, until);
}

void Judge::Impl::handle(Instant at, const journal::GeneratorLag& record) {
  if (judged_until_ && record.from >= *judged_until_) return;
  tally_.totals.lag_p99 = std::max(tally_.totals.lag_p99, record.p99);
  tally_.totals.lag_max = std::max(tally_.totals.lag_max, record.max);
  if (record.p99 <= rules_.allowance / 2) return;
  ++tally_.totals.lag_windows;
  ledger_.void_window(record.from, at);
}

void Judge::Impl::handle(Instant, const journal::EventsDropped& record) {
  tally_.totals.events_dropped += record.count;
}

void Judge::Impl::handle(Instant at, const journal::BrokerLost& record) {
  if (judged_until_) return;
  tally_.totals.broker_lost = true;
  broker_lost_cause_ = record.cause;
  ledger_.handle_broker_lost(at);
  rule_broker_ended(at, record.how);
}

Outcome Judge::Impl::finish(Instant now) {
  now_ = std::max(now_, now);
  stop(now_);
  ledger_.check_sums();
  CHECK(tally_.totals.wills.open == 0 && tally_.totals.wills.undecided == 0);
  Outcome outcome;
  outcome.totals = tally_.totals;
  outcome.wills = tally_.entries();
  outcome.false_offlines = presence_.episodes();
  outcome.guards = guards();
  outcome.first_seen = tally_.first_seen;
  outcome.series = tally_.series.finish(*judged_until_);
  outcome.phases = tally_.phases;
  outcome.judged_until = judged_until_;
  return outcome;
}

}  // namespace probate::analysis
