// Which will the scripted broker owes, by docs/verdicts.md, when a ClientID comes again.
#pragma once

#include <algorithm>
#include <optional>

#include "tests/support/minibroker/conn.hpp"

namespace probate::test::minibroker {

struct Reading {
  Owed owed = Owed::none;
  const char* if_none = "";
};
// `c` is accepted while `o` is open, or may be gone on with.
inline Reading reading_of_takeover(const Habits& habits, const Conn& o, const Conn& c) {
  const bool is_v5 = habits.version == mqtt::Version::v5;
  const Plan& p = o.plan;
  const bool new_clean = c.plan.clean;
  if (is_v5 && p.delay > 0s) {
    if (!new_clean && p.expiry > 0s) return {Owed::none, "cancelled_by_resume"};
    return {Owed::perhaps, "takeover"};
  }
  bool does = false;
  if (is_v5) {
    does = p.expiry == 0s ? habits.v5_expired
                          : (new_clean ? habits.kept_to_clean : habits.v5_kept_to_kept);
  } else if (p.clean) {
    does = new_clean ? habits.clean_to_clean : habits.clean_to_kept;
  } else {
    does = new_clean ? habits.kept_to_clean : habits.kept_to_kept;
  }
  return does ? Reading{Owed::one, "missing"} : Reading{Owed::perhaps, "takeover"};
}

// The CONNECT `u`, cut before its answer, may wait with its FIN for a broker that is busy: for ten
// seconds, but not once one that was sent behind it is answered.
inline bool may_be_read(const Conn& u, const Conn& o, Instant at) {
  if (u.answered || u.plan.end != End::unanswered || u.client_id != o.client_id) return false;
  if (u.id == o.id || u.connect > at) return false;
  const Instant lost = u.connect + kReadLate;
  if (o.answer < *u.broker_closed) return at <= lost;
  return o.answer <= lost && at <= std::min(lost, o.answer + kRace);
}
// It may have been `u` as well.
inline Reading either(const Reading& one, const Reading& other) {
  if (one.owed == other.owed) return one;
  return {Owed::perhaps, one.owed == Owed::one ? other.if_none : one.if_none};
}
struct Doubtful {
  Reading reading;
  std::optional<Instant> since;  // a will for the other one may come from then on
};
inline Doubtful reading_with_doubt(const World& world, const Conn& o, const Conn& c) {
  const Habits& habits = world.history.habits;
  Doubtful found{reading_of_takeover(habits, o, c), {}};
  const Conn* rival = nullptr;
  for (const Conn& u : world.conns) {
    if (!may_be_read(u, o, c.connect) || u.id == c.id) continue;
    if (rival == nullptr || reading_of_takeover(habits, o, *rival).owed == Owed::one) rival = &u;
  }
  if (rival == nullptr) return found;
  const Reading by_rival = reading_of_takeover(habits, o, *rival);
  if (by_rival.owed != Owed::none || found.reading.owed == Owed::none) {
    found.since = rival->connect;
  }
  found.reading = either(found.reading, by_rival);
  return found;
}

}  // namespace probate::test::minibroker
