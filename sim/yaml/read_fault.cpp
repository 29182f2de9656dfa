#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using fault::FaultSpec;

constexpr std::uint64_t kLoginsMax = 1'000;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The same node with another text: a part of a longer one, at its own place.
Node part_of(const Node& node, std::string_view part) {
  Node result = node;
  const auto offset = static_cast<std::uint32_t>(part.data() - node.text.data());
  if (!node.substituted) result.place.column += offset + (node.quoted ? 1 : 0);
  result.text = std::string{part};
  result.quoted = false;
  result.substituted = true;  // a name, whatever it looks like
  return result;
}

// PHASE, or PHASE + DURATION.
std::optional<fault::Once> read_at(Context& context, const Node& node, const Names& names) {
  if (!read_text(context, node)) return std::nullopt;
  const std::string_view whole = node.text;
  const std::size_t plus = whole.find('+');
  const std::string_view phase = trimmed(whole.substr(0, plus));
  if (phase.empty() || phase.find(' ') != std::string_view::npos) {
    context.error(node.place, ErrorCode::bad_timing,
                  "`at` takes PHASE + DURATION, as in storm + 10s");
    return std::nullopt;
  }
  const Node phase_node = part_of(node, phase);
  const auto index = read_reference(context, phase_node, "phase", names.phases);
  if (!index) context.problems.doubt(node.place);
  fault::Once once{PhaseId{static_cast<std::uint16_t>(index.value_or(0))}, 0s};
  if (plus == std::string_view::npos) return once;
  const Node offset_node = part_of(node, trimmed(whole.substr(plus + 1)));
  const auto offset = read_duration(context, offset_node);
  if (!offset) context.problems.doubt(node.place);
  if (!offset) return std::nullopt;
  once.offset = *offset;
  return once;
}

PhaseId read_during(MapReader& map, const Names& names) {
  const Node* node = map.need("during");
  if (node == nullptr) return {};
  const auto index = read_reference(map.context(), *node, "phase", names.phases);
  return PhaseId{static_cast<std::uint16_t>(index.value_or(0))};
}

void read_timing(MapReader& map, FaultSpec& spec, const Names& names) {
  Context& context = map.context();
  const int given = int{map.has("at")} + int{map.has("every")} + int{map.has("rate")};
  if (given != 1) {
    constexpr const char* kChoice =
        "exactly one of `at: PHASE + DURATION`, `every: DURATION` and `rate: N/h` says when";
    context.error(map.place(), ErrorCode::bad_timing, kChoice);
    for (const char* key : {"at", "every", "rate", "during"}) map.get(key);
    return;
  }
  if (const Node* at = map.get("at")) {
    if (const auto once = read_at(context, *at, names)) spec.timing = *once;
    map.refuse("during", ErrorCode::conflicting_keys,
               "`during` goes with `every` or `rate`; `at` names its phase itself");
  } else if (map.has("every")) {
    fault::Repeated repeated;
    map.duration("every", repeated.period);
    repeated.during = read_during(map, names);
    spec.timing = repeated;
  } else {
    fault::Poisson poisson;
    const Node* rate = map.get("rate");
    const auto per_second = rate != nullptr ? read_rate(context, *rate) : std::nullopt;
    poisson.per_hour = per_second.value_or(0) * 3600;
    poisson.during = read_during(map, names);
    spec.timing = poisson;
  }
}

