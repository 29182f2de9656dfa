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

bool ends_label(char c) { return c == ',' || c == '}' || c == ' ' || c == '"'; }

}  // namespace

const char* word(PolicyName name) {
  switch (name) {
    case PolicyName::naive_alarm:
      return "naive_alarm";
    case PolicyName::naive:
      return "naive";
    case PolicyName::debounce:
      return "debounce";
    case PolicyName::epoch:
      break;
  }
  return "epoch";
}

std::optional<std::string> why_not_applicable(const Scenario& scenario, const PolicySpec& policy) {
  for (std::size_t i = 0; i < scenario.devices.size(); ++i) {
    const DeviceConfig& kind = scenario.devices[i];
    const std::uint64_t count = devices_of_kind(scenario, i);
    if (count == 0 || !kind.will) continue;
    if (count > 1 && !says_who(*kind.will)) {
      return fmt::format("the will of \"{}\" does not say which device it is about", kind.name);
    }
    if (policy.name != PolicyName::epoch) continue;
    if (auto reason = epoch_lacks(kind)) return reason;
  }
  return std::nullopt;
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
