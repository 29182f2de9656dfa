// What a scripted history of one device consists of: one plan per connection, drawn in advance, so
// that a failing history can be shrunk by leaving plans out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::test::minibroker {

inline constexpr Duration kAllowance = 1s;  // of the judge
inline constexpr Duration kHorizon = 5s;
// docs/verdicts.md: so long may a CONNECT wait, and so far apart may two sockets be read.
inline constexpr Duration kReadLate = 10s;
inline constexpr Duration kRace = 50ms;

// How a connection goes and comes to its end.
enum class End : std::uint8_t {
  fin,
  rst,
  proxy_cut,
  disconnect,
  disconnect_with_will,  // 5.0, 0x04
  disconnect_error,      // 5.0, 0x81
  kick,                  // the broker closes it
  power_cut,             // silent from one moment on, for good
  stall_then_fin,        // silent, heals in time, ends by FIN later
  late_disconnect,       // silent; what was held arrives late, a DISCONNECT among it
  left_behind,           // the device dials again and lets the old one hang
  refused,
  unanswered,
  connack_lost,
  count_of_all,
};
inline const char* to_text(End end) {
  constexpr std::array kWords{"fin",
                              "rst",
                              "proxy_cut",
                              "disconnect",
                              "disconnect_with_will",
                              "disconnect_error",
                              "kick",
                              "power_cut",
                              "stall_then_fin",
                              "late_disconnect",
                              "left_behind",
                              "refused",
                              "unanswered",
                              "connack_lost"};
  return kWords[static_cast<std::size_t>(end)];
}

// What the broker does wrong about a connection's will, or what befalls its copies.
enum class Trick : std::uint8_t {
  honest,
  drop,
  early,
  late,       // before the horizon
  very_late,  // after it
  dup_flag,   // a second copy, marked DUP
  republish,  // a second copy, not marked
  overlap,    // a second copy at once, by another filter of the observer's
  forged_epoch,
  stranger,         // a will that nobody announced
  cry_wolf,         // published while the connection lives
  after_forbidden,  // published although none was owed
  swap,             // the new connection's will instead of the old one's
  observer_loss,    // the control observer alone has it
  control_loss,     // the back end's observer alone has it
  mismatch,         // its topic is none that the back end listens to
  gap,              // dropped while the observer was blind
  retained_copy,    // and a copy with RETAIN=1 afterwards
  count_of_all,
};
inline const char* to_text(Trick trick) {
  constexpr std::array kWords{
      "honest",    "drop",          "early",        "late",     "very_late", "dup_flag",
      "republish", "overlap",       "forged_epoch", "stranger", "cry_wolf",  "after_forbidden",
      "swap",      "observer_loss", "control_loss", "mismatch", "gap",       "retained_copy"};
  return kWords[static_cast<std::size_t>(trick)];
}

struct Plan {
  End end = End::fin;
  Trick trick = Trick::honest;
  bool twin = false;  // somebody else with the device's ClientID; the one before is still open
  bool has_will = true;
  bool clean = true;
  bool fresh_client_id = false;
  std::uint16_t keep_alive = 10;  // seconds
  Duration expiry{};              // 5.0
  Duration delay{};               // 5.0
  mqtt::QoS qos{};
  bool retain = false;
  Duration life{};            // from CONNACK to the end
  double rest = 0;            // before the next dial; silent ends take it as a share of 2.5 windows
  double luck = 0;            // where in its window the broker acts
  double whim = 0;            // where in its range the trick falls
  Duration transit{};         // from the broker to the observer
  std::uint32_t ordinal = 0;  // of the plan in its history
};

// What is the same for all connections of a history.
struct Habits {
  mqtt::Version version = mqtt::Version::v3_1_1;
  bool floored = true;
  Duration scan = 6100ms;
  Duration delay_scan = 1100ms;
  bool kept_to_kept = false;
  bool v5_kept_to_kept = false;
  bool clean_to_clean = true;
  bool kept_to_clean = true;
  bool clean_to_kept = true;
  bool v5_expired = true;
  bool ignores_zero_expiry = true;
  bool error_reason_deletes = true;
  bool epoch_in_payload = true;
  bool has_gaps = false;    // such a history is judged alone
  bool is_cut_off = false;  // judging stops soon after the last end
  bool is_war = false;      // the device takes itself over, more than once a second
};

struct History {
  std::uint64_t seed = 0;
  Habits habits;
  std::vector<Plan> plans;
};

template <typename T, std::size_t kSize>
T pick(Rng& rng, const std::array<T, kSize>& from) {
  return from[rng.below(kSize)];
}

