// The wills of result.json: sums, then each that went wrong.
#include <fmt/format.h>

#include "sim/report/result_json.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

using analysis::WillClass;
using analysis::WillTotals;

template <typename E, std::size_t kSize>
json::object by_word(const std::array<std::uint64_t, kSize>& counts) {
  json::object out;
  for (std::size_t i = 0; i < kSize; ++i) {
    out[analysis::to_text(static_cast<E>(i))] = counts[i];
  }
  return out;
}

json::object totals_json(const WillTotals& wills) {
  return {{"expected", wills.expected},
          {"observed", wills.observed},
          {"by_class", by_word<WillClass>(wills.by_class)},
          {"missing", by_word<analysis::MissingCause>(wills.missing)},
          {"censored", by_word<analysis::CensoredCause>(wills.censored)},
          {"no_will", by_word<analysis::NoWill>(wills.no_will)},
          {"duplicates", by_word<analysis::DuplicateCause>(wills.duplicates)},
          {"filled_by_cause", by_word<analysis::EndCause>(wills.filled_by_cause)},
          {"takeover", wills.takeover},
          {"ghost", wills.ghost},
          {"ambiguous", wills.ambiguous},
          {"delay", histogram_json(wills.delay)},
          {"lateness", histogram_json(wills.lateness)}};
}

json::object named_totals(const std::string& name, const WillTotals& wills) {
  json::object out{{"name", name}};
  for (auto& member : totals_json(wills)) out.insert(member);
  return out;
}

std::string name_at(const std::vector<std::string>& names, std::size_t index) {
  return index < names.size() ? names[index] : "none";
}

json::object entry_json(const RunReport& report, const analysis::WillEntry& entry) {
  json::object out{{"class", to_text(entry.will_class)},
                   {"client_id", entry.client_id},
                   {"epoch", entry.epoch},
                   {"twin", entry.twin},
                   {"topic", entry.topic},
                   {"cause", to_text(entry.cause)},
                   {"why", entry.why},
                   {"fault", report.fault_name(entry.fault)},
                   {"ended_s", optional_json(entry.ended_at)},
                   {"window_begins_s", optional_json(entry.window_begins)},
                   {"window_ends_s", optional_json(entry.window_ends)},
                   {"observed_s", optional_json(entry.observed_at)},
                   {"takeover", entry.takeover},
                   {"ghost", entry.ghost},
                   {"ambiguous", entry.ambiguous},
                   {"line", entry.line}};
  if (entry.device != kNoDevice) out["device"] = entry.device.value;
  return out;
}

}  // namespace

json::object wills_json(const RunReport& report) {
  const analysis::Totals& totals = report.outcome.totals;
  json::array by_fault;
  for (std::size_t i = 0; i < totals.wills_by_fault.size(); ++i) {
    by_fault.push_back(named_totals(name_at(report.faults, i), totals.wills_by_fault[i]));
  }
  json::array by_group;
  for (std::size_t i = 0; i < totals.wills_by_group.size(); ++i) {
    by_group.push_back(named_totals(name_at(report.groups, i), totals.wills_by_group[i]));
  }
  json::array by_phase;
  for (std::size_t i = 0; i < totals.wills_by_phase.size(); ++i) {
    const auto& phases = report.outcome.phases;
    const std::string name = i < phases.size() ? phases[i].name : "none";
    by_phase.push_back(named_totals(name, totals.wills_by_phase[i]));
  }
  json::object refused;
  for (const auto& [reason, count] : totals.refused) {
    refused[fmt::format("0x{:02x}", reason)] = count;
  }
  json::array entries;
  for (const auto& entry : report.outcome.wills) entries.push_back(entry_json(report, entry));
  return {{"all", totals_json(totals.wills)},
          {"by_fault", std::move(by_fault)},
          {"by_group", std::move(by_group)},
          {"by_phase", std::move(by_phase)},
          {"retained_copies", totals.retained_copies},
          {"sightings_voided", totals.sightings_voided},
          {"refused", std::move(refused)},
          {"epochs_not_renewed", totals.epochs_not_renewed},
          {"entries", std::move(entries)}};
}

}  // namespace probate::report
