// Every connection the judge still has to remember, found by its id and by its ClientID.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/analysis/boxed.hpp"
#include "core/analysis/fleet_names.hpp"
#include "core/analysis/maybe_instant.hpp"
#include "core/analysis/oracle.hpp"
#include "core/analysis/reading_front.hpp"
#include "core/analysis/totals.hpp"
#include "core/base/hash_index.hpp"
#include "core/base/ids.hpp"
#include "core/base/slab.hpp"
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
// Its `topic` alone.
std::uint64_t topic_key_of(std::string_view topic);
enum class Answer : std::uint8_t { none, accepted, refused };

// Where a settled will was counted, so that it can be counted again elsewhere.
struct Place {
  FaultId fault = kNoFault;
  std::uint16_t phase = 0;
};

// What one of many connections has: its will was seen, settled, or is waited for in a batch.
struct Fate {
  Instant due_ends{};                  // the ruling's end before other delayed wills pushed it
  std::uint64_t storm_ticket = 0;      // 0: it waits for no batch
  std::array<MaybeInstant, 2> seen{};  // t_o, by journal::Observer
  Duration counted_delay{};
  Duration counted_lateness{};
  Place place;
  std::optional<WillClass> settled;
  std::optional<MissingCause> missing_cause;
};

// Texts that the scenario cannot tell, as those of a real device.
struct OwnTexts {
  OwnText client_id;
  OwnText will_topic;
};

// CONNECTs of which it is not known whether the broker read them, or read them first: what a
// connection owes if one of them has taken it over.
struct Rival {
  Ruling ruling;
  Instant forwarded{};  // the first of them
  Instant read_by{};    // the latest; kNever: until a CONNECT newer than `unread` is answered
  Instant unread{};     // the newest of them that was cut and may wait in line yet
  // One that was accepted in the same moment; kNoConnection: none ever was, for all we know.
  ConnectionId accepted = kNoConnection;
};

// What comes with a silence or an end.
struct Ending {
  std::optional<Ruling> ruling;
  Fate fate;
  MaybeInstant ended;  // t_end
  Instant broker_leg_closed_at{};
  Instant silent_since = kNever;
  // The broker closed it while this one was not answered yet: a takeover if it is accepted.
  Slot challenged_by = kNoSlot;
  std::uint32_t open_index = kNoSlot;  // in Ledger's list of open rulings
  Boxed<Rival> rival;                  // that may have taken it over, or its session

  // Nothing came of it.
  bool is_blank() const {
    return !ruling && !ended && silent_since == kNever && challenged_by == kNoSlot &&
           open_index == kNoSlot && !rival && !fate.settled && !fate.missing_cause &&
           !fate.seen[0] && !fate.seen[1] && fate.storm_ticket == 0;
  }
};

// Memory: what every idle connection needs is in it; what comes with an end is in `ending`, and
// texts that the scenario can tell are not kept at all.
struct Connection {
  ConnectionId id;
  std::uint64_t client = 0;  // hash of the ClientID
  Instant forwarded{};
  Instant answered{};        // t_acc if accepted
  Instant last_packet_at{};  // t_rx
  Boxed<Ending> ending;
  Boxed<OwnTexts> texts;
  const Session* terms = nullptr;  // what was agreed on, without the time
  DeviceId device = kNoDevice;
  Epoch epoch = 0;
  Slot next_unanswered = kNoSlot;  // of its device; the judge's

  // Intrusive lists; changed by Connections and Ledger only.
  Slot next_of_client = kNoSlot;
  Slot previous_of_client = kNoSlot;
  Slot next_of_key = kNoSlot;
  Slot previous_of_key = kNoSlot;
  std::uint32_t key_list = kNoSlot;  // in Ledger's lists of equal wills
  std::uint32_t generation = 0;      // of the slot

