// What the policies believed against what was true, per device and over time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/accrual.hpp"
#include "core/analysis/boxed.hpp"
#include "core/analysis/fleet_names.hpp"
#include "core/analysis/policy.hpp"
#include "core/analysis/tally.hpp"
#include "core/base/pool.hpp"

namespace probate::analysis {

struct CameUp {
  bool is_reconnect = false;   // not the device's first connection
  bool same_client_id = true;  // as the connection before
  OwnText own_client_id;
};
struct WentDown {
  EndCause cause = EndCause::none;
  FaultId fault = kNoFault;
  std::optional<Duration> bound;  // how long the broker may take to notice; nothing: for ever
};

// Truth is often known only afterwards (a stall that heals was no outage; a CONNECT counts once it
// is accepted), belief at once. Both are queued per device and compared up to the instant before
// which truth cannot change any more, which the judge tells in settle_all().
class Presence {
 public:
  // Lifetime: `tally` and `names` outlive it.
  Presence(const scenario::Scenario& scenario, Tally& tally, const FleetNames& names);

  void handle_up(Instant at, DeviceId device, CameUp up);
  void handle_down(Instant at, DeviceId device, const WentDown& down);
  // Nobody knows whether it is still there: until it is up or down again, its time is in no rate.
  void handle_lost(Instant at, DeviceId device);
  void handle_heard(Instant at, const Heard& heard);
  void handle_broker_event(Instant at, const journal::BrokerEvent& event);
  // A will of the device was matched: how its connection ended, for the causal line.
  void handle_will(Instant at, DeviceId device, EndCause cause, bool is_ghost);
  void handle_phase(Instant at);
  // The link under the device's connection is stalled, or flows again.
  void handle_stall(Instant at, DeviceId device, bool is_over);
  // See Policy::handle_rest().
  void handle_rest(Instant at, DeviceId device, bool is_over);
  // A fault was applied (`is_new`) or healed; `device` may be no device of the
  // fleet.
  void handle_disturbance(Instant at, DeviceId device, FaultId fault, bool is_new);
  void handle_takeover(Instant at, DeviceId device, FaultId fault);
  // Timers of the policies that are due before `now`.
  void run_until(Instant now);

  // Compares what each device has queued before limit_of(device). Devices whose turn comes soon are
  // told to `soon`.
  void settle_all(const std::function<Instant(DeviceId)>& limit_of,
                  const std::function<void(DeviceId, Fetch)>& soon);
  // How many settle_all() will look at.
  std::size_t restless() const { return restless_.size(); }
  // Something about the device is about to be told, or settled. Requires: it is of the fleet.
  void prefetch(DeviceId device) const;
  // Writes the live figures.
  void refresh(Instant now);
  // Judging is over: closes what is open. Requires: every device was settled up to `at`.
  void stop(Instant at);
  std::vector<FalseOffline> episodes() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static constexpr Duration kNoBound = Duration::min();
  enum class EventKind : std::uint8_t { lost, down, up, stall, flow, will, belief };
  struct KnownWill {
    Instant at = kNever;
    EndCause cause = EndCause::none;
    bool ghost = false;
  };
  struct KnownWills {
    std::array<Instant, 4> at{kNever, kNever, kNever, kNever};
    std::array<EndCause, 4> cause{};
    std::array<bool, 4> ghost{};
    std::uint8_t next = 0;

    void keep(const KnownWill& will) {
      at[next] = will.at;
      cause[next] = will.cause;
      ghost[next] = will.ghost;
      next = static_cast<std::uint8_t>((next + 1) % at.size());
    }
    // The last one kept of that instant; a blank one if there is none.
    KnownWill of(Instant when) const {
      KnownWill found;
      for (std::size_t i = 0; i < at.size(); ++i) {
        if (at[i] == when) found = {at[i], cause[i], ghost[i]};
      }
      return found;
    }
  };
  struct Event {
    Instant at{};
    EventKind kind{};
    CameUp up;
    WentDown down;
    KnownWill will;
    BeliefChange change;
    std::uint16_t policy = 0;
    std::uint32_t next = kNone;  // of the same device, later
  };
  struct Truth {
    Instant up_at{};       // of the connection in force
    Instant up_since{};    // across connections that took over from one another
    Duration up_before{};  // time up before that
    Instant down_at{};
    Duration down_bound = kNoBound;  // how long the broker may take to notice
    FaultId fault = kNoFault;        // of the last outage
    FaultId down_fault = kNoFault;
    EndCause down_cause = EndCause::none;
    bool is_up : 1 = false;
    bool is_lost : 1 = false;  // neither up nor down
    bool was_up : 1 = false;
    bool was_down : 1 = false;
    bool is_reconnect : 1 = false;
    bool is_stalled : 1 = false;
    bool same_client_id : 1 = true;

