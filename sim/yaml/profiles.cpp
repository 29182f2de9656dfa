#include "sim/yaml/profiles.hpp"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "sim/yaml/parse.hpp"
#include "sim/yaml/presets.hpp"
#include "sim/yaml/reader.hpp"

namespace probate::yaml {
namespace {

void read_keep_alive(MapReader& profile, broker::KeepAliveWindow& window) {
  const Node* node = profile.need("keep_alive");
  if (node == nullptr) return;
  MapReader map{profile.context(), *node, "keep_alive"};
  map.number("factor_low", window.factor_low);
  map.number("factor_high", window.factor_high);
  map.boolean("floored", window.floored);
  map.duration("scan", window.scan);
  map.finish();
  if (window.factor_low > 0 && window.factor_low <= window.factor_high) return;
  profile.context().error(node->place, ErrorCode::out_of_range,
                          "0 < factor_low ≤ factor_high must hold");
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
  map.boolean("with_delay", rule.with_delay);
  map.finish();
}

broker::Profile read_profile(Context& context, const Node& node) {
  broker::Profile profile;
  MapReader map{context, node, ""};
  if (!map.is_map()) return profile;
  map.need("about");
  map.text("about", profile.about);
  read_keep_alive(map, profile.keep_alive);
  read_takeover(map, profile.takeover);
  map.boolean("delay_ignores_zero_expiry", profile.delay_ignores_zero_expiry);
  map.boolean("delay_head_of_line", profile.delay_head_of_line);
  map.duration("delay_scan", profile.delay_scan);
  map.boolean("error_reason_deletes_will", profile.error_reason_deletes_will);
  map.boolean("second_connect_deletes_will", profile.second_connect_deletes_will);
  map.boolean("crash_loses_wills", profile.crash_loses_wills);
  map.boolean("will_before_connack", profile.will_before_connack);
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
    problems.add_file("", ErrorCode::unknown_profile,
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
  Context context{profile_keys(), sources, problems, read_file};
  broker::Profile profile = read_profile(context, *tree);
  profile.name = names_a_file(name) ? std::filesystem::path{name}.stem().string() : name;
  if (problems.any()) return Failure{problems.sorted()};
  return profile;
}

}  // namespace probate::yaml
