// The will ledger: every announced will, what the oracle says it owes, and what the observers saw.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/analysis/connections.hpp"
#include "core/analysis/judge.hpp"
#include "core/analysis/storm.hpp"
#include "core/analysis/tally.hpp"

namespace probate::analysis {

// A will that an observer saw.
struct Sighting {
  Instant at{};
  WillKey key;
  journal::Observer observer{};
  DeviceId device = kNoDevice;
  Epoch epoch = 0;
  bool dup = false;
  std::string topic;  // kept for the entry if nothing matches it
  std::string client_id;
  // The connection over which its device was up just then, by what was known.
  Slot present = kNoSlot;
  std::uint32_t present_generation = 0;
  Epoch present_epoch = 0;           // 0: it was not
  bool is_present_doubtful = false;  // silent, or perhaps taken over
  bool is_displacing = false;        // another one's will was owed in its place
};

struct LedgerRules {
  Duration allowance{};  // λ
  Duration horizon{};    // H
  bool publishes_wills = true;
  bool delays_block = false;  // the profile's head-of-line rule
  std::vector<std::string> backend_filters;
  broker::WillAcl will_acl = broker::WillAcl::at_connect;
  Duration close_share{};           // of a silent connection in a batch; 0: closed on time
  std::vector<bool> epoch_in_will;  // by group: its wills carry {epoch}
};

// Matches wills with connections and gives each its class (docs/verdicts.md).
//
// A sighting that fills an obligation in its window is decided at once; one that may belong to a
// connection whose end is not yet in the journal waits kVerdictWait for it.
class Ledger {
 public:
  Ledger(LedgerRules rules, Connections& connections, Tally& tally,
         std::vector<Slot>& current_of_device);

  // The connection's CONNECT carries this will and was forwarded.
  void announce(Slot slot, const journal::WillFacts& will);
  // The oracle's verdict, replacing an earlier one of a connection whose will is not settled.
  void rule(Slot slot, const Ruling& ruling);
  // The end was another one than it seemed; a will that was seen is judged again.
  void rejudge(Slot slot, const Ruling& ruling);
  // The verdict no longer holds: what the broker missed was delivered after all.
  void withdraw(Slot slot);
  // The broker has let go of it: nothing but late and doubled wills can come.
  void handle_broker_leg_closed(Slot slot);
  // The CONNECT that may have taken it over, or resumed its session, is answered, or never will be.
  // Until then it is not found that a will is missing.
  void end_challenge(Slot slot);
  // How long a will may come of one that was cut and may be read late. Requires: may_be_unread().
  Instant unread_until(Slot slot) const;
  // Its CONNECT was read, or never will be: what was put off for that is over.
  void give_up_unread(Slot slot, Instant at);
  // The last sighting that waits and may be its own, as the broker closed it just then. Only of the
  // back end's observer.
  std::optional<Instant> waiting_since(Slot slot, Instant closed) const;

  // The device's silence is over, or its connection is: whether the wills of older connections that
  // were seen meanwhile were ghosts.
  void settle_ghosts(DeviceId device, bool was_up);

  // No sighting before this is undecided; at most kVerdictWait ago.
  Instant undecided_since() const;

  void see(Instant at, const journal::Observed& record);
  // How many wills the back end's observer lacks while the control observer was away, so that
  // nobody can tell whether they were published.
  std::uint64_t unproven() const { return unproven_; }
  // Tries again what waits for a verdict on this connection.
  void retry(Slot slot);
  // Closes what was due, and decides what has waited long enough, before `now`.
  void run_until(Instant now);
  // Judging is over: nothing after `at` counts.
  void stop(Instant at);

  // Is told of every will of the back end's observer that was matched with a connection, fitting or
  // not: when it was seen, whose it was, how that connection ended, whether it is a ghost's.
  using Listener = std::function<void(Instant, DeviceId, EndCause, bool)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }
  // Whether a message that is none of the fleet's is a stranger's, and so what comes on the topic
  // of a will and is nothing that any device says. Not so of real devices.
  void know_every_message(bool knows) { knows_every_message_ = knows; }
  void set_backend_filters(std::vector<std::string> filters);
  void handle_broker_lost(Instant at) { broker_lost_at_ = at; }
  // The instruments cannot be trusted in between: late, early and missing wills there are censored,
  // with that cause. Of a broker_restart all are, but those that were due as the broker went down.
  void void_window(Instant from, Instant to, CensoredCause cause = CensoredCause::voided);
  // Since `from` there is no observer. Ends with void_window(from, …).
  void open_void(Instant from, CensoredCause cause = CensoredCause::voided) {
    open_void_ = Void{from, kNever, cause};
  }
  void close_void() { open_void_.reset(); }
  // The control observer cannot tell whether the broker published: what the back end's observer
  // lacks meanwhile is nobody's proven fault.
  void void_control(Instant from, Instant to);
  void open_control_void(Instant from);
  void close_control_void(Instant to);
  // The broker is up again: what it held back while it was down is due at the earliest now.
  void handle_broker_started(Instant at);

