// What the scripted broker published, rightly and wrongly, which copies the observers saw, and what
// a perfect judge would say of each obligation and of each copy.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/support/minibroker/world.hpp"

namespace probate::test::minibroker {

struct Copy {
  Instant at{};
  std::size_t conn = 0;  // whose will it is; kNobody: of no connection
  bool backend = true;
  bool control = true;
  bool dup = false;
  bool retain = false;
};
inline constexpr std::size_t kForgedEpoch = 1'000'000;
inline constexpr std::size_t kStranger = 1'000'001;

// The verdict on one connection's obligation; "" if it has none.
struct Expected {
  std::string will_class;
  std::string why;
  std::optional<Instant> seen;
  bool ghost = false;
  bool takeover = false;
};
// The verdict on a copy that fills no obligation.
struct Misfit {
  std::string will_class;
  std::string why;
  std::size_t conn = 0;
  Instant at{};
  bool ghost = false;
};

struct Story {
  World world;
  std::vector<Copy> copies;
  std::vector<std::pair<Instant, Instant>> gaps;
  std::vector<Expected> expected;  // by connection
  std::vector<Misfit> misfits;
  std::uint64_t retained = 0;
  std::map<std::string, std::uint64_t> no_will;
};

class Mischief {
 public:
  explicit Mischief(World world) {
    story_.world = std::move(world);
    story_.expected.resize(conns().size());
    if (!has_epochs()) find_crowds();
  }

  Story tell() {
    for (std::size_t i = 0; i < conns().size(); ++i) {
      if (conns()[i].plan.has_will) treat(i);
    }
    apply_gaps();
    apply_stop();
    for (std::size_t i = 0; i < conns().size(); ++i) count_none(i);
    return std::move(story_);
  }

 private:
  const std::vector<Conn>& conns() const { return story_.world.conns; }
  bool has_epochs() const { return story_.world.history.habits.epoch_in_payload; }
  static Duration part(double share, Duration whole) {
    return Duration{static_cast<Duration::rep>(share * static_cast<double>(whole.count()))};
  }
  static bool has_own_topic(Trick trick) {
    return trick == Trick::mismatch || trick == Trick::overlap;
  }

  // Nothing else with the same bytes is open nearby.
  bool is_alone(std::size_t i) const {
    if (has_epochs()) return true;
    const auto span = [](const Conn& c) {
      const Instant from = std::min(c.begins, c.broker_closed.value_or(c.begins));
      return std::pair{from - 3s, c.ends + kAllowance + kHorizon + 3s};
    };
    const auto [from, to] = span(conns()[i]);
    for (std::size_t k = 0; k < conns().size(); ++k) {
      const Conn& o = conns()[k];
      if (k == i || !o.plan.has_will || has_own_topic(o.plan.trick)) continue;
      if (o.owed == Owed::never || (o.owed == Owed::one && o.acts == kNever)) return false;
      const auto [other_from, other_to] = span(o);
      if (from <= other_to && to >= other_from) return false;
    }
    return true;
  }

