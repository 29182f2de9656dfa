#include "sim/report/result_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <system_error>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/journal/doubled_key.hpp"
#include "sim/report/json_fields.hpp"
#include "sim/report/result_checks.hpp"
#include "sim/report/result_json.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;
using namespace analysis;

WillTotals read_wills(const JsonFields& fields) {
  WillTotals wills;
  wills.expected = fields.count("expected");
  wills.observed = fields.count("observed");
  wills.by_class = fields.counts<WillClass, kWillClassCount>("by_class");
  wills.missing = fields.counts<MissingCause, kMissingCauseCount>("missing");
  wills.censored = fields.counts<CensoredCause, kCensoredCauseCount>("censored");
  wills.no_will = fields.counts<NoWill, kNoWillCount>("no_will");
  wills.duplicates = fields.counts<DuplicateCause, kDuplicateCauseCount>("duplicates");
  wills.filled_by_cause = fields.counts<EndCause, kEndCauseCount>("filled_by_cause");
  wills.takeover = fields.count("takeover");
  wills.ghost = fields.count("ghost");
  wills.ambiguous = fields.count("ambiguous");
  wills.delay = fields.histogram("delay");
  wills.lateness = fields.histogram("lateness");
  check(fields, wills);
  return wills;
}

PresenceTotals read_presence(const JsonFields& fields) {
  PresenceTotals totals;
  totals.offline_declarations = fields.count("offline_declarations");
  totals.suspicions = fields.count("suspicions");
  totals.false_offlines = fields.count("false_offlines");
  totals.false_offlines_over_flicker = fields.count("false_offlines_over_flicker");
  totals.false_offlines_reach = fields.count("false_offlines_reach");
  totals.false_offlines_after_quiet = fields.count("false_offlines_after_quiet");
  totals.disturbances = fields.count("disturbances");
  totals.takeovers = fields.count("takeovers");
  totals.devices = fields.count("devices");
  totals.devices_hit = fields.count("devices_hit");
  totals.reconnects = fields.count("reconnects");
  totals.reconnects_followed = fields.count("reconnects_followed");
  totals.reconnects_followed_over_flicker = fields.count("reconnects_followed_over_flicker");
  totals.outages = fields.count("outages");
  if (fields.has("outages_foregone")) {  // results of older programs have neither
    totals.outages_foregone = fields.count("outages_foregone");
    totals.untold_seconds = fields.sum_of_seconds("untold_s");
  }
  totals.outages_over_bound = fields.count("outages_over_bound");
  totals.missed_offlines = fields.count("missed_offlines");
  totals.unrecovered = fields.count("unrecovered");
  totals.up_seconds = fields.sum_of_seconds("up_s");
  totals.reach_seconds = fields.sum_of_seconds("reach_s");
  totals.false_offline_reach_seconds = fields.sum_of_seconds("false_offline_reach_s");
  totals.unknown_seconds = fields.sum_of_seconds("unknown_s");
  totals.false_offline_seconds = fields.sum_of_seconds("false_offline_s");
  totals.false_online_seconds = fields.sum_of_seconds("false_online_s");
  totals.false_online_avoidable_seconds = fields.sum_of_seconds("false_online_avoidable_s");
  totals.detection = fields.histogram("detection");
  totals.recovery = fields.histogram("recovery");
  totals.false_offline_duration = fields.histogram("false_offline_duration");
  totals.mistake_recurrence = fields.histogram("mistake_recurrence");
  totals.good_period = fields.histogram("good_period");
  return totals;
}

// Of the whole run or a group.
PresenceTotals read_whole_presence(const JsonFields& fields) {
  PresenceTotals totals = read_presence(fields);
  check(fields, totals);
  return totals;
}

template <typename T, typename Read>
std::vector<T> read_parts(const JsonFields& fields, std::string_view key, Read read) {
  std::vector<T> parts;
  fields.each(key, [&](const JsonFields& part) { parts.push_back(read(part)); });
  return parts;
}

std::vector<std::string> read_texts(const JsonFields& fields, std::string_view key) {
  std::vector<std::string> texts;
  if (!fields.has(key)) return texts;
  const json::array* items = fields.array(key);
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    const json::string* text = (*items)[i].if_string();
    if (text == nullptr) {
      fields.complain(key, "a list of texts");
      return texts;
    }
    texts.emplace_back(text->data(), text->size());
  }
  return texts;
}

journal::Recipe read_recipe(const JsonFields& scenario) {
  journal::Recipe recipe;
  recipe.file = scenario.text("file");
  if (scenario.has("text")) recipe.text = scenario.text("text");
  if (scenario.has("time_scale")) recipe.time_scale = scenario.number("time_scale");
  if (scenario.has("faults_by_hand")) recipe.faults_by_hand = scenario.boolean("faults_by_hand");
  recipe.overrides = read_texts(scenario, "overrides");
  recipe.variables = read_texts(scenario, "variables");
  if (!scenario.has("files")) return recipe;
  const JsonFields files = scenario.object("files");
  if (files.members() == nullptr) return recipe;
  for (const auto& file : *files.members()) recipe.files[file.key()] = files.text(file.key());
  return recipe;
}

