// A broker that keeps its word, or drops wills on purpose, behind a crowd that logs in with one
// ClientID at once. It knows what it read and when; the journal knows only what the proxy saw of
// it. Written from docs/verdicts.md; shares no code with core/broker or the oracle.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/broker/profile.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::test::honestbroker {

enum class Fate : std::uint8_t {
  stays,         // until the broker ends it
  falls_silent,  // the same, but nothing passes
  fin,           // some time after its CONNACK
  rst,
  disconnect,
  cut_unanswered,  // FIN, whether it was answered or not
  reset_unanswered,
  count_of_all,
};

// What is the same for one crowd.
struct Habits {
  mqtt::Version version = mqtt::Version::v3_1_1;
  broker::Profile profile;
  bool hangs = false;  // now and then it reads nothing for up to four seconds
  bool drops = false;  // half of the wills
};
struct Deeds {
  std::size_t published = 0;
  std::size_t dropped = 0;
};

class Crowd {
 public:
  Crowd(std::uint64_t seed, JournalScript& script)
      : rng_{Rng{seed}.stream("honest broker")}, script_{script} {}

  Deeds play(const Habits& habits) {
    habits_ = habits;
    Instant at = kRunStart + 1s;
    const std::uint64_t clusters = 2 + rng_.below(5);
    for (std::uint64_t i = 0; i < clusters; ++i) {
      const bool hangs = habits.hangs && rng_.below(2) == 0;
      const Duration span = hangs ? 3s : rng_.below(2) == 0 ? Duration{30ms} : Duration{2s};
      if (hangs) hang_ = {at, at + rng_.uniform(200ms, 4s)};
      const std::uint64_t logins = 1 + rng_.below(4);
      for (std::uint64_t k = 0; k < logins; ++k) {
        const Instant when = at + rng_.uniform(0ms, span);
        plan(when, [this, when] { connect(when); });
      }
      run_until(at + span);
      at = std::max(now_, hang_.second) + 5s + rng_.uniform(0ms, 25s);
      run_until(at - 1s);
    }
    run_until(at + 10min);
    return deeds_;
  }

 private:
  struct Socket {
    Link link;
    Instant connect{};
    Fate fate{};
    Duration life{};
    // The proxy's side.
    bool answered = false;
    bool closed = false;
    Instant heard{};  // what it reads of one socket comes in order
    // The broker's side.
    Instant read{};
    bool is_reset = false;  // what it has not read is lost
    bool is_accepted = false;
    bool is_over = false;
    bool has_left = false;
    bool keeps_will = false;  // as it leaves
    bool is_refused = false;
    Instant last_packet{};
    std::size_t timer = 0;
  };
  struct Pending {
    std::size_t socket;
    std::size_t timer;
  };
  struct Event {
    Instant at;
    std::uint64_t order;
    std::function<void()> act;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void plan(Instant at, std::function<void()> act) { events_.push({at, ++order_, std::move(act)}); }
  void run_until(Instant until) {
    while (!events_.empty() && events_.top().at <= until) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      event.act();
    }
    now_ = std::max(now_, until);
  }
  bool is_hanging() const { return now_ >= hang_.first - 100ms && now_ <= hang_.second + 100ms; }
  template <typename T>
  T one_of(std::initializer_list<T> from) {
    return from.begin()[rng_.below(from.size())];
  }

  // --- the crowd, as the proxy sees it
  void connect(Instant at) {
    Login login;
    login.epoch = static_cast<Epoch>(sockets_.size() + 1);
    login.twin = rng_.below(3) == 0;
    login.clean = rng_.below(2) == 0;
    login.will = rng_.below(8) != 0;
    login.version = habits_.version;
    const Fate fate = static_cast<Fate>(rng_.below(static_cast<std::uint64_t>(Fate::count_of_all)));
    // Who lives for a while and does not ping has none.
    const bool is_watched = fate == Fate::stays || fate == Fate::falls_silent;
    if (!is_watched || habits_.hangs) login.keep_alive = 0;
    if (login.keep_alive > 0) login.keep_alive = one_of<std::uint16_t>({0, 2, 5});
    login.connack_after = -1;
    if (habits_.version == mqtt::Version::v5) {
      login.expiry = one_of<Duration>({0s, 5s, 60s});
      login.delay = one_of<Duration>({0s, 0s, 1s, 4s});
    }
    Socket s;
    s.connect = at;
    s.fate = fate;
    s.is_refused = rng_.below(12) == 0;
    s.life = rng_.below(2) == 0 ? rng_.uniform(0ms, 60ms) : rng_.uniform(0ms, 4s);
    s.last_packet = at;
    s.link = script_.connects(seconds(at), login);
    const std::size_t i = sockets_.size();
    sockets_.push_back(std::move(s));
    plan(read_at(i, at), [this, i] { read_connect(i); });
    if (fate == Fate::cut_unanswered || fate == Fate::reset_unanswered) {
      plan(at + sockets_[i].life, [this, i, fate] { close(i, fate == Fate::reset_unanswered); });
    }
  }