    bool is_reachable() const { return is_up && !is_stalled; }
    // The device's own clock, which runs while it is up.
    Duration up_clock(Instant at) const { return up_before + (at - up_since); }
  };
  // What few devices have.
  struct Seldom {
    Boxed<OwnText> own_client_id;  // of the connection in force
    KnownWills wills;              // the last ones matched
  };
  struct Device {
    Truth truth;
    Boxed<Seldom> seldom;
    // In events_: the last one that is queued, whose `next` is the first. Most come in their order.
    std::uint32_t last_event = kNone;
    bool is_restless = false;
  };
  // A false offline that stands.
  struct Mistake {
    Instant since{};
    Instant up_at{};   // of the connection in which it began
    Duration clock{};  // the device's up clock then
    // Of the change of belief, and of the will that was believed.
    Instant because_at{};
    Because why = Because::message;
    bool is_of_a_will = false;
    EndCause will_cause = EndCause::none;
    bool is_ghost = false;
    bool same_client_id = true;
  };
  // One that is over, or none.
  struct PastMistake {
    Duration clock{};   // the device's up clock when it began
    Duration length{};  // 0: none

    explicit operator bool() const { return length > Duration{}; }
  };
  // What a device that is up and believed to be has none of.
  struct Trouble {
    Boxed<Mistake> mistake;  // while is_false_offline
    PastMistake last_mistake;
    Instant off_since = kNever;  // of this outage, held until now
    Instant on_in_outage_since = kNever;
    Instant reach_false_since = kNever;  // believed offline since then while reachable
  };
  // One device under one policy.
  struct Track {
    std::uint32_t trouble = kNone;  // in troubles_
    FaultId fault = kNoFault;
    Belief belief : 2 = Belief::unknown;
    bool is_false_offline : 1 = false;
    bool is_counted : 1 = false;
    bool is_counted_over_flicker : 1 = false;
    // Of the false offline: the first of its kind in a connection that was a reconnect.
    bool is_first_of_reconnect : 1 = false;
    bool is_first_of_reconnect_over_flicker : 1 = false;
    bool has_hit_reconnect : 1 = false;
    bool has_hit_reconnect_over_flicker : 1 = false;
    bool was_off_in_outage : 1 = false;
    bool is_foregone : 1 = false;  // the outage: off since before it
    bool is_recovering : 1 = false;
    bool was_hit : 1 = false;

    bool has_trouble() const { return trouble != kNone; }
  };
  struct Clocks {
    Accrual unknown;
    Accrual false_offline;
    Accrual false_online;
  };
  // Time that devices were up, and that they could be reached.
  struct TruthClocks {
    Accrual up;
    Accrual reach;
  };
  static_assert(sizeof(Track) == 8);
  struct Judged {
    std::unique_ptr<Policy> policy;  // nullptr: not applicable
    std::vector<Track> tracks;
    Clocks all;
    std::vector<Clocks> groups;
    std::vector<FalseOffline> episodes;
    // It goes by broker events, and none has come yet.
    bool lacks_broker_events = false;
  };

  Trouble& need_trouble(Track& track) {
    if (!track.has_trouble()) track.trouble = troubles_.take();
    return troubles_[track.trouble];
  }
  // Requires: there is one.
  Mistake& mistake_of(const Track& track) { return *troubles_[track.trouble].mistake; }
  Instant off_since(const Track& track) const {
    return track.has_trouble() ? troubles_[track.trouble].off_since : kNever;
  }
  // The outage is over, and nothing else is to be remembered.
  void forget_outage(Track& track);

