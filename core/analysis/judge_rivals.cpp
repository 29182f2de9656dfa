// CONNECTs of one ClientID of which it is not known whether the broker read them, or in which
// order: what they may have taken over, or gone on with, nobody is accused for.
#include "core/analysis/judge_impl.hpp"
#include "core/analysis/windows.hpp"

namespace probate::analysis {

// A broker that has answered a newer CONNECT has lost what it left unanswered for so long.
void Judge::Impl::give_up_lost(Slot by, Instant at) {
  Slot next = connections_[by].next_of_client;
  while (next != kNoSlot) {
    const Slot older = next;
    const Connection& o = connections_[older];
    next = o.next_of_client;
    if (!o.is_awaited() || at - o.forwarded <= kReadLate) continue;
    take_nothing_over(older);
    forget_unanswered(older);
    next = connections_[by].next_of_client;  // some may be released
  }
}

// The broker closed it, and of one more CONNECT it is known that it was not for that.
void Judge::Impl::end_challenge(Slot slot) {
  Connection& c = connections_[slot];
  const Slot next = connections_.challenger_of(slot);
  c.ending.need().challenged_by = next;
  if (next != kNoSlot) return;
  if (c.ruling() && !c.is_ruled_for_good) {
    ledger_.rejudge(slot, or_taken(c, *c.ruling(), c.broker_leg_closed_at() - rules_.allowance));
  }
  end(slot, c.broker_leg_closed_at(), EndCause::broker_close);
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

// It was never accepted: what the broker closed meanwhile it closed for another reason.
void Judge::Impl::take_nothing_over(Slot by) {
  connections_[by].given_up = true;
  const DeviceId device = connections_[by].device;
  if (is_of_fleet(device) && current_of_device_[device.index()] != kNoSlot &&
      connections_[current_of_device_[device.index()]].silent_since() == kNever) {
    ledger_.settle_ghosts(device, true);
  }
  Slot next = connections_[by].in_client_list ? connections_.newest_of_client(by) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    next = connections_[other].next_of_client;
    if (other == by) continue;
    ledger_.end_challenge(other);
    if (connections_[other].challenged_by() == by) end_challenge(other);
  }
}

// Two CONNECTs may be read in the other order than they were written, and two answers, too.
bool Judge::Impl::is_race(const Connection& o, Slot slot, Instant at) const {
  return o.is_accepted() && !o.was_taken_over && connections_[slot].forwarded <= o.answered &&
         at - o.answered <= kRace;
}

// Either may have taken the other over: whose connection the broker closes tells.
void Judge::Impl::race(Slot one, Slot other, Instant at) {
  Takeover of_one = takeover_by(connections_[other], at);
  of_one.forwarded = connections_[one].answered;  // not before it was in
  Takeover of_other = takeover_by(connections_[one], at);
  of_other.forwarded = at;
  const auto take = [&](Slot slot, Slot by, const Takeover& takeover) {
    const Connection& c = connections_[slot];
    const bool is_undecided = !c.is_ruled_for_good && (c.is_open() || c.challenged_by() != kNoSlot);
    is_undecided ? perhaps_take(slot, takeover, at, connections_[by].id)
                 : perhaps_take_one(slot, by, takeover, at);
  };
  take(one, other, of_one);
  take(other, one, of_other);
}

// Of two that were accepted in the same moment the broker has closed this one.
Slot Judge::Impl::winner_against(Slot slot, Instant at) const {
  const Rival* rival = connections_[slot].rival();
  const bool is_race = rival != nullptr && rival->accepted != kNoConnection;
  if (!is_race || at - rival->read_by > rules_.allowance) return kNoSlot;
  const Slot other = connections_.find(rival->accepted);
  return other != kNoSlot && connections_[other].is_open() ? other : kNoSlot;
}

// What `slot`, accepted now, makes of an older connection, and what makes of it each CONNECT that
// the broker may have read before that of `slot`.
Ruling Judge::Impl::taken_by(const Connection& o, Slot slot, Instant at) const {
  const Connection& c = connections_[slot];
  const bool goes_on = o.ruling() != nullptr && o.ruling()->delayed;
  const auto ruled = [&](const Takeover& by) {
    return goes_on ? oracle_.resume(o.session(), *o.ruling(), by)
                   : oracle_.takeover(o.session(), by);
  };
  Ruling ruling = ruled(takeover_by(c, at));
  if (const Rival* rival = o.rival(); rival != nullptr) {
    const Instant read_by = connections_.read_by(*rival);
    const bool is_fresh =
        goes_on ? o.broker_leg_closed_at() <= saturating_add(read_by, rules_.allowance) &&
                      rival->forwarded < o.ruling()->ends
                : c.forwarded <= saturating_add(read_by, kRace);
    if (is_fresh) ruling = either_end(ruling, ruling_of_rival(o, at));
  }
  Slot next = c.in_client_list ? connections_.newest_of_client(slot) : kNoSlot;
  for (; next != kNoSlot; next = connections_[next].next_of_client) {
    const Connection& other = connections_[next];
    const bool is_awaited = other.is_awaited() && other.id != o.id;
    if (is_awaited) ruling = either_end(ruling, ruled(takeover_by(other, at)));
  }
  return ruling;
}

// It ended by something else, and the broker had read so far by then: what may have taken it over
// may be the reason as well.
Ruling Judge::Impl::or_taken(const Connection& c, const Ruling& ruling, Instant read_by) const {
  const Rival* rival = c.rival();
  if (rival == nullptr || read_by > connections_.read_by(*rival)) return ruling;
  return either_end(ruling, ruling_of_rival(c, read_by));
}

// A will is in time up to `at`, as late as the CONNECT was read.
Ruling Judge::Impl::ruling_of_rival(const Connection& c, Instant at) {
  Ruling ruling = c.rival()->ruling;
  ruling.ends = std::max(ruling.ends, at);
  return ruling;
}

void Judge::Impl::perhaps_take(Slot slot, const Takeover& by, Instant read_by,
                               ConnectionId accepted) {
  Connection& c = connections_[slot];
  Takeover takeover = by;
  takeover.forwarded = std::max(by.forwarded, c.forwarded);
  Rival rival{oracle_.takeover(c.session(), takeover), by.forwarded, read_by, {}, accepted};
  if (read_by == kNever) rival.unread = by.forwarded;
  const Rival* before = c.rival();
  if (before != nullptr && by.forwarded <= saturating_add(connections_.read_by(*before), kRace)) {
    rival.ruling = either_end(before->ruling, rival.ruling);
    rival.forwarded = std::min(before->forwarded, rival.forwarded);
    rival.read_by = std::max(connections_.read_by(*before), rival.read_by);
    rival.unread = std::max(before->unread, rival.unread);
    if (accepted == kNoConnection) rival.accepted = before->accepted;
  }
  c.ending.need().rival = rival;
}

// What was read long before it was answered was read before it.
void Judge::Impl::forget_rivals_before(Slot slot, Instant at) {
  Connection& c = connections_[slot];
  if (c.rival() == nullptr || connections_.read_by(*c.rival()) >= at) return;
  c.ending->rival.reset();
  c.forget_blank_ending();
}

// It ended before the broker answered, or judging does: whether it read the CONNECT nobody knows,
// nor when, up to `read_by`. What it closed meanwhile, and what it closes soon, it may have closed
// for that.
void Judge::Impl::perhaps_take_over(Slot by, Instant at, Instant read_by) {
  connections_[by].given_up = true;
  const Connection& c = connections_[by];
  const Takeover takeover = takeover_by(c, at);
  bool is_newer = true;
  Slot next = c.in_client_list ? connections_.newest_of_client(by) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    next = connections_[other].next_of_client;
    if (other == by) {
      is_newer = false;
      continue;
    }
    ledger_.end_challenge(other);
    const Connection& o = connections_[other];
    if (o.challenged_by() == by) {
      perhaps_take(other, takeover, std::max(read_by, o.broker_leg_closed_at()));
      end_challenge(other);
      continue;
    }
    if (is_newer && o.is_accepted() && !connections_.may_be_read_behind(by, other)) continue;
    perhaps_take_one(other, by, takeover, read_by);
  }
}