  FaultId fault = kNoFault;            // the last act on its link
  std::optional<ProtocolError> broke;  // by what it sent
  std::uint8_t broker_reason = 0;      // of a DISCONNECT from the broker
  Answer answer = Answer::none;
  EndCause end_cause = EndCause::none;
  bool twin : 1 = false;
  bool has_will : 1 = false;
  bool unreadable : 1 = false;  // bytes that are no MQTT passed: the end is not ours to judge
  bool goodbye_swallowed : 1 = false;  // its DISCONNECT was kept from the broker
  bool epoch_not_renewed : 1 = false;  // its will is an earlier connection's
  bool given_up : 1 = false;           // its answer is waited for no more
  bool lingers : 1 = false;            // over, and may still have taken another one over
  bool is_put_off : 1 = false;         // its will was due, but its CONNECT may be unread yet
  bool is_blocked : 1 = false;         // its delayed will may wait behind others, or they behind it
  bool is_behind : 1 = false;          // and does: no deadline of its own is scheduled
  bool was_reset : 1 = false;          // RST cut it unanswered
  bool found_no_session : 1 = false;   // though it asked for one: CONNACK's Session Present
  bool was_taken_over : 1 = false;
  bool device_leg_closed : 1 = false;
  bool broker_leg_closed : 1 = false;
  bool closed_by_broker : 1 = false;
  bool uplink_silent : 1 = false;
  bool has_vanished : 1 = false;       // what the broker says to it is answered with RST
  bool is_ruled_for_good : 1 = false;  // by DISCONNECT or takeover: its close says nothing new
  bool counted : 1 = false;            // among `expected` and `open`
  bool expired : 1 = false;            // the ruling's time is over
  bool flag_takeover : 1 = false;
  bool flag_ghost : 1 = false;
  bool flag_ambiguous : 1 = false;
  bool in_client_list : 1 = false;
  bool in_key_list : 1 = false;
  bool retired : 1 = false;
  bool is_unproven : 1 = false;  // censored, for want of the control observer
  // Nobody said when the broker last heard of it: `last_packet_at` is the last sign of life that
  // there is, and anything may have come since.
  bool is_last_heard_unknown : 1 = false;

  bool is_accepted() const { return answer == Answer::accepted; }
  // Its CONNECT may be answered yet.
  bool is_awaited() const { return answer == Answer::none && !broker_leg_closed && !given_up; }
  // It was cut unanswered, and the broker may find its CONNECT and FIN when it gets to them: see
  // Connections::read_by. RST destroys what was not read.
  bool may_be_unread() const { return lingers && answer == Answer::none && !was_reset; }
  // What came so long before its CONNECT the broker may have read behind it: a broker that took its
  // time for the answer, or gave none, was busy, and nobody knows since when.
  Duration seemed_busy_for() const {
    const Instant until = is_accepted() ? answered : broker_leg_closed_at();
    return std::clamp(until - forwarded, kRace, kReadLate);
  }
  // The broker holds it open, as far as we know.
  bool is_open() const { return !broker_leg_closed && answer != Answer::refused; }
  // t_end as far as it is known.
  Instant end_or(Instant otherwise) const {
    if (ended()) return *ended();
    return silent_since() != kNever ? silent_since() : otherwise;
  }
  MaybeInstant ended() const { return ending ? ending->ended : MaybeInstant{}; }
  Instant silent_since() const { return ending ? ending->silent_since : kNever; }
  Instant broker_leg_closed_at() const { return ending ? ending->broker_leg_closed_at : Instant{}; }
  Slot challenged_by() const { return ending ? ending->challenged_by : kNoSlot; }
  std::uint32_t open_index() const { return ending ? ending->open_index : kNoSlot; }
  // nullptr if there is none.
  const Rival* rival() const { return ending && ending->rival ? &*ending->rival : nullptr; }
  // nullptr if there is none.
  Ruling* ruling() { return ending && ending->ruling ? &*ending->ruling : nullptr; }
  const Ruling* ruling() const { return ending && ending->ruling ? &*ending->ruling : nullptr; }
  // Requires: it has been ruled on.
  Fate& fate() { return ending->fate; }
  const Fate& fate() const { return ending->fate; }
  // A silence is over and left nothing behind.
  void forget_blank_ending() {
    if (ending && ending->is_blank()) ending.reset();
  }
  // Requires: terms != nullptr.
  Session session() const {
    Session session = *terms;
    session.connected = forwarded;
    return session;
  }
  std::optional<WillClass> settled() const { return ending ? ending->fate.settled : std::nullopt; }
  std::optional<MissingCause> missing_cause() const {
    return ending ? ending->fate.missing_cause : std::nullopt;
  }
  MaybeInstant seen(std::size_t observer) const {
    return ending ? ending->fate.seen[observer] : MaybeInstant{};
  }
};

