#include "sim/yaml/catalogue.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "sim/yaml/keys.hpp"
#include "sim/yaml/parse.hpp"
#include "sim/yaml/presets.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::yaml {
namespace {

std::optional<Node> tree_of(std::string_view name, std::string_view text) {
  Sources sources;
  Problems problems{sources};
  Budget budget;
  const SourceId source = sources.add(std::string{name}, std::string{text}, SourceKind::builtin);
  return parse(source, sources, budget, problems);
}

// The sentence that a preset or profile says about itself.
std::string about(std::string_view name, std::string_view text) {
  const auto tree = tree_of(name, text);
  const Node* found = tree ? tree->find("about") : nullptr;
  return found == nullptr ? std::string{} : found->text;
}

// The text at "takeover.reading", or "".
std::string text_at(const Node& tree, std::string_view path) {
  const Node* at = &tree;
  while (at != nullptr && !path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    at = at->find(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at == nullptr ? std::string{} : at->text;
}

// Whether a value plays a part under that rule.
bool applies(std::string_view path, broker::KeepAliveRule rule) {
  using enum broker::KeepAliveRule;
  if (path == "keep_alive.factor_low") return rule != strikes;
  if (path == "keep_alive.factor_high" || path == "keep_alive.floored") return rule == timer;
  if (path == "keep_alive.scan") return rule == timer;
  if (path == "keep_alive.period" || path == "keep_alive.strikes") return rule == strikes;
  if (path == "keep_alive.interval") return rule == interval;
  if (path == "keep_alive.tick") return rule == ticks;
  return true;
}

}  // namespace

std::vector<Listed> list_faults() {
  return {
      {"drop", "The connection is closed under the device: FIN or RST, on one leg or both."},
      {"stall", "Bytes are held, none is lost; healing delivers them in order, then a FIN."},
      {"half_open", "The device's leg is dead, the broker still believes in it: a ghost."},
      {"sim_arrears",
       "The SIM is not paid: silent now, barred at the next attach, a walled garden, or "
       "throttled."},
      {"duplicate_login", "Somebody else logs in with the victim's ClientID and credentials."},
      {"latency", "Everything takes longer, with jitter; nothing is reordered."},
      {"mqtt",
       "One kind of MQTT packet is swallowed, held, doubled, overtaken, cut inside, rewritten or "
       "made up."},
      {"leave", "The device says DISCONNECT, closes, and comes back."},
      {"power_cut", "The device stops without a byte, and boots later or never."},
      {"rebind", "The device gets a new address: its socket dies silently and it redials."},
      {"nat_idle", "A middlebox forgets idle connections: silently, or with RST to one or both."},
      {"outage", "The cell is down: links are silent, connects are not heard, all come back."},
      {"bandwidth", "At most so many bytes a second pass, one way or each."},
      {"lossy", "Packets are lost and sent again: late by one or more retransmission timeouts."},
      {"slice", "Bytes come in small pieces, with a pause after each."},
      {"limit", "A connection is cut after so many bytes, or after a time."},
      {"slow_close", "FIN comes late."},
      {"refuse", "New connections are answered with RST."},
      {"connect_delay", "A new connection's CONNECT gets through late."},
      {"broker_restart", "The managed broker is told to end, or killed, and started again."},
      {"takeover_order",
       "An old connection's end reaches the broker before or after the CONNECT that follows it."},
      {"vanish", "The connection is forgotten without a word; what still comes is reset."},
      {"syn_drop", "New connections are not answered at all: SYN after SYN is lost."},
  };
}

std::vector<Listed> list_policies() {
  return {
      {"naive_alarm", "A will is an alarm; nothing takes it back."},
      {"naive", "A will says offline; a birth or any other message says online."},
      {"naive_birth", "As naive, but only a birth says online."},
      {"debounce", "As naive, but a will counts only if nothing is heard for a time after it."},
      {"epoch", "A will counts unless a later connection of the device has been heard of."},
      {"sparkplug", "Sparkplug B: a death counts only if its bdSeq equals the last birth's."},
      {"retained", "The last value of a retained status topic counts, also when read late."},
      {"last_seen", "Offline after so many missed heartbeats; wills are ignored."},
      {"last_seen_will", "As last_seen, but after a will it waits only a short time."},
      {"hybrid", "epoch, a wait before a will is believed, and last_seen as a net below."},
      {"aws_lifecycle", "The broker's lifecycle events by version number, with a wait state."},
      {"broker_events", "The broker's own events by sequence number, or by time and session."},
  };
}

std::vector<Listed> list_presets() {
  std::vector<Listed> listed;
  for (const std::string_view name : preset_names()) {
    listed.push_back({std::string{name}, about(name, *builtin_preset(name))});
  }
  return listed;
}

std::vector<Listed> list_profiles() {
  std::vector<Listed> listed;
  for (const std::string_view name : profile_names()) {
    listed.push_back({std::string{name}, about(name, *builtin_profile(name))});
  }
  return listed;
}

std::vector<ListedValue> list_profile(std::string_view name) {
  std::vector<ListedValue> listed;
  const auto text = builtin_profile(name);
  if (!text) return listed;
  const auto tree = tree_of(name, *text);
  const auto profile = load_profile(std::string{name});
  if (!tree || !profile) return listed;
  const auto& window = profile->keep_alive;
  for (const Key& key : profile_keys()) {
    const auto evidence = profile->evidence.find(std::string{key.path});
    if (evidence == profile->evidence.end() || !applies(key.path, window.rule)) continue;
    std::string value = text_at(*tree, key.path);
    if (value.empty()) value = key.standard;
    listed.push_back({std::string{key.path}, std::move(value), to_text(evidence->second),
                      std::string{key.about}});
  }
  return listed;
}

}  // namespace probate::yaml
