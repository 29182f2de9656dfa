// The policies, the series and the traffic of result.json.
#include <cctype>

#include "core/device/actions.hpp"
#include "sim/report/result_json.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

using analysis::PresenceTotals;

json::object totals_json(const PresenceTotals& totals) {
  const auto seconds = [](analysis::Seconds sum) { return static_cast<double>(sum); };
  return {{"offline_declarations", totals.offline_declarations},
          {"suspicions", totals.suspicions},
          {"false_offlines", totals.false_offlines},
          {"false_offlines_over_flicker", totals.false_offlines_over_flicker},
          {"false_offlines_reach", totals.false_offlines_reach},
          {"false_offlines_after_quiet", totals.false_offlines_after_quiet},
          {"reconnects", totals.reconnects},
          {"reconnects_followed", totals.reconnects_followed},
          {"reconnects_followed_over_flicker", totals.reconnects_followed_over_flicker},
          {"disturbances", totals.disturbances},
          {"takeovers", totals.takeovers},
          {"devices", totals.devices},
          {"devices_hit", totals.devices_hit},
          {"outages", totals.outages},
          {"outages_foregone", totals.outages_foregone},
          {"outages_over_bound", totals.outages_over_bound},
          {"missed_offlines", totals.missed_offlines},
          {"unrecovered", totals.unrecovered},
          {"up_s", seconds(totals.up_seconds)},
          {"reach_s", seconds(totals.reach_seconds)},
          {"unknown_s", seconds(totals.unknown_seconds)},
          {"false_offline_s", seconds(totals.false_offline_seconds)},
          {"false_offline_reach_s", seconds(totals.false_offline_reach_seconds)},
          {"false_online_s", seconds(totals.false_online_seconds)},
          {"false_online_avoidable_s", seconds(totals.false_online_avoidable_seconds)},
          {"untold_s", seconds(totals.untold_seconds)},
          {"detection", histogram_json(totals.detection)},
          {"recovery", histogram_json(totals.recovery)},
          {"false_offline_duration", histogram_json(totals.false_offline_duration)},
          {"mistake_recurrence", histogram_json(totals.mistake_recurrence)},
          {"good_period", histogram_json(totals.good_period)}};
}

template <typename NameOf>
json::array split_json(const std::vector<PresenceTotals>& parts, NameOf name_of) {
  json::array out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    json::object part{{"name", name_of(i)}};
    for (auto& member : totals_json(parts[i])) part.insert(member);
    out.push_back(std::move(part));
  }
  return out;
}

json::array episodes_json(const RunReport& report, std::size_t policy) {
  json::array out;
  for (const analysis::FalseOffline& episode : report.outcome.false_offlines) {
    if (episode.policy != policy) continue;
    json::object entry{{"client_id", episode.client_id},
                       {"began_s", to_seconds(episode.began_at)},
                       {"ended_s", optional_json(episode.ended_at)},
                       {"duration_s", to_seconds(episode.duration)},
                       {"fault", report.fault_name(episode.fault)},
                       {"line", episode.line}};
    if (episode.device != kNoDevice) entry["device"] = episode.device.value;
    out.push_back(std::move(entry));
  }
  return out;
}

std::string lower(std::string word) {
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

json::object packets_json(const std::array<std::uint64_t, 16>& packets) {
  json::object out;
  for (std::size_t type = 1; type < packets.size(); ++type) {
    out[lower(mqtt::to_text(static_cast<mqtt::PacketType>(type)))] = packets[type];
  }
  return out;
}

json::object coarse_json(const journal::CoarseHistogram& histogram) {
  json::array buckets;
  for (const std::uint64_t count : histogram.buckets) buckets.emplace_back(count);
  return {{"count", histogram.count},
          {"sum_s", histogram.sum_seconds},
          {"max_s", histogram.max_seconds},
          {"counts", std::move(buckets)}};
}

template <typename Member>
json::array column(const std::vector<analysis::SeriesPoint>& points, Member member) {
  json::array out;
  for (const analysis::SeriesPoint& point : points) out.emplace_back(member(point));
  return out;
}

}  // namespace