void read_hash(MapReader& map, fault::Selector& selector) {
  const Node* node = map.get("hash");
  if (node == nullptr) return;
  Context& context = map.context();
  const std::string_view text = node->text;
  const std::size_t slash = text.find('/');
  fault::Selector::Hash hash;
  const auto number = [](std::string_view digits, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  if (node->kind != NodeKind::scalar || slash == std::string_view::npos ||
      !number(text.substr(0, slash), hash.index) || !number(text.substr(slash + 1), hash.of)) {
    context.error(node->place, ErrorCode::bad_selector, "`hash` takes I/N, as in 0/4");
    return;
  }
  selector.hash = hash;
}

// As links show it, and as it is: "[::1]" and "::1".
std::string without_brackets(std::string text) {
  const bool has_both = text.size() > 2 && text.starts_with('[') && text.ends_with(']');
  return has_both ? text.substr(1, text.size() - 2) : text;
}

void read_selector(MapReader& fault, fault::Selector& selector, const Names& names) {
  const Node* node = fault.get("on");
  if (node == nullptr) return;
  Context& context = fault.context();
  MapReader map{context, *node, fault.path_of("on")};
  if (const Node* group = map.get("group")) {
    const auto index = read_reference(context, *group, "group", names.groups);
    if (index) selector.group = GroupId{static_cast<std::uint16_t>(*index)};
  }
  if (const Node* glob = map.get("devices")) selector.devices = read_text(context, *glob);
  if (const Node* glob = map.get("username")) selector.username = read_text(context, *glob);
  if (const Node* glob = map.get("source")) {
    auto source = read_text(context, *glob);
    if (source) selector.source = without_brackets(std::move(*source));
  }
  if (const Node* glob = map.get("listener")) selector.listener = read_text(context, *glob);
  if (const Node* glob = map.get("sni")) selector.sni = read_text(context, *glob);
  read_hash(map, selector);
  if (const Node* share = map.get("share")) selector.share = read_share(context, *share);
  if (const Node* count = map.get("count")) {
    const auto value = read_whole(context, *count, 1, 0xffffffff);
    if (value) selector.count = static_cast<std::uint32_t>(*value);
  }
  map.word("where", selector.online_only, {true});
  map.finish();
}

void read_notices(MapReader& map, fault::Notices& notices) {
  using fault::NoticesHow;
  const Node* node = map.get("notices");
  if (node == nullptr) return;
  if (is_word(node, "own")) {
    notices.how = NoticesHow::own;
  } else if (is_word(node, "never")) {
    notices.how = NoticesHow::never;
  } else if (const auto after = read_distribution(map.context(), *node)) {
    notices.after = *after;
  }
}

fault::HalfOpen read_half_open(MapReader& map) {
  fault::HalfOpen what;
  read_notices(map, what.notices);
  what.until_device_returns = !map.has("for");
  bool returns = false;
  map.word("until", returns, {true});
  if (returns && map.has("for")) {
    map.context().error(map.node().find_entry("until")->place, ErrorCode::conflicting_keys,
                        "half_open lasts either `until: device_returns` or `for` a time");
  }
  return what;
}

void read_recover(MapReader& fault, fault::Recovery& recover) {
  const Node* node = fault.get("recover");
  if (node == nullptr) return;
  Context& context = fault.context();
  MapReader map{context, *node, fault.path_of("recover")};
  if (!map.is_map()) return;
  if (const Node* share = map.get("needs_reboot")) {
    recover.needs_reboot = read_share(context, *share);
    const Node* reboot = map.need("reboot");
    const auto after = reboot != nullptr ? read_distribution(context, *reboot) : std::nullopt;
    if (after) recover.reboot = *after;
  } else {
    map.refuse("reboot", ErrorCode::conflicting_keys,
               "`reboot` goes with `needs_reboot`: how many of them need one");
  }
  if (const Node* at = map.get("batch_at")) recover.batch_at = read_duration(context, *at);
  if (const Node* every = map.get("batch_every")) {
    recover.batch_every = read_duration(context, *every);
  }
  if (node->entries.empty()) {
    context.error(node->place, ErrorCode::pointless_fault,
                  "`recover` is empty: `needs_reboot`, `batch_at` or `batch_every` says how");
  }
  map.finish();
}

fault::SimArrears read_sim_arrears(MapReader& map) {
  fault::SimArrears what;
  using fault::ArrearsMode;
  map.word(
      "mode", what.mode,
      {ArrearsMode::barred, ArrearsMode::cut, ArrearsMode::walled_garden, ArrearsMode::throttled});
  if (what.mode != ArrearsMode::throttled) read_notices(map, what.notices);
  if (what.mode == ArrearsMode::throttled) map.byte_rate("throughput", what.bytes_per_second);
  using fault::GardenAnswer;
  if (what.mode == ArrearsMode::walled_garden) {
    map.word("answer", what.answer, {GardenAnswer::discard, GardenAnswer::redirect});
  }
  read_recover(map, what.recover);
  return what;
}

fault::DuplicateLogin read_duplicate_login(MapReader& map) {
  fault::DuplicateLogin what;
  if (const Node* logins = map.get("logins")) {
    what.logins = static_cast<std::uint32_t>(
        read_whole(map.context(), *logins, 0, kLoginsMax).value_or(what.logins));
  }
  map.duration("gap", what.gap);
  using fault::TwinWill;
  map.word("will", what.will, {TwinWill::carry, TwinWill::strip});
  return what;
}

fault::Latency read_latency(MapReader& map) {
  fault::Latency what;
  map.need("delay");
  map.duration("delay", what.delay);
  map.duration("jitter", what.jitter);
  read_direction(map, what.direction);
  return what;
}

// The words of `how` are two for closing legs, then two for ending the broker.
std::optional<std::size_t> read_how(MapReader& map, bool of_broker) {
  const Node* node = map.get("how");
  if (node == nullptr) return std::nullopt;
  Context& context = map.context();
  Key here = *find_key(context.keys, "faults[].how");
  const std::size_t half = here.words.find("|term");
  const std::string_view of_legs = here.words.substr(0, half);
  const std::string_view of_end = here.words.substr(half + 1);
  here.words = of_broker ? of_end : of_legs;
  for (const std::string_view other : split_words(of_broker ? of_legs : of_end)) {
    if (!is_word(node, other)) continue;
    context.error(node->place, ErrorCode::conflicting_keys,
                  of_broker ? "with do: broker_restart `how` is term or kill"
                            : "`how: term` and `how: kill` go with do: broker_restart");
    return std::nullopt;
  }
  return read_word(context, *node, here);
}

fault::TakeoverOrder read_takeover_order(MapReader& map) {
  fault::TakeoverOrder what{.connect = fault::ConnectOrder::before, .gap = 1s};
  using fault::ConnectOrder;
  map.word("connect", what.connect, {ConnectOrder::before, ConnectOrder::after});
  map.duration("gap", what.gap);
  return what;
}

fault::BrokerRestart read_broker_restart(MapReader& map) {
  fault::BrokerRestart what;
  if (const auto index = read_how(map, true)) {
    what.how = *index == 0 ? fault::RestartHow::term : fault::RestartHow::kill;
  }
  return what;
}

fault::Drop read_drop(MapReader& map) {
  fault::Drop what;
  using fault::LegChoice;
  read_cut_how(map, what.how);
  map.word("leg", what.leg, {LegChoice::device, LegChoice::broker, LegChoice::both});
  return what;
}

fault::Vanish read_vanish(MapReader& map) {
  fault::Vanish what;
  using fault::LegChoice;
  map.word("leg", what.leg, {LegChoice::device, LegChoice::broker, LegChoice::both});
  return what;
}

fault::Bandwidth read_bandwidth(MapReader& map) {
  fault::Bandwidth what;
  map.need("throughput");
  map.byte_rate("throughput", what.bytes_per_second);
  read_direction(map, what.direction);
  return what;
}

fault::Lossy read_lossy(MapReader& map) {
  fault::Lossy what;
  if (const Node* loss = map.need("loss")) {
    what.loss = read_share(map.context(), *loss).value_or(0);
  }
  map.duration("rto", what.rto);
  read_direction(map, what.direction);
  return what;
}

fault::Slice read_slice(MapReader& map) {
  fault::Slice what{.piece = 0, .gap = 1s};
  if (const Node* piece = map.need("piece")) {
    what.piece = read_bytes(map.context(), *piece).value_or(0);
  }
  map.duration("gap", what.gap);
  read_direction(map, what.direction);
  return what;
}

fault::Limit read_limit(MapReader& map) {
  fault::Limit what;
  if (const Node* bytes = map.get("bytes")) what.bytes = read_bytes(map.context(), *bytes);
  if (const Node* after = map.get("after")) what.after = read_duration(map.context(), *after);
  read_cut_how(map, what.how);
  if (what.bytes) read_direction(map, what.direction);
  return what;
}

// Faults that change how a link works, and nothing else.
fault::What read_link_quality(MapReader& map, std::string_view word) {
  if (word == "bandwidth") return read_bandwidth(map);
  if (word == "lossy") return read_lossy(map);
  if (word == "slice") return read_slice(map);
  if (word == "limit") return read_limit(map);
  if (word == "refuse") return fault::Refuse{};
  if (word == "syn_drop") return fault::SynDrop{};
  Duration delay{};
  map.need("delay");
  map.duration("delay", delay);
  if (word == "slow_close") return fault::SlowClose{delay};
  CHECK(word == "connect_delay");
  return fault::ConnectDelay{delay};
}

fault::PowerCut read_power_cut(MapReader& map) {
  fault::PowerCut what;
  using fault::EpochAfterBoot;
  map.need("for");
  map.word("epoch", what.epoch, {EpochAfterBoot::kept, EpochAfterBoot::reset});
  return what;
}

fault::What read_what(MapReader& map, std::string_view word) {
  if (word == "drop") return read_drop(map);
  if (word == "vanish") return read_vanish(map);
  if (word == "stall") {
    fault::Stall what;
    read_direction(map, what.direction);
    if (map.has("ack")) {
      using fault::AckBy;
      map.word("ack", what.ack.emplace(), {AckBy::none, AckBy::proxy});
    }
    return what;
  }
  if (word == "half_open") return read_half_open(map);
  if (word == "sim_arrears") return read_sim_arrears(map);
  if (word == "duplicate_login") return read_duplicate_login(map);
  if (word == "latency") return read_latency(map);
  if (word == "mqtt") return read_mqtt(map);
  if (word == "takeover_order") return read_takeover_order(map);
  if (word == "leave") return fault::Leave{};
  if (word == "power_cut") return read_power_cut(map);
  if (word == "nat_idle") return read_nat_idle(map);
  if (word == "outage") return fault::Outage{};
  if (word == "broker_restart") return read_broker_restart(map);
  if (word != "rebind") return read_link_quality(map, word);
  fault::Rebind what;
  read_notices(map, what.notices);
  return what;
}

void read_length(MapReader& map, FaultSpec& spec, std::string_view word) {
  const Node* node = map.get("for");
  if (node != nullptr && !is_word(node, "never")) {
    spec.lasts = read_distribution(map.context(), *node);
  } else if (node != nullptr && word != "power_cut") {
    map.context().error(node->place, ErrorCode::conflicting_keys,
                        fmt::format("`for: never` goes with do: power_cut, not with do: {}", word));
  }
  if (const Node* ramp = map.get("ramp")) {
    spec.ramp = read_duration(map.context(), *ramp);
  }
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void read_whom_and_what(MapReader& map, FaultSpec& spec, const Names& names) {
  Context& context = map.context();
  read_selector(map, spec.on, names);
  const Node* word_node = map.need("do");
  const Key& key = *find_key(context.keys, "faults[].do");
  const auto index = word_node != nullptr ? read_word(context, *word_node, key) : std::nullopt;
  if (!index) return;  // what the other keys mean depends on it
  const std::string_view word = split_words(key.words)[*index];
  read_length(map, spec, word);
  spec.what = read_what(map, word);
  map.finish(fmt::format("do: {}", word));
}

FaultSpec read_fault(Context& context, const Node& node, const Names& names) {
  FaultSpec spec;
  MapReader map{context, node, "faults[]"};
  if (!map.is_map()) return spec;
  map.need("name");
  map.text("name", spec.name);
  read_timing(map, spec, names);
  read_whom_and_what(map, spec, names);
  return spec;
}

}  // namespace

void read_direction(MapReader& map, fault::FlowDirection& direction) {
  using fault::FlowDirection;
  map.word("direction", direction, {FlowDirection::up, FlowDirection::down, FlowDirection::both});
}

void read_cut_how(MapReader& map, fault::CutHow& how) {
  if (const auto index = read_how(map, false)) {
    how = *index == 0 ? fault::CutHow::fin : fault::CutHow::rst;
  }
}

fault::NatIdle read_nat_idle(MapReader& map) {
  fault::NatIdle what;
  map.need("after");
  map.duration("after", what.after);
  using fault::NatThen;
  map.word("then", what.then, {NatThen::silent, NatThen::rst_sender, NatThen::rst});
  if (what.then == NatThen::silent) read_notices(map, what.notices);
  return what;
}

std::vector<FaultSpec> read_faults(Context& context, const Node& node, const Names& names) {
  std::vector<FaultSpec> faults;
  for_each_item(context, node,
                [&](const Node& item) { faults.push_back(read_fault(context, item, names)); });
  return faults;
}

scenario::HandFault read_hand_fault(Context& context, const Node& node, const Names& names) {
  scenario::HandFault fault;
  MapReader map{context, node, "faults[]"};
  if (!map.is_map()) return fault;
  map.text("name", fault.spec.name);
  if (const Node* name = map.get("name"); name != nullptr && is_number(fault.spec.name)) {
    context.error(name->place, ErrorCode::bad_name,
                  "a name of digits only would be taken for an id: let it have a letter");
  }
  for (const char* key : {"at", "every", "rate", "during"}) {
    map.refuse(key, ErrorCode::bad_timing, "a fault by hand strikes at once: leave the time out");
  }
  map.boolean("newcomers", fault.newcomers);
  map.boolean("forever", fault.forever);
  read_whom_and_what(map, fault.spec, names);
  return fault;
}

}  // namespace probate::yaml
