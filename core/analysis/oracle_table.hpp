// What the specifications say about a will, one row for each way in which a connection can end.
// Pure text and duties; the oracle adds times and the broker's habits.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/mqtt/packets.hpp"

namespace probate::analysis {

enum class Duty : std::uint8_t {
  required,   // exactly one will, in the window
  permitted,  // one or none: the specification leaves it open, or the wire cannot tell
  forbidden,
  undefined,  // the specification says nothing about the case
};
// "REQ", "PERM", "FORB", "UNDEF".
const char* to_text(Duty duty);

// Whether both a will and none are right.
inline bool is_open(Duty duty) { return duty == Duty::permitted || duty == Duty::undefined; }

enum class OracleRow : std::uint8_t {
  disconnect,
  disconnect_with_will,
  disconnect_with_error,
  disconnect_raises_expiry,
  closed_by_device,
  keep_alive,
  keep_alive_off,
  malformed,
  takeover,
  takeover_ends_delayed,
  takeover_resumes,
  second_connect,
  shutdown,
  crash,
  closed_by_broker,
  refused,
  unanswered,
  not_authorised,
};
inline constexpr std::size_t kOracleRowCount = 18;

struct OracleEntry {
  Duty duty{};
  const char* statement = "";
  const char* reason = "";  // one sentence
};
struct OracleRowText {
  OracleRow row{};
  const char* trigger = "";
  const char* due = "";                     // when, in words
  std::array<OracleEntry, 3> by_version{};  // 3.1, 3.1.1, 5.0
};

// In the order of OracleRow.
std::span<const OracleRowText> oracle_table();
const OracleEntry& entry_of(OracleRow row, mqtt::Version version);

}  // namespace probate::analysis
