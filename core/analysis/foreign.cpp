#include "core/analysis/foreign.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "core/mqtt/topics.hpp"

namespace probate::analysis {

void ForeignLog::enroll(const std::string& client_id) {
  if (client_id.empty() || ids_.count(client_id) > 0) return;
  if (ids_.size() >= kDevicesMax) {
    left_out_ = true;
    return;
  }
  ids_.emplace(client_id, DeviceId{static_cast<std::uint32_t>(ids_.size())});
  connections_.push_back(0);
}

DeviceId ForeignLog::find(const std::string& client_id) const {
  const auto found = ids_.find(client_id);
  return found == ids_.end() ? kNoDevice : found->second;
}

void ForeignLog::survey(const journal::Record& record) {
  if (const auto* connect = std::get_if<journal::ConnectForwarded>(&record.body)) {
    enroll(connect->client_id);
    speaks_v5_ |= connect->version == mqtt::Version::v5;
    if (!connect->will) return;
    will_topics_.insert(std::hash<std::string>{}(connect->will->topic));
    is_every_will_retained_ &= connect->will->retain;
    return;
  }
  if (const auto* event = std::get_if<journal::BrokerEvent>(&record.body)) {
    return enroll(event->client_id);
  }
  const auto* seen = std::get_if<journal::Observed>(&record.body);
  if (seen != nullptr) survey(*seen);
}

void ForeignLog::survey(const journal::Observed& seen) {
  enroll(seen.client_id);
  has_messages_ |= seen.kind == journal::MessageKind::message;
  if (seen.kind == journal::MessageKind::will) wills_carry_epochs_ |= seen.epoch != 0;
  const bool is_birth = seen.kind == journal::MessageKind::birth;
  if (is_birth || seen.kind == journal::MessageKind::farewell) {
    is_every_state_on_will_topics_ &= will_topics_.count(std::hash<std::string>{}(seen.topic)) > 0;
  }
  if (!is_birth) return;
  has_births_ = true;
  births_carry_epochs_ |= seen.epoch != 0;
}

bool ForeignLog::NumbersSeen::has(std::uint64_t number) const {
  const auto behind = ends_.upper_bound(number);
  return behind != ends_.begin() && std::prev(behind)->second > number;
}

void ForeignLog::NumbersSeen::add(std::uint64_t number) {
  if (has(number)) return;
  auto behind = ends_.upper_bound(number);
  std::uint64_t end = number + 1;
  if (behind != ends_.end() && behind->first == end) {
    end = behind->second;
    behind = ends_.erase(behind);
  }
  if (behind != ends_.begin() && std::prev(behind)->second == number) {
    std::prev(behind)->second = end;
  } else {
    ends_.emplace_hint(behind, number, end);
  }
}

namespace {

template <typename Record, typename... Records>
constexpr bool kIsOneOf = (std::is_same_v<Record, Records> || ...);

// The connection that a record tells of which must have begun before it.
std::optional<ConnectionId> connection_gone_on(const journal::Body& body) {
  return std::visit(
      [](const auto& record) -> std::optional<ConnectionId> {
        using Record = std::decay_t<decltype(record)>;
        if constexpr (kIsOneOf<Record, journal::ConnackReceived, journal::SessionUp,
                               journal::DisconnectForwarded, journal::DisconnectReceived,
                               journal::ConnectRepeated, journal::SilenceBegan,
                               journal::SilenceEnded, journal::LegClosed>) {
          return record.connection;
        } else {
          return std::nullopt;
        }
      },
      body);
}

// What was before a record cannot be later than it.
std::string complaint_of_times(const journal::Record& record) {
  const char* late = nullptr;
  const auto is_late = [&](Instant before) { return before != Instant{} && before > record.at; };
  std::visit(
      [&](const auto& body) {
        if constexpr (requires { body.from; }) {
          if (is_late(body.from)) late = "from_ns";
        }
        if constexpr (requires { body.last_uplink_packet_at; }) {
          if (is_late(body.last_uplink_packet_at)) late = "last_uplink_packet_at_ns";
          if (is_late(body.last_uplink_bytes_at)) late = "last_uplink_bytes_at_ns";
        }
      },
      record.body);
  if (late == nullptr) return {};
  return fmt::format("{} is later than the record's at_ns: it tells of what was before", late);
}

// A will that only a wrong filter does not match would be called a mismatch.
std::string complaint_of(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters) {
    if (mqtt::is_topic_filter(filter)) continue;
    return fmt::format(
        "\"{}\" is no topic filter: + stands alone in a level, # alone in the last one", filter);
  }
  return {};
}

}  // namespace

std::string ForeignLog::place(journal::Record& record) {
  if (std::string complaint = complaint_of_times(record); !complaint.empty()) return complaint;
  if (auto* connect = std::get_if<journal::ConnectForwarded>(&record.body)) {
    if (opened_.has(connect->connection.value)) {
      return fmt::format(
          "connection {} had its connect_forwarded before: give every connection a number of its "
          "own (a second CONNECT on one is connect_repeated)",
          connect->connection.value);
    }
    opened_.add(connect->connection.value);
    connect->device = find(connect->client_id);
    if (connect->device == kNoDevice) return {};
    Epoch& count = connections_[connect->device.index()];
    connect->epoch = std::max(connect->epoch, count + 1);
    count = connect->epoch;
    return {};
  }
  if (const auto* swallowed = std::get_if<journal::ConnectSwallowed>(&record.body)) {
    opened_.add(swallowed->connection.value);
    return {};
  }
  if (const auto connection = connection_gone_on(record.body)) {
    if (opened_.has(connection->value)) return {};
    return fmt::format(
        "connection {} has no connect_forwarded before this: sort the log by at_ns, and leave out "
        "what began before it",
        connection->value);
  }
  if (auto* event = std::get_if<journal::BrokerEvent>(&record.body)) {
    event->device = find(event->client_id);
    return {};
  }
  if (const auto* up = std::get_if<journal::ObserverUp>(&record.body)) {
    return complaint_of(up->filters);
  }
  auto* seen = std::get_if<journal::Observed>(&record.body);
  if (seen != nullptr) seen->device = find(seen->client_id);
  return {};
}

std::string ForeignLog::scenario_text() const {
  // A live copy never carries RETAIN, so the topic tells it of births.
  const bool is_retained =
      !will_topics_.empty() && is_every_will_retained_ && is_every_state_on_will_topics_;
  const auto topic_of = [is_retained](const char* otherwise) {
    return is_retained ? std::string{"state/{client_id}\", retain: true"}
                       : std::string{otherwise} + "/{client_id}\"";
  };
  std::string text = R"(version: 1
name: foreign-log
about: A log that was not written by a run.
devices:
  device:
    client_id: "device-{index}"
    will: {topic: ")";
  text += topic_of("will") + ", payload: \"gone";
  text += wills_carry_epochs_ ? " {epoch}\"}\n" : "\"}\n";
  if (has_births_) {
    text += "    birth: {topic: \"" + topic_of("birth") + ", payload: \"up";
    text += births_carry_epochs_ ? " {epoch}\"}\n" : "\"}\n";
  }
  if (has_messages_) {
    text += R"(    publish: [{topic: "message/{client_id}", payload: "{seq}", every: 1m}])";
    text += '\n';
  }
  text += R"(fleet:
  log: {device: device, count: 2}
phases:
  - {name: log, for: 24h}
backend:
  wills: ["#"]
)";
  return text;
}

}  // namespace probate::analysis
