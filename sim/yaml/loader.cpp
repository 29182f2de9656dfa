#include "sim/yaml/loader.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "core/analysis/gate/gate.hpp"
#include "core/base/check.hpp"
#include "core/scenario/complaints.hpp"
#include "core/scenario/filters.hpp"
#include "core/scenario/real_devices.hpp"
#include "core/scenario/time_scale.hpp"
#include "sim/yaml/compose.hpp"
#include "sim/yaml/locate.hpp"
#include "sim/yaml/sections.hpp"
#include "sim/yaml/text.hpp"

namespace probate::yaml {
namespace {

constexpr std::uint64_t kLanguageVersion = 1;

using Loaded = Result<scenario::Scenario, std::vector<Diagnostic>>;

void read_version(MapReader& map) {
  if (!map.has("version")) {
    map.context().error(map.place(), ErrorCode::language_version,
                        "the file does not say its language: `version: 1` is missing");
  }
  map.get("version");
}

// Whether it is written in this language: of another nothing more can be said.
bool check_language(const Node& root, Problems& problems) {
  const Node* node = root.find("version");
  const bool is_known = node == nullptr || node->kind == NodeKind::null ||
                        (node->kind == NodeKind::scalar && node->text == "1");
  if (!is_known) {
    problems.add(node->place, ErrorCode::language_version,
                 fmt::format("this version of Probate reads `version: {}`", kLanguageVersion));
  }
  return is_known;
}

std::vector<std::string_view> keys_of(const Node* map) {
  std::vector<std::string_view> keys;
  if (map == nullptr) return keys;
  for (const Entry& entry : map->entries) keys.emplace_back(entry.key);
  return keys;
}

Names names_in(const Node& root) {
  Names names{keys_of(root.find("devices")), keys_of(root.find("fleet")), {}};
  const Node* phases = root.find("phases");
  if (phases == nullptr) return names;
  for (const Node& phase : phases->items) {
    const Node* name = phase.find("name");
    names.phases.emplace_back(name == nullptr ? std::string_view{} : name->text);
  }
  return names;
}

void read_fidelity(MapReader& map, scenario::Scenario& scenario) {
  using enum fault::Fidelity;
  map.word("fidelity", scenario.fidelity, {stream, segment});
  if (!map.has("require_fidelity")) return;
  if (map.has("fidelity")) {
    map.refuse("require_fidelity", ErrorCode::conflicting_keys,
               "`fidelity` is what is wanted and `require_fidelity` what is needed: give one of "
               "them");
    return;
  }
  map.word("require_fidelity", scenario.fidelity, {stream, segment});
  scenario.requires_fidelity = true;
}

void read_head(MapReader& map, scenario::Scenario& scenario, const std::string& file) {
  read_version(map);
  scenario.file = file;
  scenario.name = std::filesystem::path{file}.stem().string();
  map.text("name", scenario.name);
  map.text("about", scenario.about);
  if (const Node* seed = map.get("seed")) {
    scenario.seed = read_whole(map.context(), *seed, 0, ~std::uint64_t{0}).value_or(1);
  }
  read_fidelity(map, scenario);
}

// Whether the sections have a size that validate() could accept; a larger one is not read at all.
bool check_sizes(const Node& root, Problems& problems) {
  bool sane = true;
  const auto at_most = [&](std::string_view key, std::size_t most) {
    const Entry* entry = root.find_entry(key);
    const std::size_t count =
        entry == nullptr ? 0 : entry->value.items.size() + entry->value.entries.size();
    if (count <= most) return;
    sane = false;
    problems.add(entry->place, ErrorCode::too_many,
                 fmt::format("{} are too many: at most {}", count, most));
  };
  at_most("devices", scenario::kKindsMax);
  at_most("fleet", scenario::kGroupsMax);
  at_most("phases", scenario::kPhasesMax);
  at_most("faults", scenario::kFaultsMax);
  at_most("gate", scenario::kGateRulesMax);
  return sane;
}

// The phase that connects the fleet: the first, if none says so.
PhaseId connecting_phase(const scenario::Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    if (scenario.phases[i].connect) return PhaseId{static_cast<std::uint16_t>(i)};
  }
  return PhaseId{0};
}

// Those who connect to a proxy are real.
bool is_for_a_proxy(const Node& root) {
  if (root.kind != NodeKind::map || root.find("devices") != nullptr) return false;
  const Node* fleet = root.find("fleet");
  if (fleet == nullptr) return root.find("faults") != nullptr;
  return std::any_of(fleet->entries.begin(), fleet->entries.end(),
                     [](const Entry& group) { return group.value.find("devices") != nullptr; });
}

scenario::Scenario read_scenario(Context& context, const Node& root, const std::string& file) {
  scenario::Scenario scenario;
  MapReader map{context, root, ""};
  const Names names = names_in(root);
  read_head(map, scenario, file);
  if (const Node* node = map.get("broker")) scenario.broker = read_broker(context, *node);
  if (is_for_a_proxy(root)) {
    context.error(
        root.place, ErrorCode::missing_key,
        fmt::format("{} missing: nobody is simulated; a scenario like this is for `probate "
                    "proxy`, which checks it before it listens",
                    root.find("fleet") == nullptr ? "`devices` and `fleet` are" : "`devices` is"));
  } else {
    map.need("devices");
    map.need("fleet");
  }
  if (const Node* node = map.get("devices")) scenario.devices = read_devices(context, *node);
  if (const Node* node = map.get("fleet")) scenario.fleet = read_fleet(context, *node, names);
  if (const Node* node = map.need("phases")) scenario.phases = read_phases(context, *node);
  if (const Node* node = map.get("faults")) scenario.faults = read_faults(context, *node, names);
  const Node* fleet = root.find("fleet");
  if (fleet != nullptr && fleet->kind == NodeKind::map) {
    for (auto& fault : read_link_faults(context, *fleet, connecting_phase(scenario))) {
      scenario.faults.push_back(std::move(fault));
    }
  }
  Node none;
  none.kind = NodeKind::map;
  const Node* backend = map.get("backend");
  scenario.backend = read_backend(context, backend == nullptr ? none : *backend);
  if (const Node* node = map.get("judge")) scenario.judge = read_judge(context, *node);
  if (const Node* node = map.get("gate")) scenario.gate = read_gate(context, *node);
  map.finish();
  return scenario;
}

bool is_wrong_in(std::string_view key, const Node& root, const std::set<Place>& known) {
  const Node* node = root.find(key);
  return node != nullptr && touches(*node, known);
}

// The same, or its key itself may be mistyped.
bool is_unread(std::string_view key, const Node& root, const std::set<Place>& known) {
  if (root.find(key) != nullptr) return is_wrong_in(key, root, known);
  return std::any_of(root.entries.begin(), root.entries.end(),
                     [&](const Entry& entry) { return known.contains(entry.place); });
}

// Whether some in this list have no name that can be read.
bool lacks_a_name_in(std::string_view key, const Node& root, const std::set<Place>& known) {
  const Node* list = root.find(key);
  if (list == nullptr || !is_wrong_in(key, root, known)) return is_unread(key, root, known);
  return std::any_of(list->items.begin(), list->items.end(), [&](const Node& item) {
    const Node* name = item.find("name");
    return name == nullptr || name->kind != NodeKind::scalar || touches(*name, known);
  });
}

// A group's link has faults too.
bool lacks_a_fault(const Node& root, const std::set<Place>& known) {
  return lacks_a_name_in("faults", root, known) || is_unread("fleet", root, known);
}

// Complaints about one section that may stem from what could not be read in another.
bool stems_from_elsewhere(ErrorCode code, const Node& root, const std::set<Place>& known) {
  const auto wrong_in = [&](std::string_view key) { return is_wrong_in(key, root, known); };
  const bool times = code == ErrorCode::outside_phase || code == ErrorCode::too_many_firings ||
                     code == ErrorCode::online_before_connect || code == ErrorCode::no_phase;
  if (times) return wrong_in("phases");
  // What a rule can be about: policies, groups, phases, faults.
  if (code == ErrorCode::rule_scope) {
    return wrong_in("fleet") || wrong_in("phases") || wrong_in("faults") || wrong_in("backend");
  }
  const bool habits = code == ErrorCode::never_returns || code == ErrorCode::bad_template ||
                      code == ErrorCode::policy_not_applicable ||
                      code == ErrorCode::duplicate_client_id || code == ErrorCode::fleet_size;
  return habits && (wrong_in("devices") || wrong_in("fleet") || wrong_in("backend"));
}

// The same of a value that a rule gives a label.
bool names_the_unread(const analysis::gate::RuleError& error, const Node& root,
                      const std::set<Place>& known) {
  if (error.code != ErrorCode::rule_unknown_label) {
    return stems_from_elsewhere(error.code, root, known);
  }
  if (error.label == "policy") return is_unread("backend", root, known);
  if (error.label == "fault") return lacks_a_fault(root, known);
  return error.label == "group" && is_unread("fleet", root, known);
}

// And of the phase or fault that a rule is over.
bool spans_the_unread(ErrorCode code, const Located& located, const Node& root,
                      const std::set<Place>& known) {
  if (code != ErrorCode::unknown_name) return false;
  const std::string& over = located.chain.back()->text;
  if (over.starts_with("fault ")) return lacks_a_fault(root, known);
  return over.starts_with("phase ") && lacks_a_name_in("phases", root, known);
}

// What validate() finds.
void report_meaning(const std::vector<scenario::Complaint>& complaints, const Node& root,
                    Problems& problems) {
  const std::set<Place> known = problems.places();
  for (const scenario::Complaint& complaint : complaints) {
    const Located located = locate(root, complaint.path);
    const scenario::ErrorInfo* info = scenario::find_error(complaint.code);
    CHECK(info != nullptr);
    if (is_doubtful(located, known) || stems_from_elsewhere(info->code, root, known) ||
        spans_the_unread(info->code, located, root, known)) {
      continue;
    }
    problems.add(located.place, info->code, complaint.message);
  }
}

void check_meaning(scenario::Scenario& scenario, const LoadOptions& options, const Node& root,
                   Problems& problems) {
  scenario.has_real_devices = options.real_devices;
  if (options.time_scale != 1) {
    report_meaning(scenario::scale_time(scenario, options.time_scale), root, problems);
  }
  report_meaning(scenario::validate(scenario), root, problems);
  report_meaning(options.real_devices ? scenario::complain_of_real_devices(scenario)
                                      : scenario::complain_of_simulated_devices(scenario),
                 root, problems);
}

// A group says whose ClientIDs it has, and no more.
bool is_real_group(Entry& group, Problems& problems) {
  if (group.key == scenario::kRealDevicesGroup) {
    problems.add(group.place, ErrorCode::real_devices,
                 fmt::format("`{}` is the group of those that belong to no other: give this one "
                             "another name",
                             group.key));
    return false;
  }
  if (group.value.find("devices") == nullptr || group.value.find("device") != nullptr) {
    problems.add(group.place, ErrorCode::missing_key,
                 "whose ClientIDs are of this group? A pattern is needed and no `device`, as in "
                 "{devices: \"meter-*\", count: 500}");
    return false;
  }
  if (const Entry* link = group.value.find_entry("link")) {
    problems.add(link->place, ErrorCode::real_devices,
                 fmt::format("`link` is of simulated devices; for real ones there are faults: "
                             "latency, bandwidth, lossy, nat_idle with `on: {{group: {}}}`",
                             group.key));
    std::erase_if(group.value.entries, [](const Entry& each) { return each.key == "link"; });
  }
  return true;
}

// Lays the scenario over what one with real devices does not say. If it says it nevertheless, that
// is complained about and not read.
void expect_real_devices(Composer& composer, Node& root, Problems& problems) {
  const auto describes = [](const Entry& entry) {
    const auto& groups = entry.value.entries;
    const auto has = [&groups](const char* key) {
      return std::any_of(groups.begin(), groups.end(),
                         [key](const Entry& group) { return group.value.find(key) != nullptr; });
    };
    return entry.key == "devices" || entry.value.kind != NodeKind::map ||
           (has("device") && !has("devices"));
  };
  for (const std::string_view key : {"devices", "fleet"}) {
    const Entry* entry = root.find_entry(key);
    if (entry == nullptr || !describes(*entry)) continue;
    problems.add(entry->place, ErrorCode::real_devices,
                 fmt::format("`{}` describes simulated devices; those of a proxy are real and are "
                             "known by their ClientIDs as they come",
                             key));
    std::erase_if(root.entries, [key](const Entry& each) { return each.key == key; });
  }
  for (Entry& entry : root.entries) {
    if (entry.key != "fleet") continue;
    std::erase_if(entry.value.entries,
                  [&problems](Entry& group) { return !is_real_group(group, problems); });
  }
  const Node* backend = root.find("backend");
  const bool hears_messages = backend != nullptr && backend->find("messages") != nullptr;
  auto base = composer.scenario("real devices", scenario::real_devices_text(hears_messages));
  CHECK(base.has_value());
  if (root.kind != NodeKind::map) return;
  const Place place = root.place;
  lay_over(*base, std::move(root));
  root = std::move(*base);
  root.place = place;
}

void derive_filters(scenario::Scenario& scenario, bool real_devices) {
  if (real_devices) {
    if (scenario.backend.wills.empty()) scenario.backend.wills = {"#"};
    return;
  }
  scenario.backend.wills = scenario::will_filters(scenario);
  scenario.backend.births = scenario::birth_filters(scenario);
  scenario.backend.messages = scenario::message_filters(scenario);
}

// The rules, typed: their mistakes point into the text of the rule.
void check_rules(const scenario::Scenario& scenario, const Node& root, const Sources& sources,
                 Problems& problems) {
  const std::set<Place> known = problems.places();
  for (const auto& error : analysis::gate::check(scenario)) {
    const Located located = locate(root, fmt::format("gate[{}].{}", error.rule, error.key));
    if (is_doubtful(located, known) || names_the_unread(error, root, known)) continue;
    Place place = located.place;
    if (located.chain.back()->substituted) {
      problems.add(place, error.code, error.message);
      continue;
    }
    const std::string& text = sources.at(place.source).text;
    const std::size_t at = sources.offset(place);
    const bool quoted = at < text.size() && (text[at] == '"' || text[at] == '\'');
    const std::size_t begin = std::min(at + (quoted ? 1 : 0), text.size());
    const std::string_view before = std::string_view{text}.substr(begin, error.offset);
    place.column += static_cast<std::uint32_t>(characters(before) + (quoted ? 1 : 0));
    problems.add(place, error.code, error.message);
  }
}

Loaded load(std::string text, std::string name, const LoadOptions& options) {
  Sources sources;
  Problems problems{sources};
  Composer composer{sources, problems, options.read_file, options.environment};
  auto root = composer.scenario(name, std::move(text));
  if (!root) return Failure{problems.sorted()};
  for (const std::string& argument : options.set) composer.apply_override(*root, argument, "--set");
  for (const std::string& argument : options.vary) {
    composer.apply_override(*root, argument, kVaryFlag);
  }
  if (!options.rules.empty()) composer.replace_rules(*root, options.rules, options.read_rules);
  if (!options.expect.empty()) composer.replace_rules(*root, options.expect);
  if (!check_language(*root, problems) || !check_sizes(*root, problems)) {
    return Failure{problems.sorted()};
  }
  if (options.real_devices) expect_real_devices(composer, *root, problems);
  composer.apply_presets(*root);
  Context context{scenario_keys(), sources, problems, options.read_file, options.read_secret};
  scenario::Scenario scenario = read_scenario(context, *root, name);
  if (options.seed) scenario.seed = *options.seed;
  scenario.judges_change = options.rules_of_change;
  const bool whole =
      !scenario.devices.empty() && !scenario.fleet.empty() && !scenario.phases.empty();
  const bool judged = whole || !problems.any();
  if (judged) check_meaning(scenario, options, *root, problems);
  if (!problems.any()) derive_filters(scenario, options.real_devices);
  if (options.reduce) options.reduce(scenario);
  if (judged) check_rules(scenario, *root, sources, problems);
  if (problems.any()) return Failure{problems.sorted()};
  return scenario;
}

}  // namespace

Loaded load_file(const std::string& path, const LoadOptions& options) {
  auto text = options.read_file(path);
  if (text) return load(std::move(text).value(), path, options);
  Diagnostic diagnostic;
  diagnostic.file = path;
  diagnostic.code = scenario::to_text(ErrorCode::file_unreadable);
  diagnostic.message = fmt::format("cannot be read: {}", text.error());
  return Failure{std::vector{std::move(diagnostic)}};
}

Loaded load_text(std::string text, std::string name, const LoadOptions& options) {
  return load(std::move(text), std::move(name), options);
}

}  // namespace probate::yaml
