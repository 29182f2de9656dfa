// How a broker works inside, as far as only a model of it must know: where a profile's windows come
// from. The judge does not look at it.
#pragma once

#include "core/base/time.hpp"

namespace probate::broker {

// What 16 bits of seconds can say.
inline constexpr Duration kKeepAliveMax = 65'535s;

// As it stands: nothing but what the specification asks for.
struct Mechanics {
  // Silent connections are looked for among all of them at once, this often, on the broker's clock
  // of whole seconds. 0: each connection is looked at by itself, as often as its window is wide.
  Duration keep_alive_scan{};
  // Will delays and session expiries are over at the first whole second, or multiple of this, that
  // is later. 0: as often as `delay_scan` and `expiry_scan` say.
  Duration timer_period{};
  // 5.0: what CONNACK imposes on a client that asks for no keep-alive, or for more; 0: nothing.
  Duration server_keep_alive{};
  // 3.x: a client that asks for none is refused with 0x02, since nothing can be imposed on it.
  bool v3_needs_keep_alive = false;
  // Nobody may publish to topics that begin with $SYS.
  bool keeps_sys = false;
  // 5.0: DISCONNECT with the reason before a connection that broke the protocol is closed.
  bool error_says_why = true;
  // 5.0: each matching subscription of a client brings a copy of its own; 3.x: always one.
  bool v5_copy_per_subscription = false;
  // 3.x: of several matching subscriptions the most specific one decides, not the highest QoS.
  bool v3_first_match_counts = false;
};

}  // namespace probate::broker
