// How the judge follows connections; judge.cpp dispatches, judge_links.cpp follows.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/active_faults.hpp"
#include "core/analysis/connections.hpp"
#include "core/analysis/judge.hpp"
#include "core/analysis/ledger.hpp"
#include "core/analysis/oracle.hpp"
#include "core/analysis/presence.hpp"
#include "core/analysis/tally.hpp"

namespace probate::analysis {

class Judge::Impl {
 public:
  Impl(const scenario::Scenario& scenario, const broker::Profile& profile);

  void add(const journal::Record& record);
  void look_ahead(std::span<const journal::Record> records, std::size_t at) const;
  void advance(Instant watermark);
  Progress progress() const;
  const Totals& totals() const { return tally_.totals; }
  void keep_presence_live() { is_presence_live_ = true; }
  const std::vector<PhaseSpan>& phases() const { return tally_.phases; }
  std::vector<Guard> guards() const;
  Outcome finish(Instant now);

 private:
  struct DeviceState {
    std::uint64_t last_client = 0;
    // A CONNECT of it or of its twins that waits for its CONNACK; follow next_unanswered.
    Slot unanswered = kNoSlot;
    FaultId last_fault = kNoFault;
    bool was_up = false;
  };

  // judge.cpp: the run, faults, observers, instruments
  void handle(Instant at, const journal::RunBegan& record);
  void handle(Instant at, const journal::PhaseBegan& record);
  void handle(Instant at, const journal::PhaseEnded& record);
  void handle(Instant at, const journal::DrainBegan& record);
  void handle(Instant at, const journal::RunEnded& record);
  void handle(Instant, const journal::FaultAdded& record) {
    tally_.name_fault(record.fault, record.name);
  }
  void handle(Instant, const journal::Reloaded&) {}
  void handle(Instant at, const journal::FaultApplied& record);
  void handle(Instant at, const journal::FaultSkipped& record);
  void handle(Instant at, const journal::FaultHealed& record);
  void handle(Instant at, const journal::Observed& record);
  void handle(Instant at, const journal::BrokerEvent& record);
  void handle(Instant at, const journal::ObserverUp& record);
  void handle(Instant at, const journal::ObserverLost& record);
  void handle(Instant at, const journal::ObserverGap& record);
  void handle(Instant at, const journal::GeneratorLag& record);
  void handle(Instant at, const journal::EventsDropped& record);
  void handle(Instant at, const journal::BrokerLost& record);
  void handle(Instant at, const journal::BrokerStopped& record);
  void handle(Instant at, const journal::BrokerStarted& record);

  // judge_guards.cpp
  void guard_fleet(std::vector<Guard>& out) const;
  void guard_wills(std::vector<Guard>& out) const;
  void guard_faults(std::vector<Guard>& out) const;

  // judge_links.cpp: connections
  void handle(Instant at, const journal::AttemptBegan& record);
  void handle(Instant at, const journal::AttemptFailed& record);
  void handle(Instant at, const journal::ConnectForwarded& record);
  void handle(Instant at, const journal::ConnackReceived& record);
  void handle(Instant at, const journal::SessionUp& record);
  void handle(Instant at, const journal::DisconnectForwarded& record);
  void handle(Instant at, const journal::DisconnectReceived& record);
  void handle(Instant at, const journal::ConnectRepeated& record);
  void handle(Instant at, const journal::SilenceBegan& record);
  void handle(Instant at, const journal::SilenceEnded& record);
  void handle(Instant at, const journal::RestBegan& record);
  void handle(Instant at, const journal::RestEnded& record);
  void handle(Instant at, const journal::LegClosed& record);
  void handle(Instant at, const journal::ConnectSwallowed& record);
  void handle(Instant at, const journal::PacketSwallowed& record);
  void handle(Instant at, const journal::PacketAltered& record);
  void handle(Instant at, const journal::Malformed& record);

  void heal(Slot slot, Instant at);
  void accept(Slot slot, Instant at);
  void challenge_older(Slot slot, Instant at);
  void challenge_ended(Slot older, Slot slot, Instant at);
  void take_over(Slot old, Slot by, Instant accepted);
  void cross_farewell(Slot older, Slot slot, Instant at);
  void note_takeover(Slot old, Slot by, Instant at);
  void rule_accepted_late(Slot slot, Instant at);
  void give_up(Slot slot, Instant at);
  void make_current(Slot slot);
  void close_device_leg(Slot slot, Instant at, const journal::LegClosed& record);
  void close_broker_leg(Slot slot, Instant at, const journal::LegClosed& record);
  bool crosses_goodbye(Slot slot, Instant at) const;
  Ruling ruling_of_close(Slot slot, Instant at, const journal::LegClosed& record) const;
  Ruling ruling_of_brokers_close(const Connection& c, Instant at, journal::CloseHow how) const;
  static Instant read_by(const Connection& c);
  Ruling silence(const Connection& c) const;
  static Takeover takeover_by(const Connection& c, Instant accepted);
  bool is_keep_alive(const Connection& c, Instant at, journal::CloseHow how) const;

