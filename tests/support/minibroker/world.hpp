// What truly happened in a scripted history: who connected, how each connection went, what the
// scripted broker knew and when, and which will it therefore owed. Written from the prose of
// docs/verdicts.md; it shares no code with core/broker, the oracle or the ledger.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/journal/records.hpp"
#include "tests/support/minibroker/conn.hpp"
#include "tests/support/minibroker/takeover_reading.hpp"

namespace probate::test::minibroker {

class Builder {
 public:
  explicit Builder(const History& history) { world_.history = history; }

  World build() {
    for (std::size_t i = 0; i < plans().size(); ++i) connect(i);
    finish();
    return std::move(world_);
  }

 private:
  const std::vector<Plan>& plans() const { return world_.history.plans; }
  const Habits& habits() const { return world_.history.habits; }
  bool is_v5() const { return habits().version == mqtt::Version::v5; }
  static Duration part(double share, Duration whole) {
    return Duration{static_cast<Duration::rep>(share * static_cast<double>(whole.count()))};
  }

  Duration low(const Plan& p) const {
    const double seconds = 1.5 * p.keep_alive;
    return from_seconds(habits().floored ? std::floor(seconds) : seconds);
  }
  Duration high(const Plan& p) const { return low(p) + habits().scan; }
  Duration delay(const Plan& p) const {
    if (!is_v5()) return {};
    if (p.expiry == 0s) return habits().ignores_zero_expiry ? p.delay : Duration{};
    return std::min(p.delay, p.expiry);
  }

  // The one after the next connection is decided with the plan behind it: a twin wants it open.
  bool is_followed_by_twin(std::size_t i) const {
    return i + 1 < plans().size() && plans()[i + 1].twin && !plans()[i].twin &&
           goes_through(plans()[i]) && goes_through(plans()[i + 1]);
  }
  static bool goes_through(const Plan& p) {
    return p.end != End::refused && p.end != End::unanswered;
  }

  void connect(std::size_t i) {
    let_pass(clock_);
    Conn& c = world_.conns.emplace_back();
    c.plan = plans()[i];
    Plan& p = c.plan;
    p.twin = p.twin && i > 0 && is_followed_by_twin(i - 1);
    if (p.twin) p.fresh_client_id = false;
    c.id = ConnectionId{world_.conns.size()};
    c.epoch = p.ordinal + 1;
    c.client_id = "meter-0";
    if (p.twin) c.client_id = world_.conns[world_.conns.size() - 2].client_id;
    if (p.fresh_client_id) c.client_id += fmt::format("-{}", c.epoch);
    c.connect = clock_;
    c.answer = clock_ + 1ms + part(p.luck, 3ms);
    c.last_packet = clock_;
    if (!goes_through(p)) return fail_to_connect(c);
    for (std::size_t k = 0; k + 1 < world_.conns.size(); ++k) challenge(k, world_.conns.size() - 1);
    live(i, world_.conns.back());
  }

  void fail_to_connect(Conn& c) {
    c.accepted = false;
    c.if_none = "never_accepted";
    c.is_done = true;
    if (c.plan.end == End::refused) {
      c.broker_by = journal::Party::broker;
      c.device_by = journal::Party::broker;
      c.begins = c.answer;
      c.cause = "broker_close";
      c.broker_closed = c.answer + 1ms;
    } else {
      c.answered = false;
      c.is_done = false;
      c.owed = Owed::perhaps;
      c.publishes = c.plan.whim > 0.7 && habits().epoch_in_payload;
      c.broker_closed = c.connect + std::min<Duration>(c.plan.life, 3s);
      c.begins = c.ends = c.acts = *c.broker_closed;
      wait_for_delay(c);
      c.begins = *c.broker_closed;  // CONNACK may have made the session shorter
      c.cause = "proxy_cut";
      for (Conn& o : world_.conns) {
        perhaps_resume(o, c);
        perhaps_read_behind(o, c);
      }
    }
    c.device_closed = c.broker_closed;
    clock_ = *c.broker_closed + 80ms + part(c.plan.rest, 10s);
  }

  // c, accepted just now, meets an older connection.
  void challenge(std::size_t old, std::size_t now) {
    Conn& o = world_.conns[old];
    Conn& c = world_.conns[now];
    const bool is_unanswered = !o.accepted && !o.answered;
    if (o.client_id != c.client_id || (!o.accepted && !is_unanswered)) return;
    if (!o.broker_closed) return take_over(o, c, now);
    if (o.is_done || !o.delayed || o.acts == Instant{}) return;
    resume(o, c);
  }

