// What faults do to a link.
#include <algorithm>
#include <utility>

#include "core/journal/sides.hpp"
#include "proxy/link.hpp"
#include "proxy/tcp_bytes.hpp"

namespace probate::proxy {

using fault::CutHow;
using fault::FlowDirection;
using fault::LegChoice;
using journal::CloseHow;
using journal::Party;

// A leg that is not chosen is told nothing: it stands, and what it sends is thrown away.
void Link::cut(const fault::Cut& how, FaultId fault) {
  if (phase_ == Phase::ended) return;
  last_fault_ = fault;
  silence_open_ = false;
  if (phase_ == Phase::dialing) close(leg(Side::broker).socket);
  if (phase_ != Phase::piping) {
    phase_ = Phase::swallowed;
    timer_.cancel();
  }
  const bool device = how.legs != LegChoice::broker;
  const bool broker = how.legs != LegChoice::device;
  leg(Side::device).discards = true;
  leg(Side::broker).discards = true;
  if (device) deafened_by_ = kNoFault;
  device ? cut_leg(Side::device, how.how) : orphan_leg(Side::device);
  broker ? cut_leg(Side::broker, how.how) : orphan_leg(Side::broker);
  ghost_ = ghost_ || (device && !broker && leg(Side::broker).open);
  tune();
  settle();
}

// What a silence held is lost with the connection; what was only on its way arrives before a FIN.
void Link::cut_leg(Side side, CutHow how) {
  Leg& chosen = leg(side);
  const Way way = towards(side);
  Channel& to = channel(way);
  if (!chosen.open) return;
  chosen.discards = true;
  if (to.silent && to.line) to.line->clear();
  to.silent = false;
  to.paced = false;
  if (how == CutHow::rst) {
    report(side, Party::proxy, CloseHow::rst);
    chosen.open = false;
    abort(chosen.socket);
    kill_channel(way);
    return;
  }
  if (to.dead || chosen.fin_sent) return;
  hub_.loop().arm(timer_, saturating_add(hub_.loop().now(), hub_.config().half_close_wait));
  if (to.line) {
    to.line->release();
    to.line->set_delay({}, {}, Rng{0});
    to.line->set_loss(0, {}, Rng{0});
  }
  to.end = End::none;
  end_channel(way, End::fin, Party::proxy);
  if (chosen.ended) drop_leg(side);
}

void Link::orphan_leg(Side side) {
  leg(side).discards = true;
  kill_channel(towards(side));
  if (leg(side).open && leg(side).ended) drop_leg(side);
}

void Link::silence(const fault::Silence& how, FaultId fault) {
  if (phase_ == Phase::ended || phase_ == Phase::swallowed || ghost_) return;
  last_fault_ = fault;
  for (const Way way : {Way::uplink, Way::downlink}) {
    const auto only_other = way == Way::uplink ? FlowDirection::down : FlowDirection::up;
    Channel& of = channel(way);
    if (how.flow == only_other || of.dead || of.silent) continue;
    of.silent = true;
    of.deaf = is_deaf(how.ack);
    of.silenced_by = fault;
  }
  silence_open_ = true;
  hub_.loop().write(hub_.loop().now(),
                    journal::SilenceBegan{.connection = connection_,
                                          .flow = static_cast<journal::Flow>(how.flow),
                                          .fault = fault,
                                          .last_uplink_packet_at = last_uplink_packet_at_,
                                          .last_uplink_bytes_at = bytes_of_no_packet_at()});
  tune();
  settle();
}

void Link::resume(FaultId fault) {
  if (phase_ == Phase::ended) return;
  if (phase_ == Phase::held && !timer_.armed()) {
    is_hushed_ = false;
    tune();
    seek_admission();
  }
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    if (!of.silent || of.silenced_by != fault) continue;
    of.silent = false;
    last_fault_ = fault;
  }
  const Leg& device = leg(Side::device);
  const bool was_deaf = device.hearing != Hearing::all;
  tune();
  if (was_deaf && device.open && device.hearing == Hearing::all) {
    awaits_word_ = awaits_word_ || segments_dropped(device.socket.descriptor()) != dropped_before_;
  }
  // Uplink first: a DISCONNECT that was held must be there before the broker can hear of anything
  // that the device's own end refuses.
  pump(Way::uplink);
  pump(Way::downlink);
  settle();
}