void read_head(const JsonFields& root, StoredResult& result) {
  result.verdict = root.text("verdict");
  result.reason = root.text("reason");
  result.program = root.text("program");
  const JsonFields scenario = root.object("scenario");
  result.scenario = scenario.text("name");
  result.recipe = read_recipe(scenario);
  result.seed = scenario.count("seed");
  result.digest = scenario.text("digest");
  scenario.each("groups", [&](const JsonFields& group) {
    result.groups.push_back(group.text("name"));
    result.group_sizes.push_back(static_cast<std::uint32_t>(group.count("devices")));
  });
  scenario.each("phases", [&](const JsonFields& phase) {
    result.outcome.phases.push_back({phase.text("name"), Instant{phase.seconds("began_s")},
                                     phase.instant_or_null("ended_s"), phase.boolean("timed_out")});
  });
  const JsonFields run = root.object("run");
  result.engine = run.text("engine");
  result.broker = run.text("broker");
  result.profile = run.text("profile");
  if (run.has("fidelity")) result.fidelity = run.text("fidelity");
  result.outcome.judged_until = run.instant_or_null("judged_until_s");
  if (result.outcome.judged_until.value_or(kRunStart) < kRunStart) {
    run.complain("judged_until_s", "a time since the start of the run, 0 or more");
  }
}

template <typename Names>
std::optional<std::size_t> position(const Names& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Guard read_guard(const JsonFields& fields, const StoredResult& result) {
  Guard guard;
  guard.voids_run = fields.boolean("voids_run");
  guard.text = fields.text("text");
  const std::string kind = fields.text("kind");
  const auto is_named = [&](std::size_t index) {
    return kind == to_text(static_cast<GuardKind>(index));
  };
  std::size_t known = 0;
  while (known < kGuardKindCount && !is_named(known)) ++known;
  // A reason of a newer version that is not known here is a reason all the same.
  guard.kind = known == kGuardKindCount ? GuardKind::voided : static_cast<GuardKind>(known);
  if (fields.has("phase")) {
    std::vector<std::string> phases;
    for (const PhaseSpan& phase : result.outcome.phases) phases.push_back(phase.name);
    const auto index = position(phases, fields.text("phase"));
    if (!index) fields.complain("phase", "the name of a phase");
    guard.phase = PhaseId{static_cast<std::uint16_t>(index.value_or(0))};
  }
  if (fields.has("fault")) {
    const auto index = position(result.faults, fields.text("fault"));
    if (!index) fields.complain("fault", "the name of a fault");
    guard.fault = FaultId{static_cast<std::uint16_t>(index.value_or(0))};
  }
  return guard;
}

void read_faults(const JsonFields& root, StoredResult& result) {
  root.each("faults", [&](const JsonFields& fields) {
    FaultTotals totals;
    totals.injected = fields.count("injected");
    const JsonFields skipped = fields.object("skipped");
    if (skipped.members() != nullptr) {
      for (const auto& member : *skipped.members()) {
        totals.skipped[std::string{member.key()}] = skipped.count(member.key());
      }
    }
    result.faults.push_back(fields.text("name"));
    result.outcome.totals.faults.push_back(std::move(totals));
  });
}

void read_instruments(const JsonFields& root, Totals& totals) {
  const JsonFields takeovers = root.object("takeovers");
  totals.takeovers_injected = takeovers.count("injected");
  totals.takeovers_organic = takeovers.count("organic");
  root.each("deviations", [&](const JsonFields& deviation) {
    totals.deviations.push_back({deviation.text("rule"), deviation.text("statement"),
                                 deviation.text("sentence"), deviation.count("count"),
                                 Instant{deviation.seconds("first_s")}});
  });
  const JsonFields instruments = root.object("instruments");
  const JsonFields observers = instruments.object("observers");
  constexpr std::array<const char*, 2> kObservers{"backend", "control"};
  for (std::size_t i = 0; i < kObservers.size(); ++i) {
    const JsonFields observer = observers.object(kObservers[i]);
    totals.observers[i] = {observer.boolean("up"), observer.count("gaps")};
  }
  totals.events = instruments.count("events");
  totals.events_dropped = instruments.count("events_dropped");
  totals.events_out_of_order = instruments.count("events_out_of_order");
  totals.lag_p99 = instruments.seconds("lag_p99_s");
  totals.lag_max = instruments.seconds("lag_max_s");
  totals.lag_windows = instruments.count("lag_windows");
  totals.broker_lost = instruments.boolean("broker_lost");
  totals.phase_timeouts = instruments.count("phase_timeouts");
}

void read_figures(const JsonFields& root, StoredResult& result) {
  Totals& totals = result.outcome.totals;
  const JsonFields wills = root.object("wills");
  totals.wills = read_wills(wills.object("all"));
  totals.wills_by_fault = read_parts<WillTotals>(wills, "by_fault", read_wills);
  totals.wills_by_group = read_parts<WillTotals>(wills, "by_group", read_wills);
  totals.wills_by_phase = read_parts<WillTotals>(wills, "by_phase", read_wills);
  check_parts(wills, "by_fault", totals.wills, totals.wills_by_fault);
  check_parts(wills, "by_group", totals.wills, totals.wills_by_group);
  check_parts(wills, "by_phase", totals.wills, totals.wills_by_phase);
  totals.retained_copies = wills.count("retained_copies");
  totals.sightings_voided = wills.count("sightings_voided");
  root.each("presence", [&](const JsonFields& fields) {
    PolicyTotals policy;
    policy.label = fields.text("policy");
    policy.not_applicable = fields.text("not_applicable");
    policy.stale_wills = fields.count("stale_wills");
    policy.settling = fields.seconds("settling_s");
    policy.all = read_whole_presence(fields.object("all"));
    policy.by_group = read_parts<PresenceTotals>(fields, "by_group", read_whole_presence);
    policy.by_phase = read_parts<PresenceTotals>(fields, "by_phase", read_presence);
    policy.by_fault = read_parts<PresenceTotals>(fields, "by_fault", read_presence);
    check_parts(fields, Split::by_group, policy.all, policy.by_group);
    check_parts(fields, Split::by_phase, policy.all, policy.by_phase);
    check_parts(fields, Split::by_fault, policy.all, policy.by_fault);
    totals.policies.push_back(std::move(policy));
  });
  root.each("rules", [&](const JsonFields& rule) {
    result.rules.push_back({rule.text("name"), rule.text("per"), rule.text("status")});
  });
}

// The line and column of a byte.
ReadError error_at(const std::string& path, std::string_view text, std::size_t offset,
                   std::string message) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  return {path, lines + 1, offset - line_begin + 1, std::move(message), false};
}

}  // namespace