  // The CONNECT `c` was cut before its answer: it may have gone on with the session, or ended it.
  void perhaps_resume(Conn& o, const Conn& c) {
    const bool is_pending = o.id != c.id && o.client_id == c.client_id && o.broker_closed &&
                            o.delayed && !o.is_done && c.connect < o.ends;
    if (!is_pending) return;
    const Reading reading = reading_of_takeover(habits(), o, c);
    if (o.owed == Owed::one && reading.owed != Owed::one) {
      o.owed = Owed::perhaps;
      o.if_none = reading.if_none;
      o.publishes = habits().epoch_in_payload;  // else nobody can tell whose it is
    }
    const bool may_come_at_once = reading.owed != Owed::none;
    if (may_come_at_once) o.begins = std::min(o.begins, c.connect);
  }

  // The broker gave no answer for so long; what ended shortly before it may have read afterwards.
  void perhaps_read_behind(Conn& o, const Conn& c) {
    if (o.id == c.id || o.client_id != c.client_id || !o.accepted || !o.broker_closed) return;
    if (o.broker_by == journal::Party::broker || o.delayed) return;
    const Instant ended = o.disconnect_at.value_or(*o.broker_closed);
    if (c.connect - ended > *c.broker_closed - c.connect) return;
    if (*c.broker_closed > o.ends + kHorizon) return;  // it is missing by then
    const Reading reading = reading_of_takeover(habits(), o, c);
    if (o.plan.end == End::disconnect || o.plan.end == End::late_disconnect) {
      if (reading.owed == Owed::none) return;
      o.owed = Owed::perhaps;
      o.publishes = false;
      o.begins = c.connect;
      o.ends = *c.broker_closed;
      o.is_done = true;
      return;
    }
    if (o.disconnect_at && reading.owed != Owed::none) {
      o.begins = std::min(o.begins, c.connect);
      o.ends = std::max(o.ends, *c.broker_closed);
    }
    if (o.owed != Owed::one || reading.owed == Owed::one) return;
    o.owed = Owed::perhaps;
    o.if_none = reading.if_none;
    o.publishes = true;
  }

  void take_over(Conn& o, Conn& c, std::size_t by) {
    const auto [reading, since] = reading_with_doubt(world_, o, c);
    o.owed = reading.owed;
    o.if_none = reading.if_none;
    o.publishes = reading_of_takeover(habits(), o, c).owed == Owed::one;
    o.cause = "takeover";
    o.by = by;
    o.begins = std::min(c.connect, since.value_or(c.connect));
    o.ends = c.answer;
    o.acts = c.connect + part(o.plan.luck, c.answer - c.connect);
    const bool may_have_fired = o.silent_at && !o.healed_at && o.plan.keep_alive > 0;
    if (may_have_fired) {
      const Instant first = o.last_packet + low(o.plan) + delay(o.plan);
      if (first <= c.answer) {
        // It may have been the keep-alive as well: nobody outside can tell.
        if (o.owed == Owed::none) o.owed = Owed::perhaps;
        o.begins = std::min(o.begins, first);
        o.ends = std::max(o.begins, o.ends);
      }
    }
    // Who is not silent pings.
    if (!o.silent_at) o.last_packet = std::max(o.last_packet, c.connect - 300ms);
    o.is_done = true;
    o.broker_by = journal::Party::broker;
    o.broker_closed = o.plan.whim < 0.5 ? o.acts : c.answer + part(o.plan.whim, 3ms);
    if (!o.device_closed) {
      o.device_closed = *o.broker_closed;
      o.device_by = journal::Party::broker;
    }
    if (!o.down_at) o.down_at = c.connect;
  }

  void resume(Conn& o, Conn& c) {
    if (c.connect - o.ends > kRace) return;
    const auto [reading, since] = reading_with_doubt(world_, o, c);
    if (!o.answered && c.answer <= o.connect + kReadLate) {
      // Or it is read only now.
      if (reading.owed != Owed::none) o.begins = std::min(o.begins, c.connect);
      return;
    }
    const bool is_out = o.acts < c.connect;
    const bool was_accepted = o.accepted || o.publishes;  // the broker knows
    if (o.accepted) o.if_none = reading.if_none;
    o.is_done = true;
    if (c.answer < o.begins) {
      o.owed = !o.accepted && reading.owed == Owed::one ? Owed::perhaps : reading.owed;
      o.publishes = was_accepted && o.owed == Owed::perhaps && o.plan.whim > 0.6 && !o.is_deleted &&
                    habits().epoch_in_payload;
      o.begins = std::min(c.connect, since.value_or(c.connect));
      o.ends = c.answer;
      o.acts = c.connect + part(o.plan.luck, c.answer - c.connect);
      o.delayed = false;
      return;
    }
    o.owed = Owed::perhaps;
    o.publishes = was_accepted && is_out && !o.is_deleted;
    o.ends = std::min(o.ends, c.answer);
  }

