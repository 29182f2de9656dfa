// One connection of a scripted history, and what the scripted broker owes for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.hpp"
#include "core/journal/records.hpp"
#include "tests/support/minibroker/plan.hpp"

namespace probate::test::minibroker {

enum class Owed : std::uint8_t { one, perhaps, none, never };

struct Conn {
  Plan plan;
  ConnectionId id;
  Epoch epoch = 0;
  std::string client_id;
  Instant connect{};
  Instant answer{};
  bool answered = true;
  bool accepted = true;

  std::optional<Instant> silent_at;
  std::optional<Instant> healed_at;
  std::optional<Instant> disconnect_at;
  std::optional<Instant> device_closed;
  journal::Party device_by = journal::Party::device;
  std::optional<Instant> broker_closed;
  journal::Party broker_by = journal::Party::device;
  journal::CloseHow how = journal::CloseHow::fin;
  Instant last_packet{};           // that the broker got
  Instant expires = kNever;        // when the broker's keep-alive fires if nothing comes before
  std::optional<Instant> down_at;  // when the device truly was gone

  Owed owed = Owed::none;
  Instant begins{};  // of the window
  Instant ends{};
  Instant acts{};  // when the broker publishes, or would
  bool delayed = false;
  bool is_done = false;     // nothing later changes what is owed
  bool publishes = true;    // where it is free to
  bool is_deleted = false;  // the broker has thrown it away
  bool is_early = false;    // its keep-alive fired too early, at `acts`
  const char* cause = "none";
  const char* if_none = "missing";
  std::size_t by = 0;  // what took it over; 0: nothing
};

struct World {
  History history;
  std::vector<Conn> conns;
  Instant quiet{};  // nothing happens to a connection any more
  Instant stop{};
};

}  // namespace probate::test::minibroker
