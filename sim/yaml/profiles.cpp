#include "sim/yaml/profiles.hpp"

#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/yaml/parse.hpp"
#include "sim/yaml/presets.hpp"
#include "sim/yaml/reader.hpp"

namespace probate::yaml {
namespace {

using broker::Evidence;
using broker::KeepAliveRule;

void whole_number(MapReader& map, std::string_view key, std::uint32_t& target,
                  std::uint32_t low = 0) {
  const Node* node = map.get(key);
  if (node == nullptr) return;
  const auto read =
      read_whole(map.context(), *node, low, std::numeric_limits<std::uint32_t>::max());
  if (read) target = static_cast<std::uint32_t>(*read);
}

void read_timing(MapReader& map, broker::KeepAliveWindow& window) {
  switch (window.rule) {
    case KeepAliveRule::timer:
      map.number("factor_low", window.factor_low);
      map.number("factor_high", window.factor_high);
      map.boolean("floored", window.floored);
      map.duration("scan", window.scan);
      return;
    case KeepAliveRule::strikes:
      map.number("period", window.period);
      whole_number(map, "strikes", window.strikes, 1);
      return;
    case KeepAliveRule::interval:
      map.number("factor_low", window.factor_low);
      map.duration("interval", window.interval);
      return;
    case KeepAliveRule::ticks:
      map.number("factor_low", window.factor_low);
      map.duration("tick", window.tick);
      return;
  }
}

// What would make a window senseless, or "".
const char* nonsense(const broker::KeepAliveWindow& window) {
  if (window.factor_low <= 0) return "`factor_low` must be above 0";
  if (window.rule == KeepAliveRule::timer && window.factor_low > window.factor_high) {
    return "0 < factor_low ≤ factor_high must hold";
  }
  if (window.period <= 0) return "`period` must be above 0";
  if (window.interval < 1s) return "`interval` must be at least 1s";
  if (window.tick <= 0s) return "`tick` must be above 0s";
  if ((window.batch_max > 0) != (window.batch_interval > 0s)) {
    return "`batch_max` and `batch_interval` stand together";
  }
  return "";
}

void read_keep_alive(MapReader& profile, broker::KeepAliveWindow& window) {
  const Node* node = profile.need("keep_alive");
  if (node == nullptr) return;
  MapReader map{profile.context(), *node, "keep_alive"};
  map.word("rule", window.rule,
           {KeepAliveRule::timer, KeepAliveRule::strikes, KeepAliveRule::interval,
            KeepAliveRule::ticks});
  read_timing(map, window);
  map.boolean("counts_bytes", window.counts_bytes);
  whole_number(map, "batch_max", window.batch_max);
  map.duration("batch_interval", window.batch_interval);
  map.finish(fmt::format("rule: {}", to_text(window.rule)));
  const std::string_view complaint = nonsense(window);
  if (complaint.empty()) return;
  profile.context().error(node->place, ErrorCode::out_of_range, std::string{complaint});
}

void read_takeover(MapReader& profile, broker::TakeoverRule& rule) {
  const Node* node = profile.need("takeover");
  if (node == nullptr) return;
  MapReader map{profile.context(), *node, "takeover"};
  map.boolean("clean_to_clean", rule.clean_to_clean);
  map.boolean("clean_to_kept", rule.clean_to_kept);
  map.boolean("kept_to_clean", rule.kept_to_clean);
  map.boolean("kept_to_kept", rule.kept_to_kept);
  map.boolean("v5_kept_to_kept", rule.v5_kept_to_kept);
  map.boolean("v5_expired_to_any", rule.v5_expired_to_any);
  map.boolean("new_delay_holds_it", rule.new_delay_holds_it);
  map.word("reading", rule.reading,
           {broker::Reading::a, broker::Reading::b, broker::Reading::either});
  map.boolean("tells_old_client", rule.tells_old_client);
  map.finish();
}

void read_mechanics(MapReader& profile, broker::Mechanics& mechanics) {
  const Node* node = profile.get("mechanics");
  if (node == nullptr) return;
  MapReader map{profile.context(), *node, "mechanics"};
  map.duration("keep_alive_scan", mechanics.keep_alive_scan);
  map.duration("timer_period", mechanics.timer_period);
  map.duration("server_keep_alive", mechanics.server_keep_alive);
  map.boolean("v3_needs_keep_alive", mechanics.v3_needs_keep_alive);
  map.boolean("keeps_sys", mechanics.keeps_sys);
  map.boolean("error_says_why", mechanics.error_says_why);
  map.boolean("v5_copy_per_subscription", mechanics.v5_copy_per_subscription);
  map.boolean("v3_first_match_counts", mechanics.v3_first_match_counts);
  map.finish();
  if (mechanics.server_keep_alive <= broker::kKeepAliveMax) return;
  profile.context().error(node->place, ErrorCode::out_of_range,
                          "`server_keep_alive` is at most 65535s: MQTT has 16 bits for it");
}

// A value, as opposed to a section and to what says something about the file.
bool is_value(const Key& key) {
  return key.shape != Shape::map && key.path != "about" && key.path != "specification" &&
         !key.path.starts_with("evidence");
}

// Marks by the keys they were given for, sections among them.
using Marks = std::map<std::string, Evidence, std::less<>>;

void read_marks(MapReader& map, Evidence evidence, Marks& marks) {
  const Node* node = map.get(to_text(evidence));
  if (node == nullptr) return;
  Context& context = map.context();
  const auto mark = [&](const Node& item) {
    const auto path = read_text(context, item);
    if (!path) return;
    const Key* key = find_key(context.keys, *path);
    if (key == nullptr || (!is_value(*key) && key->shape != Shape::map) || *path == "evidence") {
      std::vector<std::string_view> known;
      for (const Key& each : context.keys) {
        if (is_value(each)) known.push_back(each.path);
      }
      context.error(
          item.place, ErrorCode::unknown_key,
          fmt::format("no value of a profile is called \"{}\"{}", *path, suggestion(*path, known)));
    } else if (!marks.emplace(*path, evidence).second) {
      context.error(item.place, ErrorCode::conflicting_keys,
                    fmt::format("\"{}\" has two marks", *path));
    }
  };
  if (node->kind == NodeKind::scalar) {
    mark(*node);
  } else {
    for_each_item(context, *node, mark);
  }
}

void read_evidence(MapReader& profile, std::map<std::string, Evidence>& evidence) {
  Marks marks;
  if (const Node* node = profile.get("evidence")) {
    MapReader map{profile.context(), *node, "evidence"};
    for (std::size_t i = 0; i < broker::kEvidenceCount; ++i) {
      read_marks(map, static_cast<Evidence>(i), marks);
    }
    map.finish();
  }
  for (const Key& key : profile.context().keys) {
    if (!is_value(key)) continue;
    const std::string_view section = key.path.substr(0, key.path.find('.'));
    auto found = marks.find(key.path);
    if (found == marks.end()) found = marks.find(section);
    evidence.emplace(key.path, found == marks.end() ? Evidence::unverified : found->second);
  }
}

broker::Profile read_profile(Context& context, const Node& node) {
  using broker::ShutdownRule;
  broker::Profile profile;
  MapReader map{context, node, ""};
  if (!map.is_map()) return profile;
  map.need("about");
  map.text("about", profile.about);
  map.boolean("specification", profile.specification);
  read_keep_alive(map, profile.keep_alive);
  read_takeover(map, profile.takeover);
  map.boolean("delay_ignores_zero_expiry", profile.delay_ignores_zero_expiry);
  map.boolean("delay_head_of_line", profile.delay_head_of_line);
  map.boolean("delay_from_connect", profile.delay_from_connect);
  map.duration("delay_scan", profile.delay_scan);
  map.duration("expiry_scan", profile.expiry_scan);
  map.boolean("error_reason_deletes_will", profile.error_reason_deletes_will);
  map.boolean("will_reason_deletes_will", profile.will_reason_deletes_will);
  map.boolean("malformed_deletes_will", profile.malformed_deletes_will);
  map.boolean("second_connect_deletes_will", profile.second_connect_deletes_will);
  map.word("shutdown", profile.shutdown,
           {ShutdownRule::publishes, ShutdownRule::publishes_all_at_once, ShutdownRule::defers,
            ShutdownRule::loses});
  map.boolean("crash_loses_wills", profile.crash_loses_wills);
  map.boolean("crash_keeps_delayed_wills", profile.crash_keeps_delayed_wills);
  map.boolean("will_before_connack", profile.will_before_connack);
  map.word("will_acl", profile.will_acl,
           {broker::WillAcl::at_connect, broker::WillAcl::at_publication});
  whole_number(map, "observer_inflight_max", profile.observer_inflight_max);
  whole_number(map, "observer_queue_max", profile.observer_queue_max);
  read_mechanics(map, profile.mechanics);
  read_evidence(map, profile.evidence);
  map.finish();
  return profile;
}

}  // namespace

Result<broker::Profile, std::vector<Diagnostic>> load_profile(const std::string& name,
                                                              const FileReader& read_file) {
  Sources sources;
  Problems problems{sources};
  std::optional<SourceId> source;
  if (const auto builtin = builtin_profile(name)) {
    source =
        sources.add(fmt::format("profile {}", name), std::string{*builtin}, SourceKind::builtin);
  } else if (!names_a_file(name)) {
    problems.add_file("profile", ErrorCode::unknown_profile,
                      fmt::format("no profile is called \"{}\"; there are {}", name,
                                  fmt::join(profile_names(), ", ")));
  } else if (auto text = read_file(name)) {
    source = sources.add(name, std::move(text).value(), SourceKind::scenario);
  } else {
    problems.add_file(name, ErrorCode::unknown_profile,
                      fmt::format("cannot read \"{}\": {}", name, text.error()));
  }
  Budget budget;
  const auto tree = source ? parse(*source, sources, budget, problems) : std::nullopt;
  if (!tree) return Failure{problems.sorted()};
  Context context{profile_keys(), sources, problems, read_file, read_file};
  broker::Profile profile = read_profile(context, *tree);
  profile.name = names_a_file(name) ? std::filesystem::path{name}.stem().string() : name;
  if (problems.any()) return Failure{problems.sorted()};
  return profile;
}

}  // namespace probate::yaml