  // An end that the broker learns of at `at`, without a DISCONNECT.
  void owe(Conn& c, Instant at, const char* cause) {
    c.owed = Owed::one;
    c.cause = cause;
    c.begins = c.ends = c.acts = at;
    wait_for_delay(c);
  }
  void wait_for_delay(Conn& c) {
    const Duration d = delay(c.plan);
    if (d == 0s) return;
    c.delayed = true;
    c.begins += d;
    c.ends += d + habits().delay_scan;
    c.acts += d + part(c.plan.luck, habits().delay_scan);
  }

  void live(std::size_t i, Conn& c) {
    Plan& p = c.plan;
    const Instant end = c.answer + p.life;
    const bool is_watched = p.keep_alive > 0;
    const Duration age = part(p.luck * 0.9, is_watched ? std::chrono::seconds{p.keep_alive} : 5s);
    c.last_packet = std::max(c.answer, end - age);
    c.how = p.end == End::rst ? journal::CloseHow::rst : journal::CloseHow::fin;
    if (p.twin) return live_as_twin(c, end);
    if (is_followed_by_twin(i)) {
      clock_ = end;
      return;
    }
    const bool is_redialled = i + 1 < plans().size() && goes_through(plans()[i + 1]) &&
                              !plans()[i + 1].fresh_client_id && !p.fresh_client_id;
    if (p.end == End::left_behind && is_redialled) {
      clock_ = end;
      return;
    }
    clock_ = end + 80ms + part(p.rest, 10s);
    die(c, end);
  }

  void live_as_twin(Conn& c, Instant end) {
    const Plan& p = c.plan;
    const bool is_cut = p.end == End::fin || p.end == End::rst || p.end == End::proxy_cut;
    clock_ = std::min(end, c.answer + 4s);
    c.last_packet = std::min(c.last_packet, clock_);
    if (!is_cut && world_.conns.size() < plans().size()) return;
    c.broker_closed = clock_;
    c.broker_by = journal::Party::proxy;
    owe(c, clock_, "proxy_cut");
    clock_ += 80ms + part(p.rest, 5s);
  }

  void close_both(Conn& c, Instant at, journal::Party by) {
    c.device_closed = at;
    c.broker_closed = at + part(c.plan.whim, 2ms);
    c.device_by = c.broker_by = by;
    c.down_at = c.down_at.value_or(at);
  }

  void die(Conn& c, Instant end) {
    using journal::Party;
    switch (c.plan.end) {
      case End::fin:
      case End::rst:
      case End::left_behind:
      case End::connack_lost:
        close_both(c, end, Party::device);
        return owe(c, *c.broker_closed, c.plan.end == End::rst ? "device_rst" : "device_fin");
      case End::proxy_cut:
        close_both(c, end, Party::proxy);
        return owe(c, *c.broker_closed, "proxy_cut");
      case End::kick:
        close_both(c, end, Party::broker);
        c.device_closed = c.broker_closed;
        c.down_at = c.broker_closed;
        return owe(c, *c.broker_closed, "broker_close");
      case End::disconnect:
      case End::disconnect_with_will:
      case End::disconnect_error:
        return leave(c, end);
      case End::power_cut:
        return fall_silent(c, end);
      case End::stall_then_fin:
      case End::late_disconnect:
        return stall(c, end);
      case End::refused:
      case End::unanswered:
      case End::count_of_all:
        return;
    }
  }

  void leave(Conn& c, Instant at) {
    c.disconnect_at = at;
    c.last_packet = at;
    close_both(c, at + 1ms, journal::Party::device);
    if (c.plan.end == End::disconnect) {
      c.begins = c.ends = at;
      c.cause = "disconnect";
      c.if_none = "graceful";
      c.is_done = true;
      return;
    }
    owe(c, at, "disconnect");
    if (c.plan.end != End::disconnect_error || !habits().error_reason_deletes) return;
    c.owed = Owed::perhaps;
    c.publishes = false;
    c.if_none = "error_reason";
    c.is_deleted = true;
  }