// What connections agreed on with the broker, once for all that agreed on the same.
class Agreements {
 public:
  // Equal ones give the same place; it stays until it was given back as often as it was taken.
  const Session* take(const Session& session) {
    const auto place = places_.try_emplace(session).first;
    ++place->second;
    return &place->first;
  }
  void give_back(const Session* session) {
    const auto place = places_.find(*session);
    if (--place->second == 0) places_.erase(place);
  }

 private:
  struct Less {
    bool operator()(const Session& a, const Session& b) const {
      return std::tie(a.version, a.clean, a.keep_alive, a.expiry, a.delay) <
             std::tie(b.version, b.clean, b.keep_alive, b.expiry, b.delay);
    }
  };
  std::map<Session, std::size_t, Less> places_;
};

class Connections {
 public:
  // Lifetime: `names` outlives it. There is room for one connection of each device of the fleet,
  // and for as many that have ended, if no more than `ended_max` are remembered.
  Connections(const FleetNames& names, std::size_t ended_max);

  Slot open(const journal::ConnectForwarded& record, Instant at);
  // The broker gave it a ClientID: whoever uses it takes the connection over.
  void name(Slot slot, const std::string& client_id);
  Slot find(ConnectionId id) const;
  void prefetch(ConnectionId id, Fetch what) const;
  // The same where its place is known: `parts` and `rest`.
  void prefetch(Slot slot, Fetch what) const;
  Connection& operator[](Slot slot) { return slab_[slot]; }
  const Connection& operator[](Slot slot) const { return slab_[slot]; }
  // Its ClientID, if the scenario does not tell it.
  OwnText own_client_id(Slot slot) const;
  // "" if it has none.
  std::string client_id(const Connection& connection) const;
  // Requires: it has a will.
  std::string will_topic(const Connection& connection) const;
  // Replaces what it agreed on.
  void agree(Slot slot, const Session& session);
  // It no longer matters to a later connection of its ClientID.
  void leave_client(Slot slot);
  // Forgets it. Requires: it is in no list of the ledger.
  void release(Slot slot);
  // The CONNECT that is not answered yet and may take it over: the nearest one with its ClientID
  // that was forwarded after it, else one from before that the broker may read late. `at`: when it
  // matters, if not when the broker's leg of the connection closed; what was lost by then is none.
  Slot challenger_of(Slot slot, std::optional<Instant> at = {}) const;
  bool may_be_read_behind(Slot older, Slot accepted) const {
    return slab_[accepted].answered - slab_[older].forwarded <= kReadLate;
  }
  ReadingFront& front() { return front_; }
  // When the broker has read the CONNECT of one that was cut, at the latest. kNever: as long as it
  // answers none that was sent later. Requires: it was cut.
  Instant read_by(Slot slot) const;
  // The same of one that may have taken another over.
  Instant read_by(const Rival& rival) const {
    return rival.read_by == kNever ? front_.read_by(rival.unread) : rival.read_by;
  }
  bool may_be_read_at(Slot slot, Instant at) const {
    const Connection& c = slab_[slot];
    return c.lingers && c.answer == Answer::none && at <= read_by(slot);
  }
  // The newest with its ClientID.
  Slot newest_of_client(Slot slot) const { return first_of_client(slab_[slot].client); }
  std::size_t count() const { return slab_.size() - free_.size(); }
  // Every slot, free ones included: for walks that are rare.
  Slot slots() const { return static_cast<Slot>(slab_.size()); }

 private:
  void join_client(Slot slot);
  void keep_client_id(Connection& c, const std::string& client_id);

  Slot first_of_client(std::uint64_t client) const;

  const FleetNames& names_;
  Agreements agreements_;
  Slab<Connection> slab_;
  std::vector<Slot> free_;
  HashIndex by_id_;
  HashIndex by_client_;  // the newest of each ClientID
  ReadingFront front_;
};

}  // namespace probate::analysis