inline Habits draw_habits(Rng& rng, bool epoch_in_payload) {
  Habits h;
  h.version = pick(rng, std::array{mqtt::Version::v3_1, mqtt::Version::v3_1_1, mqtt::Version::v5,
                                   mqtt::Version::v5});
  h.floored = rng.below(2) == 0;
  h.scan = h.floored ? 6100ms : 1500ms;
  h.kept_to_kept = rng.below(2) == 0;
  h.v5_kept_to_kept = rng.below(2) == 0;
  h.clean_to_clean = rng.below(5) != 0;
  h.kept_to_clean = rng.below(5) != 0;
  h.clean_to_kept = rng.below(5) != 0;
  h.v5_expired = rng.below(5) != 0;
  h.ignores_zero_expiry = rng.below(2) == 0;
  h.error_reason_deletes = rng.below(2) == 0;
  h.epoch_in_payload = epoch_in_payload;
  h.has_gaps = rng.below(10) == 0;
  h.is_cut_off = rng.below(10) == 0;
  return h;
}

inline Plan draw_plan(Rng& rng, const Habits& habits, std::uint32_t ordinal) {
  Plan p;
  p.ordinal = ordinal;
  const bool is_v5 = habits.version == mqtt::Version::v5;
  do {
    p.end = static_cast<End>(rng.below(static_cast<std::uint64_t>(End::count_of_all)));
  } while (!is_v5 && (p.end == End::disconnect_with_will || p.end == End::disconnect_error));
  if (rng.below(5) == 0) p.end = End::power_cut;
  do {
    p.trick = static_cast<Trick>(rng.below(static_cast<std::uint64_t>(Trick::count_of_all)));
  } while (!habits.has_gaps && p.trick == Trick::gap);
  if (rng.below(3) == 0) p.trick = Trick::honest;
  p.twin = rng.below(8) == 0;
  p.has_will = rng.below(12) != 0;
  p.clean = rng.below(2) == 0;
  p.fresh_client_id = rng.below(6) == 0;
  p.keep_alive = pick(rng, std::array<std::uint16_t, 6>{0, 2, 3, 5, 10, 20});
  if (is_v5) {
    p.expiry = pick(rng, std::array<Duration, 4>{0s, 5s, 60s, Duration::max()});
    p.delay = pick(rng, std::array<Duration, 4>{0s, 0s, 3s, 10s});
  }
  p.qos = static_cast<mqtt::QoS>(rng.below(3));
  p.retain = rng.below(3) == 0;
  p.life = rng.uniform(1500ms, 20s);
  p.rest = rng.unit();
  p.luck = rng.unit();
  p.whim = rng.unit();
  p.transit = rng.below(3) == 0 ? rng.uniform(0ms, 900ms) : rng.uniform(0ms, 5ms);
  return p;
}

// Where all payloads are the same it is hard to tell whose wills these are.
inline void make_war(Rng& rng, Plan& p) {
  if (p.trick == Trick::overlap) p.trick = Trick::republish;
  if (rng.below(3) == 0) return;
  p.end = rng.below(6) == 0 ? End::kick : End::left_behind;
  p.fresh_client_id = false;
  p.twin = false;
  p.life = rng.uniform(60ms, 900ms);
  p.transit = rng.uniform(0ms, 5ms);
}

inline History draw_history(std::uint64_t seed, bool epoch_in_payload) {
  Rng rng = Rng{seed}.stream("minibroker");
  History history;
  history.seed = seed;
  history.habits = draw_habits(rng, epoch_in_payload);
  history.habits.is_war = !epoch_in_payload && seed % 5 == 0;
  Rng war = Rng{seed}.stream("war");
  const std::uint64_t count = 8 + rng.below(9);
  for (std::uint64_t i = 0; i < count; ++i) {
    history.plans.push_back(draw_plan(rng, history.habits, static_cast<std::uint32_t>(i)));
    if (history.habits.is_war) make_war(war, history.plans.back());
  }
  return history;
}

inline std::string to_text(const Plan& p) {
  return fmt::format(
      "#{} {}{}{}{}{} K={} S={} D={} trick={} life={} rest={:.3f} luck={:.3f} whim={:.3f}",
      p.ordinal, to_text(p.end), p.twin ? " twin" : "", p.clean ? " clean" : " kept",
      p.fresh_client_id ? " new-id" : "", p.has_will ? "" : " no-will", p.keep_alive,
      p.expiry == Duration::max() ? "never" : probate::to_text(p.expiry), probate::to_text(p.delay),
      to_text(p.trick), probate::to_text(p.life), p.rest, p.luck, p.whim);
}

}  // namespace probate::test::minibroker