  void add_to(Progress& progress) const;
  // Both sums of docs/verdicts.md. Requires: stop() was called.
  void check_sums() const;

  static constexpr Duration kVerdictWait = 1s;
  static constexpr Duration kEarlyTolerance = 50ms;
  // A takeover's will and CONNACK leave the broker together, on two sockets. With three times as
  // many busy processes as cores the will was read up to 44 ms behind the CONNACK: a device counts
  // as up, for ghosts, from that long after its CONNACK on.
  static constexpr Duration kReadOrderMax = 50ms;
  static constexpr std::uint32_t kRetiredPerKeyMax = 16;
  // Settled connections are remembered by the size of the fleet, not by the length of the run.
  static constexpr std::size_t kRetiredPerDevice = 16;
  static constexpr std::size_t kRetiredMin = 4'096;
  static std::size_t retired_max_of(std::size_t devices);
  // Will topics that are watched for an ACL; of a topic beyond these none is concluded.
  static constexpr std::size_t kTopicsMax = 65'536;
  // Connections with the same will that are looked at for an epoch used before.
  static constexpr std::uint32_t kOldEpochStepsMax = 64;

 private:
  // The connections that announced the same bytes.
  struct KeyList {
    WillKey key;
    Slot head = kNoSlot;  // oldest
    Slot tail = kNoSlot;
    std::uint32_t retired : 31 = 0;
    bool has_waiting : 1 = false;  // in waiting_of_
  };
  struct Candidates;
  struct Void {
    Instant from{};
    Instant to{};
    CensoredCause cause{};
  };
  struct Due {
    Instant at{};
    Slot slot = kNoSlot;
    std::uint32_t generation = 0;
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : slot > other.slot;
    }
  };

  // ledger_suspicions.cpp
  void know_topic(const Connection& c);
  void see_topic(std::uint64_t topic);
  void suspect_acl(const Connection& c, bool is_missing);
  void blame_acl();
  bool carries_epoch(DeviceId device) const;
  void note_old_epoch(Slot slot);

  void expire_next();
  bool depends_on_an_answer(Slot slot) const;
  bool may_come_late(Slot slot) const;
  Instant in_time_until(Slot slot) const;
  void drop_decided();
  void decide_oldest();
  void void_oldest();
  void void_sighting();

  Candidates look(const KeyList& list, const Sighting& sighting) const;
  bool is_in_a_window(const KeyList& list, const Sighting& sighting) const;
  bool is_claimed_by_an_earlier_one(const KeyList& list, const Sighting& sighting, Slot slot) const;
  bool decide(KeyList* list, const Sighting& sighting, bool is_final);
  void fill(Slot slot, const Sighting& sighting, bool is_ambiguous);
  void count_copy(const Sighting& sighting, const Candidates& candidates);
  bool is_explained_without(Slot lacking, const Sighting& sighting,
                            const Candidates& candidates) const;
  static bool is_doubtful(const Candidates& candidates);
  // `lacking`: whose it may be although it is not counted as its.
  void reject(const Sighting& sighting, const Candidates& candidates, Slot lacking);
  DuplicateCause cause_of_copy(const Sighting& sighting, const Candidates& candidates) const;
  bool took_an_older_ones_place(Slot slot, Instant at) const;
  void count_misfit(WillClass will_class, const Sighting& sighting, Slot slot, bool is_ambiguous,
                    std::optional<DuplicateCause> cause);

  void settle(Slot slot, WillClass will_class, Instant at);
  void unsettle(Slot slot);
  void expire(Slot slot, Instant at);
  void settle_unfilled(Slot slot, Instant at);
  void settle_missing(Slot slot, Instant at);
  void settle_censored(Slot slot, CensoredCause cause, Instant at);
  void stop_one(Slot slot, Instant at);
  void count_no_will(const Connection& c, NoWill reason, Instant at);
  void count_again_as_lost_by_us(Slot slot);
  MissingCause missing_cause(const Connection& c) const;
  bool matches_backend(const Connection& c) const;
  // Why what the observers saw, or did not see, of its will up to `until` proves nothing.
  std::optional<CensoredCause> void_cause(const Connection& c, Instant until) const;
  bool is_unproven(const Connection& c) const;
  bool was_control_blind_for(const Connection& c) const;
  // That this observer lacks its will proves nothing.
  bool was_blind_for(Slot slot, journal::Observer observer) const;
  void settle_unproven(Slot slot, Instant at);
  void forget_old(std::vector<Void>& windows, Instant from);
  bool has_another_reason(Slot slot) const;
  void widen(Slot slot) const;

  // ledger_blocked.cpp
  void block_behind(Slot slot);
  void wait_behind(Slot slot);
  void let_blocked_fall_due();
  void unblock(Slot slot);

  void count_expected(Connection& c);
  void uncount_expected(Connection& c);
  void open_ruling(Slot slot);
  void close_ruling(Slot slot);
  void schedule(Slot slot);
  Instant deadline(const Connection& c) const;
  enum class Ghost : std::uint8_t { no, yes, if_healed };
  Ghost is_ghost(const Connection& c, const Sighting& sighting) const;
  void remember_present(Sighting& sighting, const KeyList* list) const;
  bool is_overlapping(const std::string& topic) const;

  static std::uint32_t hash_of(const WillKey& key);
  // nullptr if nobody announced it. Valid while the list is not dropped.
  KeyList* list_of(const WillKey& key);
  std::uint32_t need_list(const WillKey& key);
  void drop_list(std::uint32_t place);
  void stop_waiting(KeyList& list, std::uint32_t sighting);
  void enlist(Slot slot, const WillKey& key);
  void unlist(Slot slot);
  void retire(Slot slot);
  void forget(Slot slot);

  struct EntryFlags {
    bool takeover = false;
    bool ghost = false;
    bool ambiguous = false;
  };
  void keep_entry(const Connection& c, WillClass will_class, const std::string& why,
                  std::optional<Instant> observed_at);
  void keep_entry(const Connection& c, WillClass will_class, const std::string& why,
                  std::optional<Instant> observed_at, const EntryFlags& flags);

  LedgerRules rules_;
  bool knows_every_message_ = false;
  Connections& connections_;
  Tally& tally_;
  std::vector<Slot>& current_of_device_;
  Slab<KeyList> lists_;
  // Of lists for which some wait: indices into waiting_, oldest first.
  std::unordered_map<const KeyList*, std::vector<std::uint32_t>> waiting_of_;
  std::vector<std::uint32_t> free_lists_;
  HashIndex by_key_;                                          // of lists_
  std::unordered_map<std::uint64_t, WillTopicFacts> topics_;  // by the topic's hash
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Storm storm_;                // of silent connections, if the broker closes in batches
  std::vector<Slot> open_;     // with a ruling that is not over
  std::vector<Slot> blocked_;  // of those, delayed ones under the head-of-line rule
  // Of those, the ones that others have pushed back: instead of in due_ at each of their deadlines.
  std::vector<std::pair<Slot, std::uint32_t>> behind_;  // with the generation
  Instant first_behind_due_ = kNever;                   // no deadline of behind_ is earlier
  std::size_t retired_max_;
  std::deque<std::pair<Slot, std::uint32_t>> retired_;

  struct Waiting {
    Sighting sighting;
    bool decided = true;
  };
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> waiting_free_;
  std::deque<std::uint32_t> waiting_order_;  // by sighting.at

  // A will of an older connection, seen while the newer one was silent: a ghost's if that heals.
  struct Doubt {
    Slot slot = kNoSlot;  // if it filled an obligation
    std::uint32_t generation = 0;
    Place place;
  };
  std::unordered_map<DeviceId, std::vector<Doubt>> doubts_;

  Listener listener_;
  std::vector<Void> voids_;
  std::optional<Void> open_void_;
  std::vector<Void> control_voids_;
  std::optional<Instant> control_lost_at_;
  std::uint64_t unproven_ = 0;
  std::optional<Instant> broker_lost_at_;
};

}  // namespace probate::analysis