  void fall_silent(Conn& c, Instant at) {
    const Plan& p = c.plan;
    c.silent_at = c.down_at = at;
    const Duration span = p.keep_alive == 0 ? 20s : high(p) * 2;
    clock_ = at + 100ms + part(p.rest, span);
    if (p.whim < 0.8) {
      c.device_closed = at + part(p.whim, clock_ - at);
      c.how = journal::CloseHow::rst;
    }
    if (p.keep_alive == 0) {
      c.owed = Owed::never;
      c.cause = "silence";
      return;
    }
    c.expires = c.last_packet + low(p) + part(p.luck, habits().scan);
    if (p.trick != Trick::early || delay(p) > 0s || !habits().epoch_in_payload) return;
    const Instant early = c.last_packet + low(p) - 60ms - part(p.whim, low(p) / 2);
    if (early <= at + 100ms) return;
    c.expires = early;
    c.is_early = true;
  }

  void stall(Conn& c, Instant end) {
    const Plan& p = c.plan;
    const Instant began = p.end == End::late_disconnect ? end : c.answer + p.life / 3;
    c.last_packet = std::min(c.last_packet, began);
    if (p.keep_alive > 0) c.last_packet = std::max(c.last_packet, began - 500ms);
    c.silent_at = began;
    const Instant latest = p.keep_alive == 0 ? began + 8s : c.last_packet + low(p) - 100ms;
    c.healed_at = began + 20ms + part(p.whim, latest - began - 20ms);
    const Instant healed = *c.healed_at;
    if (p.end == End::late_disconnect) {
      c.device_closed = began + (healed - began) / 2;
      c.down_at = began;
      c.disconnect_at = healed;
      c.broker_closed = healed + 1ms;
      c.begins = c.ends = healed;
      c.cause = "disconnect";
      c.if_none = "graceful";
      c.is_done = true;
      clock_ = std::max(clock_, healed + 80ms);
      return;
    }
    const Instant closed = std::max(end, healed + 100ms);
    c.last_packet = healed;
    if (p.keep_alive > 0) c.last_packet = std::max(healed, closed - 500ms);
    close_both(c, closed, journal::Party::device);
    owe(c, *c.broker_closed, "device_fin");
    clock_ = std::max(clock_, closed + 80ms);
  }

  // The broker's keep-alive fires for whoever has been silent for so long.
  void let_pass(Instant until) {
    for (Conn& c : world_.conns) {
      if (c.broker_closed || c.expires >= until) continue;
      c.broker_by = journal::Party::broker;
      c.broker_closed = c.expires;
      if (!c.device_closed) {
        c.device_closed = c.expires;
        c.device_by = journal::Party::broker;
      }
      c.owed = Owed::one;
      c.cause = "silence";
      c.acts = c.expires;
      if (delay(c.plan) > 0s) {
        c.begins = c.ends = c.expires;
        wait_for_delay(c);
      } else {
        c.begins = c.last_packet + low(c.plan);
        // Its close was seen, so the will is due then.
        c.ends = std::clamp(c.expires, c.begins, c.last_packet + high(c.plan));
      }
      for (const Conn& other : world_.conns) doubt(c, other);
    }
  }

  // A CONNECT of which nobody knows whether it arrived may be why the broker closed.
  void doubt(Conn& c, const Conn& other) {
    if (other.answered || other.plan.end != End::unanswered || other.client_id != c.client_id)
      return;
    const Instant cut = *other.broker_closed;
    const bool is_before = c.expires >= other.connect && c.expires <= cut;
    const bool is_after = c.expires > cut && may_be_read(other, c, c.expires - kAllowance);
    if (!is_before && !is_after) return;
    const Reading reading = reading_of_takeover(habits(), c, other);
    if (reading.owed != Owed::none) {
      c.begins = std::min(c.begins, other.connect);
      c.ends = std::max(c.ends, cut);
    }
    c.is_early = c.is_early && c.acts < c.begins;
    if (reading.owed == Owed::one) return;
    c.owed = Owed::perhaps;
    c.publishes = true;
    c.if_none = reading.if_none;
  }

  void finish() {
    world_.quiet = clock_;
    world_.stop = clock_ + 3min;
    if (habits().is_cut_off) {
      Rng rng = Rng{world_.history.seed}.stream("stop");
      world_.stop = clock_ + rng.uniform(0ms, 12s);
    }
    let_pass(world_.stop);
    for (Conn& c : world_.conns) {
      if (c.broker_closed || !c.silent_at || c.plan.keep_alive == 0) continue;
      // Judging stops before the broker has noticed.
      const Duration d = delay(c.plan);
      c.owed = Owed::one;
      c.cause = "silence";
      c.begins = c.last_packet + low(c.plan) + d;
      c.ends = c.last_packet + high(c.plan) + d + (d > 0s ? habits().delay_scan : Duration{});
      c.acts = kNever;
    }
  }

  World world_;
  Instant clock_ = kRunStart + 1s;
};

}  // namespace probate::test::minibroker
