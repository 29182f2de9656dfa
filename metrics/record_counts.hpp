// What the metrics need of the journal beyond the judge's totals.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/journal/records.hpp"

namespace probate::metrics {

// Feed it every record in order.
// Threads: one owner. Memory: a bit per device, an entry per CONNECT without an answer.
class RecordCounts {
 public:
  enum class Stage : std::uint8_t { preparing, in_phase, drain, ended };

  void add(const journal::Record& record);

  std::uint64_t closes(journal::Leg leg, journal::Party by, journal::CloseHow how) const {
    return closes_[index_of(leg)][index_of(by)][index_of(how)];
  }
  std::uint64_t connects_swallowed() const { return connects_swallowed_; }
  std::uint64_t packets_swallowed(mqtt::Direction direction, mqtt::PacketType type) const {
    return packets_swallowed_[index_of(direction)][index_of(type)];
  }
  std::uint64_t packets_altered(journal::Alteration how) const {
    return packets_altered_[index_of(how)];
  }
  Stage stage() const { return stage_; }
  // The phase that runs, or ran last.
  PhaseId phase() const { return phase_; }
  // The most devices that came back, not for the first time, within one whole second of the run.
  std::uint64_t reconnect_peak_per_second() const { return peak_; }

 private:
  template <typename E>
  static std::size_t index_of(E value) {
    return static_cast<std::size_t>(value);
  }
  void forwarded(const journal::ConnectForwarded& connect);
  void answered(Instant at, const journal::ConnackReceived& connack);
  void closed(const journal::LegClosed& close);

  std::array<std::array<std::array<std::uint64_t, 4>, 3>, 2> closes_{};
  std::uint64_t connects_swallowed_ = 0;
  std::array<std::array<std::uint64_t, 16>, 2> packets_swallowed_{};  // by direction and type
  std::array<std::uint64_t, 6> packets_altered_{};                    // by how
  Stage stage_ = Stage::preparing;
  PhaseId phase_{};
  std::unordered_map<ConnectionId, DeviceId> unanswered_;  // never iterated
  std::vector<bool> was_up_;                               // by DeviceId
  std::int64_t second_ = 0;
  std::uint64_t in_second_ = 0;
  std::uint64_t peak_ = 0;
};

}  // namespace probate::metrics
