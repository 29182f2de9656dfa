#include "core/scenario/policies.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace probate::scenario {
namespace {

using device::DeviceConfig;
using device::MessageConfig;

bool uses(const MessageConfig& message, Placeholder placeholder) {
  return message.topic.uses(placeholder) || message.payload.uses(placeholder);
}

bool says_who(const MessageConfig& message) {
  return uses(message, Placeholder::client_id) || uses(message, Placeholder::index);
}

bool says_which_connection(const DeviceConfig& kind, const MessageConfig& message) {
  if (uses(message, Placeholder::epoch) || uses(message, Placeholder::bdseq)) return true;
  return uses(message, Placeholder::client_id) && kind.client_id.uses(Placeholder::epoch);
}

std::uint64_t devices_of_kind(const Scenario& scenario, std::size_t kind) {
  std::uint64_t count = 0;
  for (const GroupSpec& group : scenario.fleet) count += group.device == kind ? group.count : 0;
  return count;
}

std::optional<std::string> epoch_lacks(const DeviceConfig& kind) {
  if (!says_which_connection(kind, *kind.will)) {
    return fmt::format("the will of \"{}\" carries neither {{epoch}} nor {{bdseq}}", kind.name);
  }
  if (!kind.birth) {
    return fmt::format("\"{}\" has a will but no birth to compare its epoch with", kind.name);
  }
  if (!says_which_connection(kind, *kind.birth)) {
    return fmt::format("the birth of \"{}\" carries neither {{epoch}} nor {{bdseq}}", kind.name);
  }
  return std::nullopt;
}

std::optional<std::string> retained_lacks(const DeviceConfig& kind) {
  if (!kind.birth) {
    return fmt::format("\"{}\" has a will but no birth: no status topic", kind.name);
  }
  if (kind.will->topic != kind.birth->topic) {
    return fmt::format("will and birth of \"{}\" have different topics, not one status topic",
                       kind.name);
  }
  if (!kind.will->retain || !kind.birth->retain) {
    return fmt::format("{} of \"{}\" is not retained", kind.will->retain ? "the birth" : "the will",
                       kind.name);
  }
  if (!kind.farewell) return std::nullopt;
  if (kind.farewell->retain && kind.farewell->topic == kind.will->topic) return std::nullopt;
  return fmt::format("the farewell of \"{}\" is no retained value of its status topic", kind.name);
}

bool speaks_at_intervals(const DeviceConfig& kind) {
  if (kind.luat_loop) return says_who(kind.luat_loop->report);
  return std::any_of(kind.publish.begin(), kind.publish.end(), says_who);
}

std::optional<std::string> lacks(const DeviceConfig& kind, PolicyName policy) {
  switch (policy) {
    case PolicyName::epoch:
    case PolicyName::sparkplug:
    case PolicyName::hybrid:
      return epoch_lacks(kind);
    case PolicyName::retained:
      return retained_lacks(kind);
    case PolicyName::naive_alarm:
    case PolicyName::naive:
    case PolicyName::naive_birth:
    case PolicyName::debounce:
    case PolicyName::last_seen:
    case PolicyName::last_seen_will:
    case PolicyName::aws_lifecycle:
    case PolicyName::broker_events:
      return std::nullopt;
  }
  return std::nullopt;
}

bool lives_by_messages(PolicyName policy) {
  return policy == PolicyName::last_seen || policy == PolicyName::last_seen_will;
}

bool ends_label(char c) { return c == ',' || c == '}' || c == ' ' || c == '"'; }

}  // namespace

const char* word(PolicyName name) {
  switch (name) {
    case PolicyName::naive_alarm:
      return "naive_alarm";
    case PolicyName::naive:
      return "naive";
    case PolicyName::naive_birth:
      return "naive_birth";
    case PolicyName::debounce:
      return "debounce";
    case PolicyName::epoch:
      return "epoch";
    case PolicyName::sparkplug:
      return "sparkplug";
    case PolicyName::retained:
      return "retained";
    case PolicyName::last_seen:
      return "last_seen";
    case PolicyName::last_seen_will:
      return "last_seen_will";
    case PolicyName::hybrid:
      return "hybrid";
    case PolicyName::aws_lifecycle:
      return "aws_lifecycle";
    case PolicyName::broker_events:
      break;
  }
  return "broker_events";
}