// Once nothing is silent and everything held has been passed on; where something of the device's
// was dropped, once something of it has come again, because until then the broker has heard
// nothing, either. A link that ended before never had its silence healed.
void Link::end_silence_record() {
  if (!silence_open_ || awaits_word_) return;
  for (const Channel& each : channels_) {
    if (each.silent) return;
    if (each.waiting() > 0 && !each.shaped()) return;
  }
  silence_open_ = false;
  hub_.loop().write(hub_.loop().now(), journal::SilenceEnded{.connection = connection_});
}

void Link::make_ghost(const fault::MakeGhost& how, FaultId fault) {
  if (phase_ == Phase::ended || ghost_) return;
  last_fault_ = fault;
  resets_device_ = how.device_leg == fault::DeadLeg::resets;
  resets_broker_ = how.broker_leg == fault::DeadLeg::resets;
  const bool silent_both = channel(Way::uplink).silent && channel(Way::downlink).silent;
  const bool is_news = !silent_both || resets_broker_;
  if (leg(Side::broker).open && !leg(Side::broker).reported && is_news) {
    hub_.loop().write(hub_.loop().now(),
                      journal::SilenceBegan{.connection = connection_,
                                            .flow = journal::Flow::both,
                                            .fault = fault,
                                            .last_uplink_packet_at = last_uplink_packet_at_,
                                            .last_uplink_bytes_at = bytes_of_no_packet_at(),
                                            .vanished = resets_broker_});
  }
  silence_open_ = false;
  if (phase_ == Phase::dialing) close(leg(Side::broker).socket);
  if (phase_ != Phase::piping) {
    phase_ = Phase::swallowed;
    timer_.cancel();
  }
  ghost_ = leg(Side::broker).open;
  orphan_leg(Side::device);
  orphan_leg(Side::broker);
  deafen(fault);
  forget_dead_legs();
  settle();
}

void Link::follow_conditions(FaultId fault) {
  if (phase_ == Phase::ended) return;
  fault::Conditions* conditions = device_ == kNoDevice ? nullptr : hub_.conditions(device_);
  const bool fresh = gauge_ == Gauge::none;
  if (conditions == nullptr && fresh) return;
  if (!fresh && fault != kNoFault) last_fault_ = fault;
  if (fresh) last_fault_ = conditions->cause();
  for (const Way way : {Way::uplink, Way::downlink}) {
    const auto watched = conditions == nullptr ? fault::PacketSet{} : conditions->watched(way);
    if (!treated_ && watched.empty()) continue;
    if (!treated_) treated_ = std::make_unique<Treated>();
    treated_->watched[static_cast<std::size_t>(way)] = watched;
  }
  watch_idle(conditions);
  follow_limits(conditions);
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    if (of.dead) continue;
    const bool was_paced = of.paced;
    of.paced = (conditions != nullptr && conditions->paces(way)) || capped(way);
    auto total = conditions == nullptr ? fault::Conditions::Delayed{} : conditions->total(way);
    if (is_segment()) leg(journal::source_of(way)).loss = loss_rate(std::exchange(total.loss, 0));
    const bool delay_stays = of.line ? of.line->delays_by(total.delay, total.jitter) &&
                                           of.line->loses(total.loss, total.rto)
                                     : total.nothing();
    if (delay_stays && of.paced == was_paced) continue;
    if (!delay_stays) {
      line(way).set_delay(total.delay, total.jitter, hub_.jitter_stream(connection_, way));
      line(way).set_loss(total.loss, total.rto, hub_.loss_stream(connection_, way));
    }
    pump(way);
  }
  tune();
}