void Judge::Impl::perhaps_take_one(Slot slot, Slot by, const Takeover& takeover, Instant read_by) {
  const Connection& o = connections_[slot];
  if (o.is_ruled_for_good && !(o.ruling() && o.ruling()->delayed)) {
    cross_farewell(slot, by, takeover.accepted);
  } else if (!o.is_ruled_for_good && (o.is_open() || o.challenged_by() != kNoSlot)) {
    if (!o.was_taken_over) perhaps_take(slot, takeover, read_by);
  } else if (!o.ruling() || o.settled() || o.expired) {
    return;
  } else if (!o.ruling()->delayed) {
    challenge_ended(slot, by, takeover.accepted);
  } else {
    // The session may go on, and its will with it.
    perhaps_take(slot, takeover, read_by);
    const Ruling resumed = oracle_.resume(o.session(), *o.ruling(), takeover);
    if (resumed.cause != o.ruling()->cause || resumed.duty != o.ruling()->duty ||
        resumed.begins != o.ruling()->begins) {
      ledger_.rejudge(slot, either_end(*o.ruling(), resumed));
    }
  }
}

// Its CONNECT and its FIN may wait in the broker's socket; behind RST nothing does.
void Judge::Impl::cut_unanswered(Slot slot, Instant at, journal::CloseHow how) {
  Connection& c = connections_[slot];
  c.was_reset = how == journal::CloseHow::rst;
  perhaps_take_over(slot, at, connections_.read_by(slot));
  linger(slot, at);
}

// It matters to others although it is over, and its will may yet come.
void Judge::Impl::linger(Slot slot, Instant at) {
  connections_[slot].lingers = true;
  lingering_.push_back({at + kReadLate, slot, connections_[slot].generation});
}

// What was cut before may have been read behind this one, up to `read_by`.
void Judge::Impl::meet_lingering(Slot slot, Instant at, Instant read_by) {
  Slot next = connections_[slot].in_client_list ? connections_.newest_of_client(slot) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    const Connection& o = connections_[other];
    next = o.next_of_client;
    if (other == slot || !connections_.may_be_read_at(other, at)) continue;
    const Instant late = connections_.read_by(other);
    perhaps_take_one(slot, other, takeover_by(o, at), std::min(late, read_by));
  }
}

void Judge::Impl::stop_lingering(Slot slot, Instant at) {
  connections_[slot].lingers = false;
  ledger_.give_up_unread(slot, at);
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

// What its late reading brings may come by now.
bool Judge::Impl::must_linger(Slot slot, Instant now) const {
  return connections_[slot].may_be_unread() && ledger_.unread_until(slot) >= now;
}

void Judge::Impl::forget_lingering(Instant now) {
  for (;;) {
    const bool is_full = lingering_.size() > lingering_max_;
    if (lingering_.empty() || (!is_full && lingering_.front().until >= now)) return;
    const Lingering oldest = lingering_.front();
    lingering_.pop_front();
    const Connection& c = connections_[oldest.slot];
    if (c.generation != oldest.generation || !c.lingers) continue;
    if (!is_full && must_linger(oldest.slot, now)) {
      lingering_.push_back({now + kReadLate, oldest.slot, oldest.generation});
    } else {
      stop_lingering(oldest.slot, now);
    }
  }
}

}  // namespace probate::analysis
