// Every connection the judge still has to remember, found by its id and by its ClientID.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/analysis/boxed.hpp"
#include "core/analysis/oracle.hpp"
#include "core/analysis/totals.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/journal/records.hpp"

namespace probate::analysis {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xffffffff;

// Two independent hashes stand for topic and payload: the bytes need not be kept.
struct WillKey {
  std::uint64_t topic = 0;
  std::uint64_t payload = 0;
  bool operator==(const WillKey&) const = default;
};
WillKey key_of(std::string_view topic, std::string_view payload);
struct WillKeyHash {
  std::size_t operator()(const WillKey& key) const noexcept {
    return static_cast<std::size_t>(key.topic * 0x9e3779b97f4a7c15ULL ^ key.payload);
  }
};

enum class Answer : std::uint8_t { none, accepted, refused };

// Where a settled will was counted, so that it can be counted again elsewhere.
struct Place {
  FaultId fault = kNoFault;
  std::uint16_t phase = 0;
};

struct Connection {
  ConnectionId id;
  DeviceId device = kNoDevice;
  Epoch epoch = 0;
  bool twin = false;
  bool has_will = false;
  bool unreadable = false;  // bytes that are no MQTT passed: the end is not ours to judge
  std::optional<ProtocolError> broke;  // by what it sent
  std::uint8_t broker_reason = 0;      // of a DISCONNECT from the broker
  bool epoch_not_renewed = false;      // its will is an earlier connection's
  std::string client_id;
  std::string will_topic;
  std::uint64_t client = 0;  // hash of client_id
  WillKey key;
  Session session;
  FaultId fault = kNoFault;  // the last act on its link

  Instant forwarded{};
  Answer answer = Answer::none;
  Instant answered{};  // t_acc if accepted
  bool was_taken_over = false;
  // The broker closed it while this one was not answered yet: a takeover if it is accepted.
  Slot challenged_by = kNoSlot;
  bool device_leg_closed = false;
  bool broker_leg_closed = false;
  Instant broker_leg_closed_at{};
  Instant silent_since = kNever;
  bool uplink_silent = false;
  Instant last_packet_at{};      // t_rx
  std::optional<Instant> ended;  // t_end
  EndCause end_cause = EndCause::none;

  bool is_ruled_for_good = false;  // by DISCONNECT or takeover: its close says nothing new
  Boxed<Ruling> ruling;
  Instant due_ends{};              // the ruling's end before other delayed wills pushed it
  std::uint64_t storm_ticket = 0;  // 0: it waits for no batch
  bool counted = false;            // among `expected` and `open`
  bool expired = false;            // the ruling's time is over
  std::optional<WillClass> settled;
  std::optional<MissingCause> missing_cause;
  std::array<std::optional<Instant>, 2> seen{};  // t_o, by journal::Observer
  bool flag_takeover = false;
  bool flag_ghost = false;
  bool flag_ambiguous = false;
  Place place;
  Duration counted_delay{};
  Duration counted_lateness{};

  // Intrusive lists; changed by Connections and Ledger only.
  Slot next_of_client = kNoSlot;
  Slot previous_of_client = kNoSlot;
  bool in_client_list = false;
  Slot next_of_key = kNoSlot;
  Slot previous_of_key = kNoSlot;
  bool in_key_list = false;
  bool retired = false;
  std::uint32_t open_index = kNoSlot;  // in Ledger's list of open rulings
  std::uint32_t generation = 0;        // of the slot

  bool is_accepted() const { return answer == Answer::accepted; }
  // The broker holds it open, as far as we know.
  bool is_open() const { return !broker_leg_closed && answer != Answer::refused; }
  // t_end as far as it is known.
  Instant end_or(Instant otherwise) const {
    if (ended) return *ended;
    return silent_since != kNever ? silent_since : otherwise;
  }
};

class Connections {
 public:
  Slot open(const journal::ConnectForwarded& record, Instant at);
  // The broker gave it a ClientID: whoever uses it takes the connection over.
  void name(Slot slot, const std::string& client_id);
  Slot find(ConnectionId id) const;
  Connection& operator[](Slot slot) { return slab_[slot]; }
  const Connection& operator[](Slot slot) const { return slab_[slot]; }
  // The newest connection of that ClientID that still matters to others; follow next_of_client.
  Slot first_of_client(std::uint64_t client) const;
  // It no longer matters to a later connection of its ClientID.
  void leave_client(Slot slot);
  // Forgets it. Requires: it is in no list of the ledger.
  void release(Slot slot);
  // A CONNECT with its ClientID was forwarded after it and is not answered yet.
  Slot challenger_of(Slot slot) const;
  std::size_t count() const { return slab_.size() - free_.size(); }
  // Every slot, free ones included: for walks that are rare.
  Slot slots() const { return static_cast<Slot>(slab_.size()); }

 private:
  void join_client(Slot slot);

  std::deque<Connection> slab_;  // grows without a second copy of everything
  std::vector<Slot> free_;
  std::unordered_map<std::uint64_t, Slot> by_id_;
  std::unordered_map<std::uint64_t, Slot> by_client_;
};

}  // namespace probate::analysis
