// One direction of a link: what is read from one leg and goes to the other.
#pragma once

#include <memory>

#include "core/base/ids.hpp"
#include "core/journal/records.hpp"
#include "proxy/line.hpp"
#include "proxy/packet_tap.hpp"

namespace probate::proxy {

// How a direction ends, behind its last byte.
enum class End : std::uint8_t { none, fin, rst };

struct Channel {
  PacketTap read;              // packets as they come in
  PacketTap written;           // packets as they go out
  std::unique_ptr<Line> line;  // there is one only while bytes wait or a delay is set
  Instant end_due{};
  FaultId silenced_by = kNoFault;
  End end = End::none;
  journal::Party end_by{};
  bool end_passed = false;
  bool end_polite = false;  // over TLS: close_notify in front of the FIN
  bool silent = false;      // nothing leaves
  bool deaf = false;        // while it is silent: what comes is not even acknowledged
  bool paced = false;       // a budget says how much leaves
  bool postponed = false;   // something waits for a time of its own
  bool dead = false;        // nobody is there to receive: what comes is thrown away

  std::size_t waiting() const { return line ? line->size() : 0; }
  bool delays() const { return line && line->delays(); }
  // Bytes go through the line even if nothing waits.
  bool shaped() const { return paced || postponed || delays(); }
};

}  // namespace probate::proxy