Result<StoredResult, ReadError> parse_result(const std::string& text, const std::string& path) {
  json::parse_options options;
  options.max_depth = 32;
  json::stream_parser parser{{}, options};
  json::error_code error;
  std::size_t consumed = parser.write_some(text.data(), text.size(), error);
  if (!error && consumed < text.size()) {
    const std::size_t rest = text.find_first_not_of(" \t\r\n", consumed);
    if (rest != std::string::npos) {
      return Failure{error_at(path, text, rest, "something follows the result")};
    }
  }
  if (!error) parser.finish(error);
  if (error) {
    return Failure{error_at(path, text, consumed, "this is no JSON: " + error.message())};
  }
  const json::value document = parser.release();
  if (const auto doubled = journal::find_doubled_key(text, document)) {
    return Failure{error_at(path, text, doubled->offset,
                            fmt::format("key \"{}\" is given twice", doubled->key))};
  }
  const auto fail = [&path](std::string message) {
    return Failure{ReadError{path, 0, 0, std::move(message), false}};
  };
  const json::object* object = document.if_object();
  const json::value* version = object == nullptr ? nullptr : object->if_contains("probate_result");
  if (version == nullptr) return fail("this is no result of probate: no key probate_result");
  json::error_code not_whole;
  const auto number = version->to_number<std::int64_t>(not_whole);
  if (not_whole || number < 1 || number > kResultVersion) {
    return fail(fmt::format("its form is of version {}; this version reads {}",
                            json::serialize(*version), kResultVersion));
  }
  StoredResult result;
  result.path = path;
  std::string mistake;
  const JsonFields root{document, "", mistake};
  read_head(root, result);
  read_faults(root, result);
  root.each("guards", [&](const JsonFields& fields) {
    result.outcome.guards.push_back(read_guard(fields, result));
  });
  read_figures(root, result);
  read_instruments(root, result.outcome.totals);
  if (!mistake.empty()) return fail(std::move(mistake));
  return result;
}

namespace {

// All there is, but no more than that. False: reading failed.
bool read_all(std::istream& from, std::size_t most, std::string& text) {
  std::vector<char> piece(std::size_t{1} << 20);
  while (from && text.size() < most) {
    const std::size_t wanted = std::min(piece.size(), most - text.size());
    from.read(piece.data(), static_cast<std::streamsize>(wanted));
    text.append(piece.data(), static_cast<std::size_t>(from.gcount()));
  }
  return !from.bad();
}

}  // namespace

Result<StoredResult, ReadError> read_result(const std::string& path, std::size_t bytes_max) {
  const auto unreadable = [](const std::string& name, std::string cause) {
    return Failure{ReadError{name, 0, 0, std::move(cause), true}};
  };
  const std::string name = path == "-" ? "standard input" : path;
  std::string text;
  std::ifstream file;
  errno = 0;
  if (path != "-") file.open(path, std::ios::binary);
  if (!file || !read_all(path == "-" ? std::cin : file, bytes_max + 1, text)) {
    return unreadable(name, std::generic_category().message(errno));
  }
  if (text.size() > bytes_max) {
    return Failure{
        ReadError{name, 0, 0, fmt::format("larger than {} MiB", bytes_max / 1024 / 1024), false}};
  }
  return parse_result(text, name);
}

}  // namespace probate::report
