// What faults asked for that also holds for a device's coming links.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/fault/acts.hpp"
#include "core/fault/budget.hpp"

namespace probate::fault {

struct Conditions {
  struct Delayed {
    FaultId fault;
    FlowDirection flow{};
    Duration delay{};
    Duration jitter{};
    double loss = 0;
    Duration rto{};

    bool nothing() const { return delay == Duration{} && jitter == Duration{} && loss <= 0; }
    bool operator==(const Delayed&) const = default;
  };
  // The budgets outlive connections.
  struct Throttled {
    FaultId fault;
    FlowDirection flow{};
    std::array<Budget, 2> budgets;
    bool shared = false;

    Budget* of(mqtt::Direction direction);
  };
  struct Sliced {
    FaultId fault;
    FlowDirection flow{};
    std::uint64_t piece = 0;
    Duration gap{};
    std::array<Instant, 2> next_at{};  // by direction
  };
  struct Limited {
    FaultId fault;
    LimitLinks what;
  };
  struct LateFin {
    FaultId fault;
    Duration delay{};
  };
  struct Idle {
    FaultId fault;
    Duration after{};
  };
  struct Watched {
    FaultId fault;
    Watch what;

    bool operator==(const Watched&) const = default;
  };
  struct Ordered {
    FaultId fault;
    ConnectOrder connect{};
    Duration gap{};
  };
  struct Hushed {
    FaultId fault;
    Silence what;
  };
  std::vector<Delayed> delays;
  std::vector<Throttled> throttles;
  std::vector<Sliced> slices;
  std::vector<Limited> limits;
  std::vector<LateFin> late_fins;
  std::vector<Idle> idles;
  std::vector<Watched> watches;
  std::vector<Ordered> orders;
  std::vector<Hushed> hushes;

  bool empty() const;
  // What a new link of the device suffers from; kNoFault if from nothing.
  FaultId cause() const;
  // The sum of all delays in that direction.
  Delayed total(mqtt::Direction direction) const;
  // Whether budgets and slices say how much may leave in that direction, how much that is now, and
  // when `wanted` bytes, or as many as a budget ever saves, will be allowed.
  bool paces(mqtt::Direction direction);
  std::uint64_t allowed(mqtt::Direction direction, Instant now);
  Instant allowed_at(mqtt::Direction direction, Instant now, std::uint64_t wanted);
  void spend(mqtt::Direction direction, Instant now, std::uint64_t bytes);
  Duration fin_delay() const;
  // The types of packets that some fault wants to treat.
  PacketSet watched(mqtt::Direction direction) const;
  // The order of a takeover, or nullptr. Valid until the conditions change.
  const Ordered* takeover_order() const { return orders.empty() ? nullptr : &orders.front(); }
  // The first idle spell that somebody waits for.
  std::optional<Idle> shortest_idle() const;

  // One fault has one of each; what does nothing takes it away.
  void set_delay(FaultId fault, const Delay& delay);
  void set_throttle(FaultId fault, const Throttle& throttle);
  void set_slice(FaultId fault, const SliceBytes& slice);
  void set_limits(FaultId fault, const LimitLinks& limit);
  void set_late_fin(FaultId fault, const DelayFin& late);
  void set_idle(FaultId fault, const WatchIdle& watched);
  void set_watch(FaultId fault, const Watch& watch);
  void set_order(FaultId fault, const OrderTakeover& order);
  void set_hush(FaultId fault, const Silence& silence);
  void end_hush(FaultId fault);
};

}  // namespace probate::fault