  void hear_connack(std::size_t i, bool session_present) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    journal::ConnackReceived connack;
    connack.connection = s.link.id;
    connack.session_present = session_present;
    script_.write_at(now_, connack);
    s.answered = true;
    plan(now_ + s.life, [this, i] { end(i); });
  }

  void hear_refusal(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    journal::ConnackReceived connack;
    connack.connection = s.link.id;
    connack.reason = 5;
    script_.write_at(now_, connack);
    // A DISCONNECT that was on its way.
    if (rng_.below(2) == 0) {
      script_.write_at(now_, journal::DisconnectForwarded{s.link.id, 0x04, std::nullopt});
    }
  }

  void end(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    if (is_hanging()) {
      plan(hang_.second + 200ms + s.life, [this, i] { end(i); });
      return;
    }
    switch (s.fate) {
      case Fate::stays:
        if (s.link.login.keep_alive > 0) plan(now_ + 500ms, [this, i] { ping(i); });
        return;
      case Fate::falls_silent:
        script_.write_at(now_, journal::SilenceBegan{s.link.id, journal::Flow::both, kNoFault,
                                                     s.last_packet, s.last_packet});
        return;
      case Fate::fin:
      case Fate::rst:
        return close(i, s.fate == Fate::rst);
      case Fate::disconnect:
        // [MQTT5-3.14.2-1] With its will, or without.
        s.keeps_will = is_v5() && rng_.below(2) == 0;
        script_.write_at(
            now_, journal::DisconnectForwarded{
                      s.link.id, static_cast<std::uint8_t>(s.keeps_will ? 0x04 : 0), std::nullopt});
        plan(read_at(i, now_), [this, i] { read_disconnect(i); });
        plan(now_ + rng_.uniform(0ms, 2ms), [this, i] { close(i, false); });
        return;
      case Fate::cut_unanswered:
      case Fate::reset_unanswered:
      case Fate::count_of_all:
        return;
    }
  }

  void ping(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    s.last_packet = now_;
    if (now_ < s.connect + 40s) plan(now_ + 500ms, [this, i] { ping(i); });
    if (now_ >= s.connect + 40s) close(i, false);
  }

  void close(std::size_t i, bool is_rst) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    s.closed = true;
    const auto how = is_rst ? journal::CloseHow::rst : journal::CloseHow::fin;
    const auto by = rng_.below(2) == 0 ? journal::Party::device : journal::Party::proxy;
    write_close(s, by, how);
    if (is_rst) {
      plan(now_ + rng_.uniform(0ms, 1ms), [this, i] { read_reset(i); });
    } else {
      plan(read_at(i, now_), [this, i] { read_end(i); });
    }
  }

  void hear_close(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.closed) return;
    s.closed = true;
    write_close(s, journal::Party::broker, journal::CloseHow::fin);
  }

  void write_close(const Socket& s, journal::Party by, journal::CloseHow how) {
    journal::LegClosed closed;
    closed.connection = s.link.id;
    closed.by = by;
    closed.how = how;
    closed.last_uplink_packet_at = s.last_packet;
    closed.leg = journal::Leg::device;
    script_.write_at(now_, closed);
    closed.leg = journal::Leg::broker;
    script_.write_at(now_, closed);
  }

  // --- the broker
  // When it gets round to what arrives at `at`: of one socket in order, of two in any.
  Instant read_at(std::size_t i, Instant at) {
    Instant ready = at;
    if (at >= hang_.first && at < hang_.second) ready = hang_.second;
    ready += rng_.uniform(0ms, 15ms);
    Socket& s = sockets_[i];
    s.read = std::max(s.read + 1ns, ready);
    return s.read;
  }
  // When the proxy reads what it says to `i` now.
  Instant heard_at(std::size_t i) {
    Socket& s = sockets_[i];
    s.heard = std::max(s.heard + 1ns, now_ + rng_.uniform(0ms, 12ms));
    return s.heard;
  }

  void read_connect(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.is_over || s.is_reset) return;
    if (s.is_refused) {
      s.is_over = true;
      plan(heard_at(i), [this, i] { hear_refusal(i); });
      plan(heard_at(i), [this, i] { hear_close(i); });
      return;
    }
    const bool clean = s.link.login.clean;
    if (holder_) take_over(*holder_, i);
    if (pending_) {
      const std::size_t old = pending_->socket;
      pending_.reset();
      const bool is_expired = !clean && now_ >= session_until_;
      if (is_expired || (clean && ends_delayed())) publish(old);
    }
    const bool present = !clean && has_session_ && now_ < session_until_;
    holder_ = i;
    s.is_accepted = true;
    has_session_ = true;
    session_until_ = kNever;
    plan(heard_at(i), [this, i, present] { hear_connack(i, present); });
    watch(i);
  }

  void take_over(std::size_t old, std::size_t by) {
    Socket& o = sockets_[old];
    o.is_over = true;
    if (o.link.login.will && publishes_at_takeover(o.link.login, sockets_[by].link.login)) {
      publish(old);
    }
    plan(heard_at(old), [this, old] { hear_close(old); });
    holder_.reset();
    if (is_v5() ? o.link.login.expiry == 0s : o.link.login.clean) has_session_ = false;
  }

  bool is_v5() const { return habits_.version == mqtt::Version::v5; }
  bool ends_delayed() {
    const broker::Reading reading = habits_.profile.takeover.reading;
    return reading == broker::Reading::b ||
           (reading == broker::Reading::either && rng_.below(2) == 0);
  }
  bool publishes_at_takeover(const Login& old, const Login& by) {
    const broker::TakeoverRule& rule = habits_.profile.takeover;
    if (!is_v5()) {
      if (old.clean) return by.clean ? rule.clean_to_clean : rule.clean_to_kept;
      return by.clean ? rule.kept_to_clean : rule.kept_to_kept;
    }
    if (old.delay > 0s) return (by.clean || old.expiry == 0s) && ends_delayed();
    if (old.expiry == 0s) return rule.v5_expired_to_any;
    return by.clean ? rule.kept_to_clean : rule.v5_kept_to_kept;
  }

  void read_disconnect(std::size_t i) {
    if (sockets_[i].is_over || sockets_[i].is_reset) return;
    if (sockets_[i].keeps_will) return read_end(i);
    sockets_[i].has_left = true;
  }
  void read_reset(std::size_t i) {
    sockets_[i].is_reset = true;
    if (!is_hanging()) return read_end(i);
    plan(read_at(i, now_), [this, i] { read_end(i); });
  }

  // The connection is over without a takeover.
  void read_end(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.is_over) return;
    s.is_over = true;
    if (!s.is_accepted) return;
    if (holder_ == i) holder_.reset();
    const Login& login = s.link.login;
    const bool is_kept = is_v5() ? login.expiry > 0s : !login.clean;
    has_session_ = is_kept;
    session_until_ = is_v5() ? now_ + login.expiry : kNever;
    if (!login.will || s.has_left) return;
    const Duration delay = is_v5() ? std::min(login.delay, login.expiry) : Duration{};
    if (delay == 0s) return publish(i);
    const std::size_t timer = ++timers_;
    pending_ = {i, timer};
    plan(now_ + delay + rng_.uniform(0ms, 1s), [this, timer] {
      if (!pending_ || pending_->timer != timer) return;
      const std::size_t due = pending_->socket;
      pending_.reset();
      publish(due);
    });
  }

  void watch(std::size_t i) {
    Socket& s = sockets_[i];
    if (s.link.login.keep_alive == 0 || s.is_over) return;
    const Duration limit = from_seconds(1.5 * s.link.login.keep_alive);
    const Instant last = s.last_packet;
    plan(std::max(now_, last + limit) + rng_.uniform(0ms, 1s), [this, i, last] {
      Socket& now = sockets_[i];
      if (now.is_over) return;
      if (now.last_packet != last) return watch(i);
      plan(heard_at(i), [this, i] { hear_close(i); });
      read_end(i);
    });
  }

  void publish(std::size_t i) {
    if (habits_.drops && rng_.below(2) == 0) {
      ++deeds_.dropped;
      return;
    }
    ++deeds_.published;
    const Instant seen = now_ + rng_.uniform(0ms, 5ms);
    const Link link = sockets_[i].link;
    plan(seen, [this, link] { script_.will(seconds(now_), link); });
  }

  static double seconds(Instant at) { return to_seconds(at - kRunStart); }

  Rng rng_;
  JournalScript& script_;
  Habits habits_;
  std::vector<Socket> sockets_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  Instant now_ = kRunStart;
  std::pair<Instant, Instant> hang_{kRunStart, kRunStart};
  std::optional<std::size_t> holder_;
  std::optional<Pending> pending_;
  bool has_session_ = false;
  Instant session_until_ = kNever;
  std::size_t timers_ = 0;
  Deeds deeds_;
};

}  // namespace probate::test::honestbroker