json::array presence_json(const RunReport& report) {
  json::array out;
  const auto& policies = report.outcome.totals.policies;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const analysis::PolicyTotals& policy = policies[i];
    const auto group = [&](std::size_t k) {
      return k < report.groups.size() ? report.groups[k] : "none";
    };
    const auto fault = [&](std::size_t k) {
      return k < report.faults.size() ? report.faults[k] : "none";
    };
    const auto phase = [&](std::size_t k) {
      const auto& phases = report.outcome.phases;
      return k < phases.size() ? phases[k].name : "none";
    };
    out.push_back(json::object{{"policy", policy.label},
                               {"not_applicable", policy.not_applicable},
                               {"stale_wills", policy.stale_wills},
                               {"settling_s", to_seconds(policy.settling)},
                               {"all", totals_json(policy.all)},
                               {"by_group", split_json(policy.by_group, group)},
                               {"by_phase", split_json(policy.by_phase, phase)},
                               {"by_fault", split_json(policy.by_fault, fault)},
                               {"episodes", episodes_json(report, i)}});
  }
  return out;
}

json::object traffic_json(const RunReport& report) {
  const journal::LoopCounters& counters = report.counters;
  std::uint64_t connects = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t publishes = 0;
  std::uint64_t dropped = 0;
  std::array<std::uint64_t, 11> errors{};
  for (const journal::GroupCounters& group : counters.groups) {
    connects += group.connects;
    reconnects += group.reconnects;
    publishes += group.publishes;
    dropped += group.publishes_dropped;
    for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += group.connect_errors[i];
  }
  json::object connect_errors;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    connect_errors[device::to_text(static_cast<device::CloseCause>(i))] = errors[i];
  }
  const journal::LinkCounters& links = counters.links;
  json::array bounds;
  for (const double bound : journal::CoarseHistogram::kBounds) bounds.emplace_back(bound);
  return {{"connects", connects},
          {"reconnects", reconnects},
          {"connect_errors", std::move(connect_errors)},
          {"publishes", publishes},
          {"publishes_dropped", dropped},
          {"links_accepted", links.accepted},
          {"accept_errors", links.accept_errors},
          {"dial_errors", links.dial_errors},
          {"twin_logins", links.twin_logins},
          {"uplink_bytes", links.bytes[0]},
          {"downlink_bytes", links.bytes[1]},
          {"uplink_packets", packets_json(links.packets[0])},
          {"downlink_packets", packets_json(links.packets[1])},
          {"malformed", links.malformed[0] + links.malformed[1]},
          {"bucket_bounds_s", std::move(bounds)},
          {"connack", coarse_json(counters.connack)},
          {"schedule_lag", coarse_json(counters.schedule_lag)}};
}

json::object series_json(const RunReport& report) {
  using analysis::SeriesPoint;
  const analysis::Series& series = report.outcome.series;
  json::array policies;
  for (std::size_t i = 0; i < report.outcome.totals.policies.size(); ++i) {
    const auto believed = [i](const SeriesPoint& p) {
      return i < p.believed_on.size() ? p.believed_on[i] : 0;
    };
    const auto falsely = [i](const SeriesPoint& p) {
      return i < p.false_offlines.size() ? p.false_offlines[i] : 0;
    };
    policies.push_back(json::object{{"policy", report.outcome.totals.policies[i].label},
                                    {"believed_on", column(series.points, believed)},
                                    {"false_offlines", column(series.points, falsely)}});
  }
  return {{"step_s", to_seconds(series.step)},
          {"up", column(series.points, [](const SeriesPoint& p) { return p.up; })},
          {"wills", column(series.points, [](const SeriesPoint& p) { return p.wills; })},
          {"reconnects", column(series.points, [](const SeriesPoint& p) { return p.reconnects; })},
          {"policies", std::move(policies)}};
}

}  // namespace probate::report
