#include "sim/report/result_checks.hpp"

#include <array>
#include <numeric>
#include <string>

#include <fmt/format.h>

namespace probate::report {
namespace {

using namespace analysis;

// What is counted among something else cannot be more.
void check_part(const JsonFields& fields, std::string_view part, std::uint64_t count,
                std::uint64_t whole) {
  if (count > whole) fields.complain(part, fmt::format("at most {}, of which it is a part", whole));
}

template <typename Counts>
std::uint64_t sum_of(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void check_sum(const JsonFields& fields, std::string_view key, std::uint64_t count,
               std::uint64_t sum, std::string_view of_what) {
  if (count != sum) fields.complain(key, fmt::format("{}, the sum of its {}", sum, of_what));
}

// Sums of microseconds, read from decimals.
void check_seconds(const JsonFields& fields, std::string_view part, double seconds, double whole) {
  constexpr double kRounding = 1e-6;
  if (seconds > whole * (1 + kRounding) + kRounding) {
    fields.complain(part, fmt::format("at most {}, of which it is a part", whole));
  }
}

struct PresenceCount {
  const char* key;
  std::uint64_t PresenceTotals::*count;
  bool adds_up_by_group = true;
  bool adds_up_by_fault = true;
};
constexpr std::array<PresenceCount, 17> kPresenceCounts{{
    {"offline_declarations", &PresenceTotals::offline_declarations},
    {"suspicions", &PresenceTotals::suspicions},
    {"false_offlines", &PresenceTotals::false_offlines},
    {"false_offlines_over_flicker", &PresenceTotals::false_offlines_over_flicker},
    {"false_offlines_reach", &PresenceTotals::false_offlines_reach},
    {"false_offlines_after_quiet", &PresenceTotals::false_offlines_after_quiet},
    {"reconnects", &PresenceTotals::reconnects},
    {"reconnects_followed", &PresenceTotals::reconnects_followed},
    {"reconnects_followed_over_flicker", &PresenceTotals::reconnects_followed_over_flicker},
    // A restart of the broker strikes no device.
    {"disturbances", &PresenceTotals::disturbances, false},
    {"takeovers", &PresenceTotals::takeovers},
    // Of the whole run and by group only.
    {"devices", &PresenceTotals::devices, true, false},
    {"devices_hit", &PresenceTotals::devices_hit, true, false},
    {"outages", &PresenceTotals::outages},
    {"outages_over_bound", &PresenceTotals::outages_over_bound},
    {"missed_offlines", &PresenceTotals::missed_offlines},
    {"unrecovered", &PresenceTotals::unrecovered},
}};

const char* key_of(Split split) {
  switch (split) {
    case Split::by_group:
      return "by_group";
    case Split::by_fault:
      return "by_fault";
    case Split::by_phase:
      return "by_phase";
  }
  return "";
}

}  // namespace

void check(const JsonFields& fields, const WillTotals& wills) {
  const std::uint64_t filled = wills.filled();
  const std::uint64_t owed = filled + wills[WillClass::missing] + wills[WillClass::censored];
  const std::uint64_t seen = filled + wills[WillClass::duplicate] + wills[WillClass::spurious] +
                             wills[WillClass::wrong_epoch] + wills[WillClass::unattributed];
  check_sum(fields, "expected", wills.expected, owed, "classes");
  check_sum(fields, "observed", wills.observed, seen, "classes");
  const JsonFields classes = fields.object("by_class");
  check_sum(classes, "missing", wills[WillClass::missing], sum_of(wills.missing), "causes");
  check_sum(classes, "censored", wills[WillClass::censored], sum_of(wills.censored), "causes");
  check_sum(classes, "duplicate", wills[WillClass::duplicate], sum_of(wills.duplicates), "causes");
  if (sum_of(wills.filled_by_cause) != filled) {
    fields.complain("filled_by_cause",
                    fmt::format("counts that add up to {}, its true, early and late", filled));
  }
  check_part(fields, "takeover", wills.takeover, filled);
  check_part(fields, "ghost", wills.ghost, wills.observed);
  check_part(fields, "ambiguous", wills.ambiguous, wills.observed);
  check_part(fields.object("delay"), "count", wills.delay.count(), filled);
  check_part(fields.object("lateness"), "count", wills.lateness.count(), filled);
}

void check(const JsonFields& fields, const PresenceTotals& totals) {
  const auto part = [&fields](std::string_view key, std::uint64_t count, std::uint64_t whole) {
    check_part(fields, key, count, whole);
  };
  part("false_offlines", totals.false_offlines, totals.offline_declarations);
  part("suspicions", totals.suspicions, totals.offline_declarations);
  part("false_offlines_over_flicker", totals.false_offlines_over_flicker, totals.false_offlines);
  part("false_offlines_after_quiet", totals.false_offlines_after_quiet, totals.false_offlines);
  part("reconnects_followed", totals.reconnects_followed, totals.reconnects);
  part("reconnects_followed", totals.reconnects_followed, totals.false_offlines);
  part("reconnects_followed_over_flicker", totals.reconnects_followed_over_flicker,
       totals.reconnects_followed);
  part("outages_foregone", totals.outages_foregone, totals.outages);
  part("outages_over_bound", totals.outages_over_bound, totals.outages);
  part("missed_offlines", totals.missed_offlines, totals.outages_over_bound);
  part("unrecovered", totals.unrecovered, totals.outages);
  part("devices_hit", totals.devices_hit, totals.devices);
  part("devices_hit", totals.devices_hit, totals.false_offlines);
  if (totals.false_offlines > 0 && totals.devices_hit == 0) {
    fields.complain("devices_hit", "1 or more, since there are false offlines");
  }
  const auto samples = [&fields](std::string_view key, const Histogram& histogram,
                                 std::uint64_t whole) {
    check_part(fields.object(key), "count", histogram.count(), whole);
  };
  samples("detection", totals.detection, totals.outages);
  samples("recovery", totals.recovery, totals.outages);
  samples("false_offline_duration", totals.false_offline_duration, totals.false_offlines);
  samples("mistake_recurrence", totals.mistake_recurrence, totals.false_offlines);
  samples("good_period", totals.good_period, totals.false_offlines);
  check_seconds(fields, "reach_s", totals.reach_seconds, totals.up_seconds);
  check_seconds(fields, "unknown_s", totals.unknown_seconds, totals.up_seconds);
  check_seconds(fields, "false_offline_s", totals.false_offline_seconds, totals.up_seconds);
  check_seconds(fields, "false_offline_reach_s", totals.false_offline_reach_seconds,
                totals.reach_seconds);
  check_seconds(fields, "false_online_avoidable_s", totals.false_online_avoidable_seconds,
                totals.false_online_seconds);
}

void check_parts(const JsonFields& fields, std::string_view key, const WillTotals& all,
                 const std::vector<WillTotals>& parts) {
  if (parts.empty()) return;
  const JsonFields whole = fields.object("all");
  const std::string of_what = fmt::format("parts in {}", key);
  const auto add_up = [&](const auto& count_of) {
    std::uint64_t sum = 0;
    for (const WillTotals& part : parts) sum += count_of(part);
    return sum;
  };
  check_sum(whole, "expected", all.expected,
            add_up([](const WillTotals& part) { return part.expected; }), of_what);
  check_sum(whole, "observed", all.observed,
            add_up([](const WillTotals& part) { return part.observed; }), of_what);
  for (std::size_t i = 0; i < kWillClassCount; ++i) {
    check_sum(whole.object("by_class"), analysis::to_text(static_cast<WillClass>(i)),
              all.by_class[i], add_up([i](const WillTotals& part) { return part.by_class[i]; }),
              of_what);
  }
}

void check_parts(const JsonFields& fields, Split split, const PresenceTotals& all,
                 const std::vector<PresenceTotals>& parts) {
  if (parts.empty()) return;
  const JsonFields whole = fields.object("all");
  const std::string of_what = fmt::format("parts in {}", key_of(split));
  for (const PresenceCount& each : kPresenceCounts) {
    std::uint64_t sum = 0;
    for (const PresenceTotals& part : parts) sum += part.*each.count;
    const bool adds_up = split == Split::by_group   ? each.adds_up_by_group
                         : split == Split::by_fault ? each.adds_up_by_fault
                                                    : false;
    if (adds_up) check_sum(whole, each.key, all.*each.count, sum, of_what);
    // What is of no phase stands in none.
    if (sum > all.*each.count) {
      whole.complain(each.key, fmt::format("at least {}, the sum of its {}", sum, of_what));
    }
  }
}

}  // namespace probate::report