// The data path only notes when something passed; the timer looks, and waits on.
void Link::watch_idle(const fault::Conditions* conditions) {
  const auto idle = conditions == nullptr ? std::nullopt : conditions->shortest_idle();
  if (!idle) {
    idle_timer_.reset();
    return;
  }
  if (!idle_timer_) {
    idle_timer_ = std::make_unique<MemberTimer<Link, &Link::handle_idle_due>>(*this);
  }
  hub_.loop().arm(*idle_timer_, saturating_add(last_passed_at_, idle->after));
}

void Link::handle_idle_due(Instant now) {
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  const fault::Conditions* conditions = hub_.conditions(device_);
  const auto idle = conditions == nullptr ? std::nullopt : conditions->shortest_idle();
  if (!idle || ghost_ || phase_ == Phase::swallowed) return;
  // What has no broker leg yet has nothing that could be forgotten.
  const Instant since = phase_ == Phase::piping ? last_passed_at_ : now;
  const Instant due = saturating_add(since, idle->after);
  if (now < due) {
    hub_.loop().arm(*idle_timer_, due);
  } else if (hub_.newest_link(device_) == this) {
    hub_.tell(Hub::NewsKind::link_idle, now, device_, idle->fault);
  } else {
    make_ghost({}, idle->fault);
  }
}

// Bytes that passed before the limit was set do not count; time does.
void Link::follow_limits(const fault::Conditions* conditions) {
  if (conditions == nullptr || conditions->limits.empty()) {
    limits_.reset();
    return;
  }
  if (!limits_) limits_ = std::make_unique<Limits>(*this);
  auto& caps = limits_->caps;
  limits_->timer.cancel();
  Instant due = kNever;
  for (const fault::Conditions::Limited& limit : conditions->limits) {
    const auto same = [&limit](const Cap& cap) { return cap.fault == limit.fault; };
    if (limit.what.bytes && std::none_of(caps.begin(), caps.end(), same)) {
      caps.push_back({limit.fault, limit.what.flow, limit.what.how, *limit.what.bytes});
    }
    const Instant ends = limit.what.after ? saturating_add(began_, *limit.what.after) : kNever;
    if (ends >= due) continue;
    due = ends;
    limits_->timed_by = limit.fault;
    limits_->how = limit.what.how;
  }
  std::erase_if(caps, [conditions](const Cap& cap) {
    return std::none_of(conditions->limits.begin(), conditions->limits.end(),
                        [&cap](const auto& limit) { return limit.fault == cap.fault; });
  });
  if (due != kNever) hub_.loop().arm(limits_->timer, due);
}

bool Link::capped(Way way) const {
  const auto only_other = way == Way::uplink ? FlowDirection::down : FlowDirection::up;
  return limits_ && std::any_of(limits_->caps.begin(), limits_->caps.end(),
                                [only_other](const Cap& cap) { return cap.flow != only_other; });
}

void Link::handle_limit_due(Instant) {
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  cut({.legs = LegChoice::both, .how = limits_->how}, limits_->timed_by);
}

void Link::release_ends() {
  if (phase_ == Phase::ended) return;
  for (const Way way : {Way::uplink, Way::downlink}) {
    const fault::Conditions* conditions = hub_.conditions(device_);
    const bool is_ordered = conditions != nullptr && conditions->takeover_order() != nullptr;
    if (is_ordered && channel(way).end_due == kNever) continue;
    channel(way).end_due = kRunStart;
    pump(way);
  }
  settle();
}

void Link::close_for_good() {
  if (phase_ == Phase::ended) return;
  if (!ghost_) {
    cut({.legs = LegChoice::both, .how = CutHow::fin}, kNoFault);
    // The loop stops now: an end that waits behind bytes comes with the process's own.
    for (const Side side : {Side::device, Side::broker}) {
      report(side, Party::proxy, CloseHow::fin);
    }
    return;
  }
  last_fault_ = kNoFault;
  for (const Side side : {Side::device, Side::broker}) {
    report(side, Party::proxy, CloseHow::fin);
    if (leg(side).open) drop_leg(side);
  }
  settle();
}

}  // namespace probate::proxy
