// How one broker of a profile is set up.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/broker/profile.hpp"

namespace probate::broker {

// 0: no limit. What is absent is as the profile says.
struct Limits {
  // Unacknowledged QoS 1 and 2 messages to one client; 5.0's Receive Maximum can lower it.
  std::optional<std::uint32_t> inflight_max;
  // Messages that wait behind them, or for a client that is offline. The newest is lost.
  std::optional<std::uint32_t> queued_max;
};

struct BrokerConfig {
  Profile profile;
  Limits limits;
  // User names and passwords; empty: everybody may connect.
  std::map<std::string, std::string> users;
  // Filters of topics on which nobody may publish: `will_acl` says what becomes of wills on them.
  std::vector<std::string> denied;
  // Sessions, queues and retained messages survive an orderly stop; and a crash, if the profile's
  // wills do.
  bool persistence = false;
  // When the broker's timers tick: its clock shows whole seconds at phase, phase + 1 s, …
  Duration phase{};
};

}  // namespace probate::broker
