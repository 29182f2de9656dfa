// The faults by hand that stand at a proxy: their ids, their ends, and who was hit.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/live/controlled.hpp"
#include "sim/live/fault_driver.hpp"
#include "sim/live/fault_ids.hpp"
#include "sim/live/poller.hpp"
#include "sim/live/roster.hpp"

namespace probate::live {

// A fault stands from add() until its last device is over with it, or, with newcomers, until its
// end; it is then forgotten at the next call. One with newcomers lets go of a device that comes
// back in a way that it does not select: from elsewhere, or to another listener. Each has an id of
// its own, never used again.
//
// Threads: its loop's. Lifetime: everything outlives it. Limits: kStandingMax at a time, those of
// FaultIds in a run.
class HandFaults {
 public:
  static constexpr std::size_t kStandingMax = 200;

  // connecting: its CONNECT is there, and what shapes a link shapes that one from now on.
  enum class Met : std::uint8_t { as_it_is, connecting };

  class Host {
   public:
    // Why it did not hit; "" if it did.
    virtual std::string strike(Instant now, FaultId id, DeviceId device, Met how,
                               const fault::Draws& draws) = 0;

   protected:
    ~Host() = default;
  };

  HandFaults(proxy::Loop& loop, FaultDriver& driver, const Roster& roster, FaultIds& ids,
             Host& host);

  Result<FaultFacts, Refusal> add(Instant now, const HandOrder& order);
  std::optional<FaultFacts> heal(Instant now, std::uint64_t number);
  std::vector<FaultFacts> heal_all(Instant now);
  std::vector<FaultFacts> list(Instant now);

  // A device has sent a CONNECT that nobody has decided about yet.
  void greet(Instant now, DeviceId device) { meet(now, device, Met::connecting); }
  void session_up(Instant now, DeviceId device) { meet(now, device, Met::as_it_is); }

  // That device is no more, and its number may be another one's.
  void forget(DeviceId device);

  // "" if it is none of those that stand.
  std::string name_of(FaultId id) const;

 private:
  struct Standing {
    FaultId id;
    scenario::HandFault fault;
    std::optional<Cutting> cutting;
    Instant began{};
    Instant ends = kNever;
    std::uint64_t hit = 0;
    std::map<std::string, std::uint64_t> skipped;
    std::set<DeviceId> met;               // hit already; kept where newcomers or a cut need it
    std::map<DeviceId, Instant> cuts_at;  // of those that have a connection to be cut
  };
  using All = std::map<std::uint64_t, Standing>;

  void strike(Instant now, Standing& standing, DeviceId device, Met how, const fault::Draws& draws);
  void meet(Instant now, DeviceId device, Met how);
  static void plan_cut(Instant now, Standing& standing, DeviceId device);
  void cut(Instant now, const Standing& standing, DeviceId device);
  void cut_those_due(Instant now);
  FaultFacts facts(Instant now, std::uint64_t number, const Standing& standing) const;
  bool is_over(Instant now, const Standing& standing) const;
  All::iterator end_of(Instant now, All::iterator which);
  void forget_those_over(Instant now);
  void expire(Instant now);
  void arm();

  proxy::Loop& loop_;
  FaultDriver& driver_;
  const Roster& roster_;
  FaultIds& ids_;
  Host& host_;
  Poller poller_;
  std::uint64_t made_ = 0;
  All standing_;  // by number
  bool watches_connects_ = false;
};

}  // namespace probate::live
