#include "sim/yaml/policy_text.hpp"

#include <fmt/format.h>

#include "core/scenario/policies.hpp"

namespace probate::yaml {
namespace {

using scenario::PolicyName;

// Tests hold these to the table of docs/verdicts.md.
const char* rule_of(PolicyName name) {
  switch (name) {
    case PolicyName::naive_alarm:
      return "a will means offline, for good";
    case PolicyName::naive:
      return "a will or farewell means offline, a birth or any message online. Ignores RETAIN";
    case PolicyName::naive_birth:
      return "as naive, but only a birth means online";
    case PolicyName::debounce:
      return "as naive, but a will counts only if no birth or message follows within N. Knows "
             "no farewell";
    case PolicyName::epoch:
      return "a will or farewell counts only if no later epoch was heard; a birth after the "
             "will of its own epoch is too late; a will of an epoch not heard of before "
             "counts; messages without an epoch say nothing. From a bdSeq alone the nearest "
             "epoch is taken";
    case PolicyName::sparkplug:
      return "a birth (NBIRTH) means online and sets the bdSeq; a will (NDEATH) or farewell "
             "counts only if its bdSeq equals that of the birth before it. Equality, not "
             "order: 0 follows 255, a second death is ignored, a birth behind its own death "
             "brings the node back";
    case PolicyName::retained:
      return "will, birth and farewell are values of one retained status topic: the last one "
             "counts, live or read at a subscription";
    case PolicyName::last_seen:
      return "a birth or message means online; more than heartbeat × misses after the last one"
             " it is offline. Wills, farewells and retained copies are ignored";
    case PolicyName::last_seen_will:
      return "as last_seen, but a will shortens the wait: offline unless something is heard "
             "within N";
    case PolicyName::hybrid:
      return "epoch; but a will of the current or a later epoch counts only if no later epoch "
             "and no message without an epoch follows within N; and last_seen as a net below "
             "it. Offline by a will or a farewell is dead: only a later epoch brings the "
             "device back. Offline by silence is suspect: any message does, but one of an "
             "older connection";
    case PolicyName::aws_lifecycle:
      return "the broker's events by version number: connected counts if newer, disconnected, "
             "if not older, begins a wait (5 s) that a newer connected ends. After more than "
             "an hour offline any number counts as new";
    case PolicyName::broker_events:
      return "the broker's events by sequence number: connected if newer, disconnected if not "
             "older. Without numbers by the broker's own time and the session: the end of a "
             "session that another has replaced says nothing";
  }
  return "";
}

const char* needs_of(PolicyName name) {
  switch (name) {
    case PolicyName::epoch:
    case PolicyName::sparkplug:
    case PolicyName::hybrid:
      return "{epoch} or {bdseq} in will and birth, or a ClientID that carries the epoch";
    case PolicyName::retained:
      return "will, birth and farewell retained on one topic";
    case PolicyName::last_seen:
      return "a message at intervals that says which device it is from";
    case PolicyName::last_seen_will:
      return "a message at intervals, and a will, that say which device they are about";
    case PolicyName::aws_lifecycle:
    case PolicyName::broker_events:
      return "the broker's own events: virtual runs and foreign logs have them";
    case PolicyName::naive_alarm:
    case PolicyName::naive:
    case PolicyName::naive_birth:
    case PolicyName::debounce:
      break;
  }
  return "a will that says which device it is about";
}

std::string written_as(PolicyName name) {
  const scenario::PolicyParameters takes = scenario::parameters_of(name);
  const scenario::PolicySpec standard{.name = name, .wait = scenario::default_wait(name)};
  const std::string heartbeat = fmt::format("heartbeat: {}, misses: {}",
                                            probate::to_text(standard.heartbeat), standard.misses);
  if (takes.wait && takes.heartbeat) {
    return fmt::format("{{{}: {{wait: {}, {}}}}}", scenario::word(name),
                       probate::to_text(standard.wait), heartbeat);
  }
  if (takes.heartbeat) return fmt::format("{{{}: {{{}}}}}", scenario::word(name), heartbeat);
  if (takes.wait)
    return fmt::format("{{{}: {}}}", scenario::word(name), probate::to_text(standard.wait));
  return scenario::word(name);
}

}  // namespace

std::vector<std::string_view> policy_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < scenario::kPolicyNameCount; ++i) {
    names.emplace_back(scenario::word(static_cast<PolicyName>(i)));
  }
  return names;
}

std::optional<PolicyText> policy_text(std::string_view name) {
  for (std::size_t i = 0; i < scenario::kPolicyNameCount; ++i) {
    const auto policy = static_cast<PolicyName>(i);
    if (scenario::word(policy) != name) continue;
    return PolicyText{std::string{name}, rule_of(policy), needs_of(policy), written_as(policy)};
  }
  return std::nullopt;
}

}  // namespace probate::yaml
