#include "core/scenario/errors.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace probate::scenario {
namespace {

constexpr std::array kErrors{
    // ---- E01xx: the text
    ErrorInfo{ErrorCode::yaml_syntax, "not YAML",
              "The file cannot be parsed as YAML; everything after this place is unread.",
              "will: {topic: \"/willmsg\"", "Close the brace, quote or indentation that is open."},
    ErrorInfo{ErrorCode::unknown_key, "unknown key",
              "A key that the language does not know at this place. It would otherwise be ignored, "
              "and the run would not do what the file says.",
              "devices: {meter: {keepalive: 10s}}", "devices: {meter: {keep_alive: 10s}}"},
    ErrorInfo{ErrorCode::duplicate_key, "key given twice",
              "A map has the same key twice. YAML readers silently keep one of them.",
              "fleet:\n  city: {device: meter, count: 10}\n  city: {device: meter, count: 20}",
              "Keep one, or give the second another name."},
    ErrorInfo{ErrorCode::wrong_kind, "wrong kind of value",
              "A map, a list or a single value stands where another kind is needed.",
              "phases: {name: steady, for: 1m}", "phases: [{name: steady, for: 1m}]"},
    ErrorInfo{ErrorCode::missing_key, "mandatory key missing",
              "A map lacks a key without which it has no meaning.", "fleet: {city: {count: 10}}",
              "fleet: {city: {device: meter, count: 10}}"},
    ErrorInfo{ErrorCode::missing_unit, "quantity without unit",
              "A bare number stands where a duration, rate or size is needed; guessing the unit "
              "would be wrong half of the time.",
              "keep_alive: 30", "keep_alive: 30s"},
    ErrorInfo{ErrorCode::bad_quantity, "not a quantity of that dimension",
              "The text is not a number with a unit of the dimension needed here: durations are "
              "90s, 2m30s, 250ms; rates 20/s, 2/h; shares 10%; sizes 64KiB.",
              "for: 5 minutes", "for: 5m"},
    ErrorInfo{ErrorCode::out_of_range, "value out of range",
              "The value is of the right kind but outside what the key allows.", "qos: 3",
              "qos: 0, 1 or 2"},
    ErrorInfo{ErrorCode::boolean_spelling, "ambiguous boolean",
              "yes, no, on and off are booleans in one version of YAML and texts in the other.",
              "retain: yes", "retain: true"},
    ErrorInfo{
        ErrorCode::octal_looking, "number that is not plainly decimal",
        "A number with a leading zero is octal to one YAML reader and decimal to another; 0x18 "
        "is 24 to one and a text to another.",
        "count: 010", "count: 10, or 8; quote it if it is a text"},
    ErrorInfo{ErrorCode::tab_character, "tab in the indentation",
              "YAML forbids tabs in indentation; editors show them at different widths.",
              "devices:\n\tmeter: {}", "Indent with spaces."},
    ErrorInfo{ErrorCode::several_documents, "several documents",
              "A scenario is one YAML document; a second one after `---` would be ignored.",
              "version: 1\n---\nversion: 1", "One file each; share parts with include:."},
    ErrorInfo{ErrorCode::language_version, "version missing or unknown",
              "The file must say which version of the language it is written in.", "name: test",
              "version: 1"},
    ErrorInfo{ErrorCode::not_supported, "not supported by this version",
              "The language defines this key or word, but this version of Probate cannot do it. It "
              "is refused, because a key that is ignored makes a verdict a lie.",
              "broker: {address: \"b:8883\", tls: {ca: ca.pem}}",
              "Leave the key out, or use a version that has it."},
    ErrorInfo{ErrorCode::too_many_nodes, "too many nodes",
              "The file has more than 100,000 values once aliases are expanded.",
              "a: &a [x, x]\nb: &b [*a, *a]\n…", "Use fewer or smaller anchors."},
    ErrorInfo{ErrorCode::bad_merge, "`<<` without a map",
              "The merge key takes a map, or a list of maps, usually by alias.", "<<: 5",
              "<<: *defaults"},
    ErrorInfo{ErrorCode::variable_missing, "variable not set",
              "${VAR} names an environment variable that is not set and has no default, or "
              "${VAR:?message} asks for it.",
              "address: \"${BROKER}\"", "address: \"${BROKER:-localhost:1883}\""},
    ErrorInfo{ErrorCode::variable_syntax, "malformed ${…}",
              "A variable is ${NAME}, ${NAME:-default} or ${NAME:?message}; $$ is a dollar sign.",
              "name: \"${1x}\"", "name: \"${X1}\""},
    ErrorInfo{ErrorCode::include_not_found, "included file not found",
              "A file under include: cannot be opened; paths are relative to the including file.",
              "include: [devices.yml]", "include: [devices.yaml]"},
    ErrorInfo{ErrorCode::include_cycle, "include goes round, or too deep",
              "A file includes itself, directly or through others, or the chain is too long.",
              "# a.yaml\ninclude: [a.yaml]",
              "Move what is shared into a file that includes nothing."},
    ErrorInfo{ErrorCode::file_too_large, "file too large", "A scenario file may have 1 MiB.",
              "(a file of 2 MiB)", "A fleet is described by groups, not device by device."},
    ErrorInfo{ErrorCode::nested_too_deep, "nested too deep",
              "Maps and lists may be nested 64 deep.", "[[[[…]]]]", "Flatten it."},
    ErrorInfo{ErrorCode::unknown_word, "unknown word", "The key takes one of a fixed set of words.",
              "do: half-open", "do: half_open"},
    ErrorInfo{ErrorCode::unknown_preset, "unknown preset",
              "No built-in preset and no file has that name.", "preset: luat", "preset: luat-3.1"},
    ErrorInfo{ErrorCode::bad_template, "malformed template",
              "A text with {…} has an unknown placeholder, a bad width or an open brace.",
              "client_id: \"dev-{idx}\"", "client_id: \"dev-{index:05}\"; a brace itself is {{"},
    ErrorInfo{ErrorCode::bad_override, "--set cannot be applied",
              "--set takes PATH=VALUE, where PATH leads to a place the language knows.",
              "--set fleet.city.cuont=5", "--set fleet.city.count=5"},
    ErrorInfo{ErrorCode::file_unreadable, "file cannot be read",
              "A file that the scenario names, or the scenario itself, cannot be read.",
              "password_file: secret.txt", "Create it, or correct the path or its permissions."},
    ErrorInfo{ErrorCode::bad_distribution, "malformed distribution",
              "A distribution is {uniform: [a, b]} with a ≤ b, {exponential: mean} or "
              "{lognormal: {median:, p99:}} with 0 < median ≤ p99.",
              "for: {uniform: [10s, 2s]}", "for: {uniform: [2s, 10s]}"},
    ErrorInfo{ErrorCode::empty_file, "empty file",
              "The file holds no scenario or, as a file of rules, no rule.", "# only a comment",
              "Start from a file in scenarios/."},
    ErrorInfo{ErrorCode::conflicting_keys, "keys that exclude each other",
              "Two keys are given of which only one can hold.",
              "broker: {managed: mosquitto, address: \"b:1883\"}", "Keep one of them."},
    ErrorInfo{ErrorCode::bad_encoding, "not UTF-8",
              "The file holds bytes that are not UTF-8, or a NUL.", "(a Latin-1 umlaut)",
              "Save the file as UTF-8."},
    ErrorInfo{ErrorCode::bad_key_or_tag, "key or tag that YAML allows and we do not",
              "Keys are plain texts, and tags such as !!str are not used.", "? [a, b]\n: 1",
              "Use a plain key; quote the value instead of tagging it."},
    ErrorInfo{ErrorCode::bad_timing, "malformed timing",
              "A fault fires at: PHASE + DURATION, or every: DURATION, during: PHASE, or "
              "rate: N/h, during: PHASE; exactly one of the three.",
              "at: storm 10s", "at: storm + 10s"},
    ErrorInfo{ErrorCode::unknown_profile, "unknown broker profile",
              "No built-in profile and no file has that name.", "profile: mosquitto",
              "profile: mosquitto-2.0.11"},

    // ---- E02xx: the meaning
    ErrorInfo{ErrorCode::unknown_name, "name of nothing",
              "A name refers to a device, group, phase or fault that the file does not define.",
              "fleet: {city: {device: metre, count: 1}}",
              "fleet: {city: {device: meter, count: 1}}"},
    ErrorInfo{ErrorCode::duplicate_name, "name used twice",
              "Two things of the same sort have the same name; nothing could refer to either.",
              "phases: [{name: a, for: 1m}, {name: a, for: 1m}]", "Give each its own name."},
    ErrorInfo{ErrorCode::bad_name, "name not usable",
              "Names become metric labels and file names: 1 to 64 of a-z, 0-9, `_` and `-`.",
              "name: Storm!", "name: storm"},
    ErrorInfo{ErrorCode::too_many, "more than the limit",
              "Limits keep metrics and reports readable: 64 groups, 64 kinds of device, 64 phases, "
              "200 faults, 50 gate rules.",
              "(65 groups)", "Merge groups that need no figure of their own."},
    ErrorInfo{ErrorCode::no_phase, "no phase", "Without a phase nothing happens.", "phases: []",
              "phases: [{name: steady, for: 1m}]"},
    ErrorInfo{ErrorCode::auto_phase_not_last, "`for: auto` before the last phase",
              "`for: auto` heals every fault and waits until every will is due; what came after it "
              "would be judged with nothing left to wait for it.",
              "phases: [{name: settle, for: auto}, {name: storm, for: 5m}]",
              "Make settle the last phase."},
    ErrorInfo{
        ErrorCode::online_before_connect, "waits for devices that nobody connects",
        "`until: {online: …}` stands in a phase before the one that connects the devices.",
        "phases: [{name: a, until: {online: 90%, timeout: 1m}}, {name: b, connect: {}, for: 1m}]",
        "Move connect: to that phase or an earlier one."},
    ErrorInfo{
        ErrorCode::connect_twice, "connect: in two phases",
        "A device connects for the first time once; after that its own reconnect policy "
        "rules, and leave or power_cut take it away.",
        "phases: [{name: a, connect: {}, for: 1m}, {name: b, connect: {}, for: 1m}]",
        "Keep connect: in the first of them; to bring devices back later use a fault: leave."},
    ErrorInfo{ErrorCode::duration_range, "duration out of range",
              "The duration is zero, negative or longer than the key allows; or a phase is over "
              "before the last of the devices that it connects and waits for has begun to.",
              "judge: {horizon: 0s}", "judge: {horizon: 5s}"},
    ErrorInfo{ErrorCode::connect_rate, "impossible connect rate",
              "connect.rate must be above 0 and at most 1,000,000/s.", "connect: {rate: 0/s}",
              "connect: {rate: 200/s}"},
    ErrorInfo{ErrorCode::whole_seconds, "not whole seconds",
              "Keep-alive, will delay and session expiry travel as whole seconds in MQTT.",
              "keep_alive: 2500ms", "keep_alive: 3s"},
    ErrorInfo{ErrorCode::keep_alive_range, "keep-alive above 65,535 s",
              "Keep-alive is a 16-bit number of seconds.", "keep_alive: 24h", "keep_alive: 18h"},
    ErrorInfo{ErrorCode::mqtt5_only, "needs MQTT 5",
              "Will delay and session expiry exist in MQTT 5 only; a 3.x device cannot send them.",
              "protocol: \"3.1.1\"\nwill: {topic: t, payload: p, delay: 20s}", "protocol: \"5\""},
    ErrorInfo{ErrorCode::topic_missing, "message without a topic",
              "A will, birth or publish needs a topic.", "will: {payload: gone}",
              "will: {topic: \"/willmsg\", payload: gone}"},
    ErrorInfo{ErrorCode::bad_topic, "topic that cannot be published to",
              "A topic name has at least one byte, at most 65,535, and no `+`, `#` or NUL; "
              "placeholders are filled in before this is checked.",
              "will: {topic: \"/device/+/will\"}", "will: {topic: \"/device/{client_id}/will\"}"},
    ErrorInfo{ErrorCode::bad_filter, "malformed topic filter",
              "`+` must fill a level, `#` must be the last level.", "wills: [\"/device+/will\"]",
              "wills: [\"/device/+/will\"]"},
    ErrorInfo{ErrorCode::duplicate_client_id, "ClientID used twice",
              "Two devices of the fleet would have the same ClientID and take each other over for "
              "ever. To test that, use the fault duplicate_login.",
              "client_id: \"meter\"", "client_id: \"meter-{index:05}\""},
    ErrorInfo{
        ErrorCode::bad_client_id, "ClientID not usable",
        "Each device needs a ClientID of 1 to 65,535 bytes; with none, the broker invents one "
        "and the device cannot be followed.",
        "client_id: \"\"", "client_id: \"meter-{index}\""},
    ErrorInfo{ErrorCode::fleet_size, "too many devices",
              "A scenario may have 1,000,000 devices; a proxy tells 10,000 ClientIDs apart.",
              "count: 2000000", "Split the fleet over several runs."},
    ErrorInfo{ErrorCode::outside_phase, "fires after its phase",
              "The offset lies behind the end of the phase, so the fault would never fire.",
              "phases: [{name: storm, for: 1m}]\nfaults: [{at: storm + 2m}]", "at: storm + 30s"},
    ErrorInfo{ErrorCode::fault_rate, "impossible rate or period",
              "every: must be above 0, rate: above 0 and finite.", "every: 0s", "every: 5s"},
    ErrorInfo{
        ErrorCode::bad_selector, "selector that cannot choose",
        "share is above 0 % and at most 100 %, count at least 1, hash I/N has I < N, share and "
        "count exclude each other, and some ClientID of the fleet matches devices.",
        "on: {hash: 4/4}", "on: {hash: 3/4}"},
    ErrorInfo{ErrorCode::never_returns, "device_returns without a way to notice",
              "The device can never learn that its link is dead, so it never returns and the fault "
              "never ends.",
              "do: half_open\nnotices: never\nuntil: device_returns",
              "notices: {uniform: [2s, 10s]}, or for: 2m, or notices: own with a pingresp_timeout"},
    ErrorInfo{ErrorCode::length_needed, "fault without an end",
              "The device would be away until settle without the file saying so.", "do: leave",
              "do: leave, for: 30s"},
    ErrorInfo{ErrorCode::too_many_firings, "too many firings",
              "The timing gives more than 10,000,000 firings.", "rate: 100000/h, during: storm",
              "Lower the rate or shorten the phase."},
    ErrorInfo{ErrorCode::policy_not_applicable, "gate rule about a policy that cannot work here",
              "The policy needs something that the devices do not send, so it has no figures.",
              "expect: \"false_offline_ratio{policy=epoch} == 0\"  # no {epoch} in will and birth",
              "Put {epoch} into will and birth, or judge another policy."},
    ErrorInfo{ErrorCode::pointless_fault, "fault that does nothing",
              "The parameters leave the fault without an effect.", "do: duplicate_login, logins: 0",
              "do: duplicate_login, logins: 1"},
    ErrorInfo{ErrorCode::bad_broker, "broker not usable",
              "broker is either managed, or an address HOST:PORT with a port from 1 to 65,535.",
              "broker: {address: \":1883\"}", "broker: {address: \"broker.lab:1883\"}"},
    ErrorInfo{ErrorCode::bad_statistics, "confidence or sample size out of range",
              "confidence lies strictly between 50 % and 100 %; min_samples is at least 1.",
              "confidence: 100%", "confidence: 95%"},
    ErrorInfo{ErrorCode::time_scale, "time scale too strong",
              "After dividing by the time scale a keep-alive, will delay or session expiry is no "
              "whole number of seconds ≥ 1; MQTT cannot carry it.",
              "--time-scale 20 with keep_alive: 10s", "--time-scale 10"},
    ErrorInfo{ErrorCode::duplicate_policy, "presence policy listed twice",
              "Two policies would have the same label.", "presence: [naive, naive]",
              "presence: [naive]"},
    ErrorInfo{ErrorCode::share_range, "share out of range",
              "A share of the fleet is above 0 % and at most 100 %.", "until: {online: 120%}",
              "until: {online: 99%}"},
    ErrorInfo{ErrorCode::length_not_used, "length that has no meaning",
              "The fault is over at once, or ends by itself; for: or ramp: would be ignored.",
              "do: drop, for: 10s", "do: drop"},
    ErrorInfo{ErrorCode::real_devices, "not for real devices",
              "The devices behind `probate proxy` are real: they are described by nobody, come by "
              "themselves, and cannot be told to leave or to boot.",
              "probate proxy --scenario with devices: or do: power_cut",
              "Take the key out; select by ClientID, and let phases only wait."},
    ErrorInfo{ErrorCode::simulated_devices, "not for simulated devices",
              "What a real device comes with (user name, address, listener, the name that its TLS "
              "asks for) is known of real devices only: those behind `probate proxy`.",
              "on: {username: \"meter-*\"}", "on: {devices: \"meter-*\"}"},

    // ---- E03xx: gate rules
    ErrorInfo{ErrorCode::rule_syntax, "rule cannot be parsed",
              "A rule compares a value with a quantity.", "expect: \"wills_missing = 0\"",
              "expect: \"wills_missing == 0\""},
    ErrorInfo{ErrorCode::rule_unknown_metric, "unknown metric",
              "No metric or derived figure has that name; `probate list metrics` shows them.",
              "expect: \"will_missing == 0\"", "expect: \"wills_missing == 0\""},
    ErrorInfo{ErrorCode::rule_unknown_label, "unknown label or label value",
              "The metric has no such label, or the run cannot produce that value.",
              "expect: \"false_offline_ratio{policy=hybird} < 1%\"",
              "expect: \"false_offline_ratio{policy=naive} < 1%\""},
    ErrorInfo{ErrorCode::rule_kinds_differ, "compares different kinds",
              "A ratio cannot be compared with a time, nor a counter have a percentile.",
              "expect: \"false_offline_ratio{policy=naive} < 5ms\"",
              "expect: \"false_offline_ratio{policy=naive} < 5%\""},
    ErrorInfo{ErrorCode::rule_no_bound, "no confidence bound exists",
              "Bounds exist for proportions of counted trials only.",
              "expect: \"p99(will_lateness) < 2s\", confidence: 95%",
              "Leave confidence out, or judge a ratio."},
    ErrorInfo{
        ErrorCode::rule_scope, "over: or per: not usable",
        "over is run, phase NAME, fault NAME or last DURATION; per is group, fault or policy.",
        "over: storm", "over: phase storm"},
};

constexpr bool ascending() {
  for (std::size_t i = 1; i < kErrors.size(); ++i) {
    if (kErrors[i - 1].code >= kErrors[i].code) return false;
  }
  return true;
}
static_assert(ascending(), "find_error() searches by code");

}  // namespace

std::string to_text(ErrorCode code) {
  return fmt::format("E{:04}", static_cast<std::uint16_t>(code));
}

std::span<const ErrorInfo> all_errors() { return kErrors; }

const ErrorInfo* find_error(std::string_view code) {
  if (code.size() != 5 || (code[0] != 'E' && code[0] != 'e')) return nullptr;
  std::uint16_t number = 0;
  for (const char c : code.substr(1)) {
    if (c < '0' || c > '9') return nullptr;
    number = static_cast<std::uint16_t>(number * 10 + (c - '0'));
  }
  const auto at = std::lower_bound(kErrors.begin(), kErrors.end(), number,
                                   [](const ErrorInfo& info, std::uint16_t wanted) {
                                     return static_cast<std::uint16_t>(info.code) < wanted;
                                   });
  if (at == kErrors.end() || static_cast<std::uint16_t>(at->code) != number) return nullptr;
  return &*at;
}

}  // namespace probate::scenario