PolicyParameters parameters_of(PolicyName name) {
  switch (name) {
    case PolicyName::debounce:
    case PolicyName::aws_lifecycle:
      return {.wait = true, .heartbeat = false};
    case PolicyName::last_seen:
      return {.wait = false, .heartbeat = true};
    case PolicyName::last_seen_will:
    case PolicyName::hybrid:
      return {.wait = true, .heartbeat = true};
    case PolicyName::naive_alarm:
    case PolicyName::naive:
    case PolicyName::naive_birth:
    case PolicyName::epoch:
    case PolicyName::sparkplug:
    case PolicyName::retained:
    case PolicyName::broker_events:
      break;
  }
  return {};
}

Duration default_wait(PolicyName name) { return name == PolicyName::aws_lifecycle ? 5s : 10s; }

Duration longest_wait(const Scenario& scenario) {
  Duration longest{};
  for (const PolicySpec& policy : scenario.backend.presence) {
    if (parameters_of(policy.name).wait) longest = std::max(longest, policy.wait);
  }
  return longest;
}

bool needs_broker_events(PolicyName name) {
  return name == PolicyName::aws_lifecycle || name == PolicyName::broker_events;
}

std::optional<std::string> why_not_applicable(const Scenario& scenario, const PolicySpec& policy) {
  if (needs_broker_events(policy.name)) return std::nullopt;
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    const DeviceConfig& kind = scenario.devices[i];
    const std::uint64_t count = devices_of_kind(scenario, i);
    if (count == 0) continue;
    if (lives_by_messages(policy.name) &&
        !(count > 1 ? speaks_at_intervals(kind) : kind.luat_loop || !kind.publish.empty())) {
      return fmt::format(
          "\"{}\" publishes nothing at intervals that says who it is: its silence "
          "means nothing",
          kind.name);
    }
    if (!kind.will || policy.name == PolicyName::last_seen) continue;
    if (count > 1 && !says_who(*kind.will)) {
      return fmt::format("the will of \"{}\" does not say which device it is about", kind.name);
    }
    if (auto reason = lacks(kind, policy.name)) return reason;
  }
  return std::nullopt;
}

bool counts_messages(const Scenario& scenario, const PolicySpec& policy) {
  return parameters_of(policy.name).heartbeat && !why_not_applicable(scenario, policy);
}

bool counts_messages(const Scenario& scenario) {
  const auto& presence = scenario.backend.presence;
  return std::any_of(presence.begin(), presence.end(), [&scenario](const PolicySpec& policy) {
    return counts_messages(scenario, policy);
  });
}

std::optional<Duration> shortest_silence(const Scenario& scenario) {
  std::optional<Duration> shortest;
  for (const PolicySpec& policy : scenario.backend.presence) {
    if (!counts_messages(scenario, policy)) continue;
    shortest = std::min(shortest.value_or(policy.silence()), policy.silence());
  }
  return shortest;
}

bool names_policy(std::string_view expect, std::string_view label) {
  constexpr std::string_view kKey = "policy";
  for (std::size_t at = expect.find(kKey); at != expect.npos; at = expect.find(kKey, at + 1)) {
    std::string_view rest = expect.substr(at + kKey.size());
    const auto skip = [&rest](std::string_view what) {
      rest.remove_prefix(std::min(rest.find_first_not_of(what), rest.size()));
    };
    skip(" ");
    if (!rest.starts_with('=') || rest.starts_with("=~")) continue;
    rest.remove_prefix(1);
    skip(" \"");
    if (!rest.starts_with(label)) continue;
    if (rest.size() == label.size() || ends_label(rest[label.size()])) return true;
  }
  return false;
}

}  // namespace probate::scenario
