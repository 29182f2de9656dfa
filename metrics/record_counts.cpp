#include "metrics/record_counts.hpp"

#include <algorithm>

namespace probate::metrics {

void RecordCounts::add(const journal::Record& record) {
  const journal::Body& body = record.body;
  if (const auto* connect = std::get_if<journal::ConnectForwarded>(&body)) {
    forwarded(*connect);
  } else if (const auto* connack = std::get_if<journal::ConnackReceived>(&body)) {
    answered(record.at, *connack);
  } else if (const auto* close = std::get_if<journal::LegClosed>(&body)) {
    closed(*close);
  } else if (std::holds_alternative<journal::ConnectSwallowed>(body)) {
    ++connects_swallowed_;
  } else if (const auto* swallowed = std::get_if<journal::PacketSwallowed>(&body)) {
    ++packets_swallowed_[index_of(swallowed->direction)][index_of(swallowed->packet)];
  } else if (const auto* altered = std::get_if<journal::PacketAltered>(&body)) {
    ++packets_altered_[index_of(altered->how)];
  } else if (const auto* phase = std::get_if<journal::PhaseBegan>(&body)) {
    stage_ = Stage::in_phase;
    phase_ = phase->phase;
  } else if (std::holds_alternative<journal::DrainBegan>(body)) {
    stage_ = Stage::drain;
  } else if (std::holds_alternative<journal::RunEnded>(body)) {
    stage_ = Stage::ended;
  }
}

void RecordCounts::forwarded(const journal::ConnectForwarded& connect) {
  if (connect.twin || connect.device == kNoDevice) return;
  unanswered_.insert_or_assign(connect.connection, connect.device);
}

void RecordCounts::answered(Instant at, const journal::ConnackReceived& connack) {
  const auto found = unanswered_.find(connack.connection);
  if (found == unanswered_.end()) return;
  const DeviceId device = found->second;
  unanswered_.erase(found);
  if (connack.reason != 0) return;
  if (was_up_.size() <= device.index()) was_up_.resize(device.index() + 1);
  if (!was_up_[device.index()]) {
    was_up_[device.index()] = true;
    return;
  }
  const std::int64_t second = at.time_since_epoch() / 1s;
  if (second != second_) in_second_ = 0;
  second_ = second;
  peak_ = std::max(peak_, ++in_second_);
}

void RecordCounts::closed(const journal::LegClosed& close) {
  ++closes_[index_of(close.leg)][index_of(close.by)][index_of(close.how)];
  if (close.leg == journal::Leg::broker) unanswered_.erase(close.connection);
}

}  // namespace probate::metrics
