// A run's report with something in every place.
#pragma once

#include "sim/report/run_report.hpp"

namespace probate::report::sample {

using analysis::WillClass;
using analysis::gate::RuleResult;
using analysis::gate::RuleStatus;
using analysis::gate::Unit;

inline RuleResult rule(std::string name, std::string expect, RuleStatus status) {
  RuleResult rule;
  rule.name = std::move(name);
  rule.expect = std::move(expect);
  rule.status = status;
  return rule;
}

inline std::vector<RuleResult> rules() {
  RuleResult missing = rule("no-missing-wills", "wills_missing == 0", RuleStatus::pass);
  missing.value = 0;
  missing.relation = "==";
  missing.samples = 612;
  missing.file = "scenarios/will-on-return.yaml";
  missing.line = 41;
  RuleResult late = rule("wills-in-time", "p99(will_lateness) < 2s", RuleStatus::pass);
  late.per = "group city";
  late.value = 0.412;
  late.relation = "<";
  late.limit = 2;
  late.unit = Unit::seconds;
  late.samples = 610;
  RuleResult falsely =
      rule("no-false-offline", "false_offline_ratio{policy=naive} < 0.5%", RuleStatus::fail);
  falsely.value = 13.0 / 612;
  falsely.bound = 0.0336;
  falsely.relation = "<";
  falsely.limit = 0.005;
  falsely.unit = Unit::ratio;
  falsely.numerator = 13;
  falsely.denominator = 612;
  falsely.samples = 612;
  falsely.reason = "13 of 612 reconnects were followed by a false offline";
  falsely.file = "scenarios/will-on-return.yaml";
  falsely.line = 43;
  falsely.offenders = {
      "meter-00412: silent from +301.2 s (half_open) → back at +333.0 s, same ClientID → takeover "
      "will at +333.0 s → birth at +333.1 s: naive believed OFF for 0.1 s"};
  RuleResult warned = rule("storm", "reconnect_peak < 100/s", RuleStatus::warn);
  warned.severity = scenario::Severity::warn;
  warned.value = 240;
  warned.relation = "<";
  warned.limit = 100;
  warned.unit = Unit::per_second;
  RuleResult open =
      rule("twins", "wills_true{fault=twins} between 5 and 9", RuleStatus::inconclusive);
  open.relation = "between";
  open.limit = 5;
  open.limit_high = 9;
  open.reason = "the fault twins hit nobody";
  open.file = "rules.yaml";
  open.line = 45;
  return {missing, late, falsely, warned, open};
}

inline analysis::WillTotals wills(std::uint64_t scale) {
  analysis::WillTotals wills;
  wills.expected = 6 * scale;
  wills.observed = 7 * scale;
  wills[WillClass::in_time] = 4 * scale;
  wills[WillClass::late] = scale;
  wills[WillClass::missing] = scale;
  wills[WillClass::duplicate] = 2 * scale;
  wills.missing[0] = scale;
  wills.no_will[2] = 3 * scale;
  wills.duplicates[2] = 2 * scale;
  wills.filled_by_cause[6] = 5 * scale;
  wills.takeover = 3 * scale;
  wills.ghost = scale;
  for (std::uint64_t i = 0; i < 5 * scale; ++i) wills.delay.add(1s * static_cast<int>(i % 9));
  for (std::uint64_t i = 0; i < 5 * scale; ++i) wills.lateness.add(7ms * static_cast<int>(i % 5));
  return wills;
}

inline analysis::PolicyTotals policy(std::string label, std::uint64_t false_offlines) {
  analysis::PolicyTotals policy;
  policy.label = std::move(label);
  policy.all.offline_declarations = 40;
  policy.all.false_offlines = false_offlines;
  policy.all.reconnects = 612;
  policy.all.reconnects_followed = false_offlines;
  policy.all.suspicions = 3;
  policy.all.outages = 2;
  policy.all.false_offlines_reach = 2;
  policy.all.false_offlines_after_quiet = std::min<std::uint64_t>(false_offlines, 1);
  policy.all.disturbances = 30;
  policy.all.takeovers = 21;
  policy.all.devices = 400;
  policy.all.devices_hit = std::min<std::uint64_t>(false_offlines, 4);
  policy.all.reach_seconds = 19000;
  policy.all.false_offline_reach_seconds = 2.5;
  if (false_offlines > 1) {
    policy.all.mistake_recurrence.add(40s);
    policy.all.good_period.add(36s);
  }
  policy.stale_wills = 9;
  policy.settling = 22100ms;
  policy.all.up_seconds = 20000;
  policy.all.false_offline_seconds = 3.5 * static_cast<double>(false_offlines);
  policy.all.detection.add(2s);
  policy.all.detection.add(15s);
  policy.by_group = {policy.all, {}};
  policy.by_fault = {policy.all, {}, {}};
  policy.by_phase = {policy.all};
  return policy;
}

inline void add_details(analysis::Outcome& outcome) {
  analysis::WillEntry entry;
  entry.will_class = WillClass::missing;
  entry.device = {17};
  entry.client_id = "meter-00017";
  entry.epoch = 2;
  entry.topic = "/willmsg";
  entry.cause = analysis::EndCause::silence;
  entry.ended_at = kRunStart + 100s;
  entry.window_begins = kRunStart + 115s;
  entry.window_ends = kRunStart + 121s;
  entry.fault = {0};
  entry.why = "broker";
  entry.line = "meter-00017: silent from +100.0 s (half_open) → due by +121.0 s → no will";
  outcome.wills.push_back(entry);
  analysis::FalseOffline episode;
  episode.device = {412};
  episode.client_id = "meter-00412";
  episode.began_at = kRunStart + 333s;
  episode.ended_at = kRunStart + 333100ms;
  episode.duration = 100ms;
  episode.fault = {0};
  episode.line = rules()[2].offenders[0];
  outcome.false_offlines.push_back(episode);
  analysis::Guard guard;
  guard.kind = analysis::GuardKind::fault_hit_nobody;
  guard.fault = FaultId{1};
  guard.phase = PhaseId{0};
  guard.text = "the fault twins hit nobody: 20 devices were skipped, all of them not_online";
  outcome.guards.push_back(guard);
  outcome.phases = {{"storm", kRunStart + 3s, kRunStart + 40s, false}};
  outcome.series.points.resize(3);
  for (auto& point : outcome.series.points) {
    point.up = 500;
    point.believed_on = {499, 500};
    point.false_offlines = {1, 0};
  }
  outcome.judged_until = kRunStart + 60s;
}

inline analysis::Outcome outcome() {
  analysis::Outcome outcome;
  analysis::Totals& totals = outcome.totals;
  totals.wills = wills(100);
  totals.wills_by_fault = {wills(60), wills(30), wills(10)};
  totals.wills_by_group = {wills(80), wills(20), wills(0)};
  totals.wills_by_phase = {wills(100)};
  totals.policies = {policy("naive", 13), policy("debounce_10s", 0)};
  analysis::PolicyTotals not_applicable;
  not_applicable.label = "epoch";
  not_applicable.not_applicable = "the will payload carries no {epoch}";
  totals.policies.push_back(not_applicable);
  totals.faults.resize(2);
  totals.faults[0].injected = 60;
  totals.faults[0].skipped["not_online"] = 2;
  totals.takeovers_organic = 300;
  totals.deviations = {{"takeover_kept_to_kept", "MQTT-3.1.2-8",
                        "a takeover with clean session 0 on both sides owes the old will, and this "
                        "broker publishes none",
                        12, kRunStart + 12s}};
  totals.observers = {analysis::ObserverTotals{true, 0}, analysis::ObserverTotals{true, 1}};
  totals.events = 12345;
  totals.lag_p99 = 3ms;
  add_details(outcome);
  return outcome;
}

inline RunReport report() {
  RunReport report;
  report.verdict = Verdict::fail;
  report.exit_code = 3;
  report.scenario = "will-on-return";
  report.about = "The link dies silently; the device comes back before the keep-alive runs out.";
  report.recipe.file = "scenarios/will-on-return.yaml";
  report.seed = 7;
  report.digest = "3b1f9c";
  report.groups = {"city", "rural"};
  report.group_sizes = {400, 100};
  report.faults = {"gone-and-back", "twins"};
  report.program = "0.1.0";
  report.engine = "live";
  report.broker = "mosquitto version 2.0.11";
  report.profile = "mosquitto-2.0.11";
  report.fidelity = "segment";
  report.started_at = 1793613600;
  report.ended_at = 1793613672.5;
  report.repeat = "./build/release/probate run scenarios/will-on-return.yaml --seed 7";
  report.host = {"Linux 6.1.0 x86_64", 2, 25769803776, 20000};
  report.rules = rules();
  report.outcome = outcome();
  report.counters.groups.resize(2);
  report.counters.groups[0].connects = 1112;
  report.counters.links.bytes = {100000, 50000};
  report.counters.connack.add(3ms);
  return report;
}

}  // namespace probate::report::sample