  // judge_rivals.cpp: CONNECTs of which nobody knows whether the broker read them, or when
  void give_up_lost(Slot by, Instant at);
  void end_challenge(Slot slot);
  void take_nothing_over(Slot by);
  bool is_race(const Connection& o, Slot slot, Instant at) const;
  void race(Slot one, Slot other, Instant at);
  Slot winner_against(Slot slot, Instant at) const;
  Ruling taken_by(const Connection& o, Slot slot, Instant at) const;
  Ruling or_taken(const Connection& c, const Ruling& ruling, Instant read_by) const;
  static Ruling ruling_of_rival(const Connection& c, Instant at);
  void perhaps_take(Slot slot, const Takeover& by, Instant read_by,
                    ConnectionId accepted = kNoConnection);
  void forget_rivals_before(Slot slot, Instant at);
  void perhaps_take_one(Slot slot, Slot by, const Takeover& takeover, Instant read_by);
  void perhaps_take_over(Slot by, Instant at, Instant read_by);
  void cut_unanswered(Slot slot, Instant at, journal::CloseHow how);
  void linger(Slot slot, Instant at);
  void meet_lingering(Slot slot, Instant at, Instant read_by);
  void stop_lingering(Slot slot, Instant at);
  bool must_linger(Slot slot, Instant now) const;
  void forget_lingering(Instant now);

  // judge_foreign.cpp: what somebody else's log leaves open
  void note_last_heard(Connection& c, const journal::LegClosed& record) const;
  void note_sign_of_life(Instant at, const journal::Observed& record);
  Ruling ruling_of_silence(const Connection& c, Instant until) const;
  Ruling ruling_of_keep_alive(const Connection& c, Instant at) const;
  std::optional<Instant> lost_since(const Connection& c, Instant at,
                                    const journal::LegClosed& record) const;

  void note_blind(Instant from, Instant until);
  double blind_share() const;
  // What ended just before the broker did ended because of it.
  void rule_broker_ended(Instant at, journal::BrokerEnd how);
  // What it publishes of open connections as it is shut down, and what becomes of wills that it
  // still held back for their delay.
  void expect_last_words(Instant at);
  void bury_dead_connections(Instant at);
  void rule_held_back(Instant at, journal::BrokerEnd how);
  // The restart that this observer is not back from yet.
  bool is_away_for_restart(journal::Observer observer) const {
    return restart_ && !restart_->is_back[static_cast<std::size_t>(observer)];
  }
  // The connection's t_end, unless it has one; a silence that stands began it.
  void end(Slot slot, Instant at, EndCause cause);
  void forget_unanswered(Slot slot);
  void release_if_over(Slot slot);
  // Its device is UP by it.
  bool is_current(Slot slot) const {
    const Connection& c = connections_[slot];
    return is_of_fleet(c.device) && current_of_device_[c.device.index()] == slot;
  }
  bool is_of_fleet(DeviceId device) const { return device.index() < devices_.size(); }

  void prefetch(const journal::Body& body, Fetch what) const;
  void prefetch(DeviceId device, Fetch what) const;
  void run_until(Instant now);
  void settle_presence();
  // Before this nothing about the device can change any more; at most `limit`.
  Instant settled_before(DeviceId device, Instant limit) const;
  void stop(Instant at);
  double voided_share() const;

  scenario::JudgeSpec rules_;
  std::vector<fault::FaultSpec> faults_;
  bool by_hand_;  // the last of them is the place of those by hand
  std::vector<scenario::PhaseSpec> phases_;
  std::map<std::size_t, std::string>
      overdue_;  // by phase: what it waited for in vain, and a remedy
  Oracle oracle_;
  Tally tally_;
  FleetNames names_;
  Connections connections_;
  std::vector<DeviceState> devices_;
  std::vector<Slot> current_of_device_;  // the accepted connection it is UP by
  Ledger ledger_;
  Presence presence_;
  ActiveFaults active_faults_;
  Instant now_{};
  // Of a foreign log or a proxy: a silence longer than K that nobody injected leaves the truth
  // unknown.
  bool is_of_real_devices_ = false;
  bool is_in_virtual_time_ = false;
  bool is_presence_live_ = false;
  // Of real devices behind a proxy: when each was last known to be there, on the connection it has.
  std::vector<Instant> heard_by_;
  bool is_of_foreign_log_ = false;  // one of those
  std::optional<Instant> backend_lost_at_;
  // The back end's observer could not be trusted for so long, restarts of the broker not counted.
  // Where each observer's gaps so far end; before the run begins there is none.
  std::array<Instant, 2> gap_until_{kRunStart - 1ns, kRunStart - 1ns};
  Duration blind_{};
  Instant blind_until_{};
  // The last time that a fault ended the broker.
  struct Restart {
    Instant stopped{};
    journal::BrokerEnd how{};
    FaultId fault = kNoFault;
    bool is_down = true;
    std::array<bool, 2> is_back{};  // by journal::Observer
  };
  std::optional<Restart> restart_;
  // Cut unanswered and perhaps not read yet, or just after the answer, in the order of their cuts.
  struct Lingering {
    Instant until{};
    Slot slot = kNoSlot;
    std::uint32_t generation = 0;
  };
  std::deque<Lingering> lingering_;
  std::size_t lingering_max_;
  std::optional<Instant> judged_until_;
  std::string broker_lost_cause_;
  std::uint64_t strangers_ = 0;  // connections of nobody in a simulated fleet

  // Presence is settled at least once in so many records, if advance() does not come earlier.
  static constexpr std::uint64_t kSettleEvery = 4'096;
  // With more devices that have something to compare, advance() does not settle every time.
  static constexpr std::size_t kRestlessMany = 1'024;
  static constexpr Duration kSettleAfter = 1min;
  std::uint64_t settled_at_event_ = 0;
  Instant settled_at_{};
};

}  // namespace probate::analysis