  // False: the device has more to compare later.
  bool settle(DeviceId device, Instant limit);
  void enqueue(DeviceId device, Event event);
  Event take_behind(std::uint32_t before, std::uint32_t& last);
  void apply(DeviceId device, Event& event);
  void wake(DeviceId device);
  void apply_lost(DeviceId device, const Event& event);
  void apply_up(DeviceId device, Event& event);
  void apply_down(DeviceId device, const Event& event);
  // Stops the clocks that run while it is up.
  void end_up(DeviceId device, Instant at);
  void apply_belief(DeviceId device, const Event& event);
  void take_changes(std::size_t policy);

  void apply_stall(DeviceId device, Instant at, bool is_over);
  void count_first_up(DeviceId device);
  // A counted false offline: recurrence, devices hit, quiet.
  void note_mistake(std::size_t policy, DeviceId device);
  void close_quiet(std::size_t policy);
  void begin_reach_mistake(std::size_t policy, DeviceId device, Instant at);
  void end_reach_mistake(std::size_t policy, DeviceId device, Instant at);

  void count_reconnect(std::size_t policy, DeviceId device, Instant at);
  void come_up(std::size_t policy, DeviceId device, Instant at);
  void go_down(std::size_t policy, DeviceId device, Instant at);
  void get_lost(std::size_t policy, DeviceId device, Instant at);
  void begin_false_offline(std::size_t policy, DeviceId device, Instant at);
  void end_false_offline(std::size_t policy, DeviceId device, Instant at, const char* by,
                         bool is_over);
  // Counts it once it is certain to be longer than 0, and than the flicker limit.
  void count_false_offline(std::size_t policy, DeviceId device, Instant until);
  void score_outage(std::size_t policy, DeviceId device, Instant to);
  void stop_track(std::size_t policy, DeviceId device, Instant at);
  // It believed ON in an outage until `to`: the part beyond the detection bound.
  void add_avoidable(std::size_t policy, DeviceId device, Instant to);
  std::optional<Duration> bound_of(std::size_t policy, DeviceId device) const;
  void keep_episode(std::size_t policy, DeviceId device, Instant ended, const char* by,
                    bool is_over);

  // Every slice of a policy's figures that an event of this device at that time counts in.
  template <typename Count>
  void count(std::size_t policy, DeviceId device, Instant at, FaultId fault, Count what) {
    PolicyTotals& totals = tally_.totals.policies[policy];
    what(totals.all);
    if (device.index() < devices_.size()) what(totals.by_group[tally_.group_slice(device)]);
    what(totals.by_phase[tally_.phase_at(at)]);
    what(totals.by_fault[tally_.fault_slice(fault)]);
  }
  template <typename What>
  void clock(std::size_t policy, DeviceId device, What what) {
    what(judged_[policy].all);
    what(judged_[policy].groups[tally_.group_slice(device)]);
  }
  template <typename What>
  void truth_clock(DeviceId device, What what) {
    what(truth_all_);
    what(truth_groups_[tally_.group_slice(device)]);
  }
  template <typename What>
  void for_policies(What what) {
    for (std::size_t p = 0; p < judged_.size(); ++p) {
      if (judged_[p].policy != nullptr) what(p);
    }
  }

  std::string client_id_of(DeviceId device) const {
    const auto usual = [&] { return names_.client_id(device); };
    const auto& seldom = devices_[device.index()].seldom;
    return seldom && seldom->own_client_id ? seldom->own_client_id->get_or(usual) : usual();
  }

  Tally& tally_;
  const FleetNames& names_;
  Duration flicker_;
  Duration allowance_;
  std::vector<Judged> judged_;
  std::vector<Device> devices_;
  Pool<Trouble> troubles_;
  std::deque<Event> events_;  // queued ones, in a list for each device, and places to spare
  std::uint32_t free_event_ = kNone;
  std::vector<DeviceId> restless_;
  TruthClocks truth_all_;
  std::vector<TruthClocks> truth_groups_;
  BeliefChanges changes_;
};

}  // namespace probate::analysis
