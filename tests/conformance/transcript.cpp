#include "tests/conformance/transcript.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

namespace probate::conformance {
namespace {

using mqtt::PropertyId;
using mqtt::QoS;

constexpr std::string_view kEventIndent = "    ";
constexpr std::uint8_t kFirstError = 0x80;

std::string without(const std::string& text, const std::string& prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string line_of_connack(const mqtt::Connack& connack) {
  std::string line = fmt::format("CONNACK {:#04x}", connack.reason);
  if (connack.session_present) line += " session_present";
  const auto keep_alive = mqtt::find_integer(connack.properties, PropertyId::server_keep_alive);
  if (keep_alive) line += fmt::format(" keep_alive={}", *keep_alive);
  if (mqtt::find_string(connack.properties, PropertyId::assigned_client_identifier) != nullptr) {
    line += " assigned_id";
  }
  return line;
}

std::string line_of_publish(const mqtt::Publish& publish, const std::string& prefix) {
  std::string line = fmt::format("PUBLISH {}", without(publish.topic, prefix));
  line += publish.payload.empty() ? " (empty)" : " " + publish.payload;
  if (publish.qos != QoS::at_most_once) line += fmt::format(" qos{}", int(publish.qos));
  if (publish.retain) line += " retained";
  if (publish.dup) line += " dup";
  const auto expires = mqtt::find_integer(publish.properties, PropertyId::message_expiry_interval);
  if (expires) line += fmt::format(" expires={}", *expires);
  return line;
}

std::string describe(const Event& event) {
  if (!event.after) return event.line + ", at once";
  return fmt::format("{}, after {:.1f} s", event.line, to_seconds(*event.after));
}

bool agree(const Event& a, const Event& b, Duration slack) {
  if (a.line != b.line) return false;
  const Duration apart = a.after.value_or(0s) - b.after.value_or(0s);
  if (a.after.has_value() != b.after.has_value()) return false;
  return std::chrono::abs(apart) <= slack;
}

void compare_clients(const StepEvents& expected, const StepEvents& actual, Duration slack,
                     std::vector<std::string>& out) {
  auto clients = expected.clients;
  for (const auto& [client, events] : actual.clients) clients.try_emplace(client);
  for (const auto& each : clients) {
    const std::string& client = each.first;
    const auto find = [&client](const StepEvents& step) {
      const auto found = step.clients.find(client);
      return found == step.clients.end() ? std::vector<Event>{} : found->second;
    };
    const std::vector<Event> wanted = find(expected);
    const std::vector<Event> got = find(actual);
    for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
      if (i < wanted.size() && i < got.size() && agree(wanted[i], got[i], slack)) continue;
      out.push_back(fmt::format("after \"{}\": {} gets {}, recorded is {}", expected.text, client,
                                i < got.size() ? describe(got[i]) : "nothing more",
                                i < wanted.size() ? describe(wanted[i]) : "nothing more"));
    }
  }
}

}  // namespace

std::string line_of(const mqtt::Packet& packet, const std::string& prefix) {
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) return line_of_connack(*connack);
  if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) {
    return line_of_publish(*publish, prefix);
  }
  if (const auto* suback = std::get_if<mqtt::Suback>(&packet)) {
    std::string line = "SUBACK";
    for (const std::uint8_t reason : suback->reasons) line += fmt::format(" {:#04x}", reason);
    return line;
  }
  if (const auto* disconnect = std::get_if<mqtt::Disconnect>(&packet)) {
    return fmt::format("DISCONNECT {:#04x}", disconnect->reason);
  }
  if (std::holds_alternative<mqtt::Unsuback>(packet)) return "UNSUBACK";
  // No Matching Subscribers, 0x10, is a courtesy that a broker may leave out.
  if (const auto* puback = std::get_if<mqtt::Puback>(&packet)) {
    const bool error = puback->reason >= kFirstError;
    return error ? fmt::format("PUBACK {:#04x}", puback->reason) : "PUBACK";
  }
  if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    return pubrec->reason >= kFirstError ? fmt::format("PUBREC {:#04x}", pubrec->reason) : "";
  }
  return "";
}

std::optional<mqtt::Packet> answer_to(const mqtt::Packet& packet) {
  if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) {
    if (publish->qos == QoS::at_least_once) return mqtt::Puback{publish->packet_id, 0, {}};
    if (publish->qos == QoS::exactly_once) return mqtt::Pubrec{publish->packet_id, 0, {}};
  }
  if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    if (pubrec->reason < kFirstError) return mqtt::Pubrel{pubrec->packet_id, 0, {}};
  }
  if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&packet)) {
    return mqtt::Pubcomp{pubrel->packet_id, 0, {}};
  }
  return std::nullopt;
}

std::string to_text(const Transcript& transcript) {
  std::string text;
  for (const StepEvents& step : transcript) {
    text += step.text + "\n";
    for (const auto& [client, events] : step.clients) {
      for (std::size_t i = 0; i < events.size();) {
        const std::string described = describe(events[i]);
        std::size_t same = i;
        while (same < events.size() && describe(events[same]) == described) ++same;
        text += fmt::format("{}{}: ", kEventIndent, client);
        if (same - i > 1) text += fmt::format("{} x ", same - i);
        text += described + "\n";
        i = same;
      }
    }
  }
  return text;
}

Transcript parse_transcript(std::string_view text) {
  Transcript transcript;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kEventIndent)) {
      transcript.push_back({line, {}});
      continue;
    }
    if (transcript.empty()) give_up(fmt::format("no step stands above \"{}\"", line));
    const std::size_t colon = line.find(": ");
    const std::size_t comma = line.rfind(", ");
    if (colon == std::string::npos || comma == std::string::npos || comma < colon) {
      give_up(fmt::format("\"{}\" is no event", line));
    }
    Event event;
    event.line = line.substr(colon + 2, comma - colon - 2);
    std::size_t count = 1;
    const std::size_t times = event.line.find(" x ");
    if (times != std::string::npos && times == event.line.find_first_not_of("0123456789")) {
      count = std::stoul(event.line.substr(0, times));
      event.line = event.line.substr(times + 3);
    }
    const std::string when = line.substr(comma + 2);
    if (when != "at once") event.after = from_seconds(std::stod(when.substr(sizeof "after")));
    const std::string client = line.substr(kEventIndent.size(), colon - kEventIndent.size());
    auto& events = transcript.back().clients[client];
    events.insert(events.end(), count, event);
  }
  return transcript;
}

std::vector<std::string> differences(const Transcript& expected, const Transcript& actual,
                                     Duration slack) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    if (i >= expected.size() || i >= actual.size() || expected[i].text != actual[i].text) {
      found.push_back(
          fmt::format("step {} of the script is not the recorded one: record it anew", i + 1));
      return found;
    }
    compare_clients(expected[i], actual[i], slack, found);
  }
  return found;
}

}  // namespace probate::conformance