  // Connections whose wills may come at the same time. Where the bytes do not tell whose a will is,
  // a copy too many makes up for a missing one: a crowd has the one kind or the other. So it is
  // with a will that the broker was free to publish or not to.
  struct Crowd {
    Instant from{};
    Instant to{};
    bool may_lack = true;
    bool may_double = true;
    bool has_free = false;  // one that the broker was free to publish
  };
  void find_crowds() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < conns().size(); ++i) {
      if (conns()[i].plan.has_will && !has_own_topic(conns()[i].plan.trick)) order.push_back(i);
    }
    const auto from = [this](std::size_t i) {
      const Conn& c = conns()[i];
      return std::min(c.begins, c.broker_closed.value_or(c.begins)) - 1200ms;
    };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return from(a) < from(b); });
    const std::uint64_t seed = story_.world.history.seed;
    crowd_of_.resize(conns().size());
    for (const std::size_t i : order) {
      const Conn& c = conns()[i];
      if (crowds_.empty() || from(i) > crowds_.back().to) {
        const bool is_even = (seed + crowds_.size()) % 2 == 0;
        crowds_.push_back({from(i), from(i), is_even, !is_even});
      }
      Crowd& crowd = crowds_.back();
      crowd_of_[i] = crowds_.size() - 1;
      crowd.to = std::max(crowd.to, c.ends + kAllowance + 1s);
      crowd.has_free = crowd.has_free || c.owed == Owed::perhaps;
      if (c.owed == Owed::perhaps && c.publishes) crowd.may_lack = false;
      if (c.owed == Owed::perhaps && !c.publishes) crowd.may_double = false;
    }
  }
  bool may_lack(std::size_t i) const { return has_epochs() || crowds_[crowd_of_[i]].may_lack; }
  bool may_double(std::size_t i) const { return has_epochs() || crowds_[crowd_of_[i]].may_double; }
  // Why one that was free left none is said before a gap can be told of that is longer than the
  // horizon.
  bool may_be_blind(Instant from, Instant to) const {
    return std::all_of(crowds_.begin(), crowds_.end(), [&](const Crowd& crowd) {
      return (crowd.may_lack && !crowd.has_free) || crowd.from > to || crowd.to < from;
    });
  }

  Trick trick_for(std::size_t i) const {
    const Conn& c = conns()[i];
    const Trick trick = c.plan.trick;
    const bool is_owed = c.owed == Owed::one && c.acts != kNever;
    switch (trick) {
      case Trick::honest:
      case Trick::control_loss:
      case Trick::mismatch:
      case Trick::stranger:
        return trick;
      case Trick::retained_copy:
        return is_owed ? trick : Trick::honest;
      case Trick::drop:
      case Trick::gap:
        return is_owed && may_lack(i) ? trick : Trick::honest;
      case Trick::late:
      case Trick::observer_loss:
        return is_owed && may_lack(i) && is_alone(i) ? trick : Trick::honest;
      case Trick::dup_flag:
      case Trick::republish:
        return is_owed && may_double(i) ? trick : Trick::honest;
      case Trick::overlap:
        return is_owed ? trick : Trick::honest;
      case Trick::very_late:
      case Trick::early:
      case Trick::swap:
        return is_owed && has_epochs() ? trick : Trick::honest;
      case Trick::after_forbidden:
        return c.owed == Owed::none && c.is_done && has_epochs() ? trick : Trick::honest;
      case Trick::cry_wolf:
        return c.accepted && has_epochs() ? trick : Trick::honest;
      case Trick::forged_epoch:
        return has_epochs() ? trick : Trick::honest;
      case Trick::count_of_all:
        break;
    }
    return Trick::honest;
  }

  void show(Instant at, std::size_t conn, bool dup = false) {
    story_.copies.push_back({at, conn, true, true, dup, false});
  }
  void verdict(std::size_t i, const char* will_class, const char* why,
               std::optional<Instant> seen) {
    Expected& e = story_.expected[i];
    e.will_class = will_class;
    e.why = why;
    e.seen = seen;
    if (!seen) return;
    e.takeover = std::string{conns()[i].cause} == "takeover";
    e.ghost = is_ghost(i, *seen);
  }
  void misfit(const char* will_class, const char* why, std::size_t conn, Instant at) {
    const bool is_known = conn < kForgedEpoch;
    story_.misfits.push_back({will_class, why, conn, at, is_known && is_ghost(conn, at)});
  }

  // The device was up over a later connection that the broker had accepted, for longer than two
  // sockets may be read out of order.
  bool is_ghost(std::size_t i, Instant at) const {
    for (const Conn& later : conns()) {
      if (later.epoch <= conns()[i].epoch || later.plan.twin || !later.accepted) continue;
      if (later.answer + 50ms < at && at < later.down_at.value_or(kNever)) return true;
    }
    return false;
  }

  Instant arrival(const Conn& c) const {
    if (c.acts > c.ends) return c.acts;
    return std::min(c.acts + c.plan.transit, c.ends + kAllowance);
  }

  void treat(std::size_t i) {
    const Conn& c = conns()[i];
    const Trick trick = trick_for(i);
    if (trick == Trick::cry_wolf) cry_wolf(i);
    if (trick == Trick::after_forbidden) return come_after(i);
    if (trick == Trick::forged_epoch || trick == Trick::stranger) forge(i, trick);
    if (c.owed == Owed::never) return verdict(i, "censored", "never_due", {});
    const bool comes = c.owed == Owed::one || (c.owed == Owed::perhaps && c.publishes);
    if (!comes || c.acts == kNever) {
      if (c.owed == Owed::one) verdict(i, "missing", "broker", {});
      return;
    }
    if (c.is_early && std::string{c.cause} == "silence") {
      show(c.acts, i);
      return verdict(i, "early", "", c.acts);
    }
    publish(i, trick);
  }

  void publish(std::size_t i, Trick trick) {
    const Conn& c = conns()[i];
    const double whim = c.plan.whim;
    const Instant due = arrival(c);
    switch (trick) {
      case Trick::drop:
        return verdict(i, "missing", "broker", {});
      case Trick::gap: {
        const Instant to = c.ends + kAllowance + 50ms + part(whim, 8s);
        const Instant from = c.begins - 100ms - part(whim, 2s);
        if (!has_epochs() && (to > story_.world.stop || !may_be_blind(from, to))) break;
        story_.gaps.emplace_back(from, to);
        return verdict(i, "missing", "broker", {});
      }
      case Trick::mismatch:
        story_.copies.push_back({due, i, false, true, false, false});
        if (c.owed == Owed::one) verdict(i, "missing", "topic_mismatch", {});
        return;
      case Trick::observer_loss:
        story_.copies.push_back({due, i, false, true, false, false});
        return verdict(i, "missing", "observer_loss", {});
      case Trick::late: {
        const Instant at = c.ends + kAllowance + 1ms + part(whim, kHorizon - kAllowance - 3ms);
        show(at, i);
        return verdict(i, "late", "", at);
      }
      case Trick::very_late: {
        const Instant at = c.ends + kHorizon + 10ms + part(whim, 30s);
        show(at, i);
        return verdict(i, "late", "", at);
      }
      case Trick::early:
        if (publish_early(i)) return;
        break;
      case Trick::swap:
        if (publish_another(i)) return;
        break;
      case Trick::honest:
      case Trick::dup_flag:
      case Trick::republish:
      case Trick::overlap:
      case Trick::forged_epoch:
      case Trick::stranger:
      case Trick::cry_wolf:
      case Trick::after_forbidden:
      case Trick::control_loss:
      case Trick::retained_copy:
      case Trick::count_of_all:
        break;
    }
    story_.copies.push_back({due, i, true, trick != Trick::control_loss, false, false});
    verdict(i, "true", "", due);
    add_copies(i, trick, due);
  }

  // FIN, RST, a cut or a DISCONNECT follow within a second; or a delay is cut short.
  bool publish_early(std::size_t i) {
    const Conn& c = conns()[i];
    const std::string cause = c.cause;
    if (cause == "silence" || cause == "broker_close" || cause == "takeover") return false;
    const bool is_delayed = c.begins - *c.broker_closed > 200ms;
    const Instant at = is_delayed ? c.begins - 60ms - part(c.plan.whim, 100ms)
                                  : c.begins - 60ms - part(c.plan.whim, 900ms);
    if (at <= c.answer) return false;
    show(at, i);
    verdict(i, "early", "", at);
    return true;
  }

  // The will of the connection that took this one over.
  bool publish_another(std::size_t i) {
    const Conn& c = conns()[i];
    if (c.by == 0) return false;
    const Conn& newer = conns()[c.by];
    const Instant at = newer.answer + 5ms;
    const bool is_alive = newer.broker_closed.value_or(kNever) > at + 1100ms &&
                          (newer.owed == Owed::none || newer.begins > at + 1100ms);
    if (!newer.plan.has_will || !is_alive || has_own_topic(newer.plan.trick)) return false;
    show(at, c.by);
    misfit("wrong_epoch", "", c.by, at);
    verdict(i, "missing", "broker", {});
    return true;
  }

  void add_copies(std::size_t i, Trick trick, Instant due) {
    const double whim = conns()[i].plan.whim;
    if (trick == Trick::dup_flag) {
      const Instant at = due + 1ms + part(whim, has_epochs() ? 20s : 900ms);
      show(at, i, true);
      misfit("duplicate", "dup_flag", i, at);
    } else if (trick == Trick::republish) {
      const Instant at = due + 60ms + part(whim, has_epochs() ? 20s : 900ms);
      show(at, i);
      misfit("duplicate", "republish", i, at);
    } else if (trick == Trick::overlap) {
      const Instant at = due + part(whim, 45ms);
      show(at, i);
      misfit("duplicate", "overlap", i, at);
    } else if (trick == Trick::retained_copy) {
      story_.copies.push_back({due + part(whim, 10s), i, true, false, false, true});
      ++story_.retained;
    }
  }

  void cry_wolf(std::size_t i) {
    const Conn& c = conns()[i];
    Instant last = c.broker_closed.value_or(story_.world.stop) - 1100ms;
    if (c.owed != Owed::never && c.begins != Instant{}) last = std::min(last, c.begins - 1100ms);
    const Instant first = c.answer + 5ms;
    if (last <= first || has_own_topic(c.plan.trick)) return;
    const Instant at = first + part(c.plan.whim, last - first);
    show(at, i);
    misfit(is_in_place_of_another(i, at) ? "wrong_epoch" : "spurious", "", i, at);
  }

  // The will of a connection that this one took over is owed just then, and has not come.
  bool is_in_place_of_another(std::size_t i, Instant at) const {
    for (std::size_t k = 0; k < i; ++k) {
      const Conn& o = conns()[k];
      if (o.client_id != conns()[i].client_id || o.owed != Owed::one || !o.plan.has_will) continue;
      if (at < o.begins - 50ms || at > o.ends + kAllowance) continue;
      if (story_.expected[k].seen.value_or(kNever) > at) return true;
    }
    return false;
  }

  void come_after(std::size_t i) {
    const Conn& c = conns()[i];
    const Instant at =
        std::max(c.begins, c.broker_closed.value_or(c.begins)) + 10ms + part(c.plan.whim, 20s);
    show(at, i);
    misfit("spurious", "", i, at);
  }

  void forge(std::size_t i, Trick trick) {
    const Instant at = conns()[i].answer + 20ms + part(conns()[i].plan.whim, 10s);
    const std::size_t who = trick == Trick::stranger ? kStranger : kForgedEpoch;
    show(at, who);
    misfit(trick == Trick::stranger ? "unattributed" : "spurious", "", who, at);
  }

  // Where the bytes tell whose a will is, one that is seen counts in a gap as well.
  void blind_the_observer() {
    const auto is_hidden = [this](Instant at) {
      return std::any_of(story_.gaps.begin(), story_.gaps.end(),
                         [&](const auto& gap) { return at >= gap.first && at <= gap.second; });
    };
    for (Copy& copy : story_.copies) {
      if (!copy.retain && is_hidden(copy.at)) copy.backend = false;
    }
    std::erase_if(story_.misfits, [&](const Misfit& m) { return is_hidden(m.at); });
    for (std::size_t i = 0; i < conns().size(); ++i) {
      Expected& e = story_.expected[i];
      if (!e.seen || !is_hidden(*e.seen)) continue;
      e = conns()[i].owed == Owed::one
              ? Expected{"missing", "observer_loss", std::nullopt, false, false}
              : Expected{};
    }
  }

  void apply_gaps() {
    if (!has_epochs()) blind_the_observer();
    for (std::size_t i = 0; i < conns().size(); ++i) {
      Expected& e = story_.expected[i];
      const bool is_wrong =
          e.will_class == "missing" || e.will_class == "late" || e.will_class == "early";
      if (!is_wrong) continue;
      const Instant until =
          std::max(conns()[i].ends + kAllowance, e.seen.value_or(conns()[i].ends));
      if (is_in_gap(conns()[i], until)) {
        e = {"censored", "voided", std::nullopt, false, false};
      }
    }
  }

  bool is_in_gap(const Conn& c, Instant until) const {
    return std::any_of(story_.gaps.begin(), story_.gaps.end(), [&](const auto& gap) {
      return gap.second <= story_.world.stop && gap.first <= until && gap.second >= c.begins - 50ms;
    });
  }

  // Nothing after `stop` was written down.
  void apply_stop() {
    const Instant stop = story_.world.stop;
    for (std::size_t i = 0; i < conns().size(); ++i) {
      const Conn& c = conns()[i];
      Expected& e = story_.expected[i];
      if (c.owed == Owed::perhaps && e.seen > stop) e = {};
      if (e.will_class.empty() || c.owed == Owed::never || e.why == "voided") continue;
      const bool is_unseen = !e.seen || *e.seen > stop;
      if (!is_unseen || c.owed != Owed::one) continue;
      const bool is_past = stop >= c.ends + kAllowance;
      if (!is_past) e = {"censored", "not_due", std::nullopt, false, false};
      if (is_past && e.seen) e = {"missing", "broker", std::nullopt, false, false};
    }
    std::erase_if(story_.misfits, [&](const Misfit& m) { return m.at > stop; });
    std::erase_if(story_.copies, [&](const Copy& c) {
      if (c.at > stop && c.retain) --story_.retained;
      return c.at > stop;
    });
  }

  void count_none(std::size_t i) {
    const Conn& c = conns()[i];
    const Expected& e = story_.expected[i];
    const Instant stop = story_.world.stop;
    if (e.will_class == "missing") ++story_.no_will["missing"];
    if (e.will_class == "censored") ++story_.no_will[e.why];
    if (!e.will_class.empty()) return;
    if (!c.plan.has_will) {
      if (c.accepted && c.broker_closed && (c.device_closed || c.plan.twin)) {
        ++story_.no_will["not_announced"];
      }
      return;
    }
    if (!c.broker_closed && c.owed == Owed::none) return;  // it lives
    const bool is_open = c.owed == Owed::perhaps && stop < c.ends + kAllowance;
    const bool is_voided = c.owed == Owed::perhaps && c.plan.trick != Trick::mismatch &&
                           is_in_gap(c, c.ends + kAllowance);
    ++story_.no_will[is_voided ? "voided" : is_open ? "not_due" : c.if_none];
  }

  Story story_;
  std::vector<Crowd> crowds_;
  std::vector<std::size_t> crowd_of_;
};

}  // namespace probate::test::minibroker
