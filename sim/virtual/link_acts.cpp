// What faults do to a link.
#include "core/journal/sides.hpp"
#include "sim/virtual/link.hpp"

namespace probate::virtual_time {

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
  never_dial();
  const bool device = how.legs != LegChoice::broker;
  const bool broker = how.legs != LegChoice::device;
  leg(Side::device).discards = true;
  leg(Side::broker).discards = true;
  if (device) deafened_by_ = kNoFault;
  device ? cut_leg(Side::device, how.how) : orphan_leg(Side::device);
  broker ? cut_leg(Side::broker, how.how) : orphan_leg(Side::broker);
  ghost_ = ghost_ || (device && !broker && leg(Side::broker).open);
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
  if (how == CutHow::fin && (to.dead || chosen.fin_sent)) return;
  to.parked = false;
  if (to.line) {
    to.line->release();
    to.line->set_delay({}, {}, Rng{0});
    to.line->set_loss(0, {}, Rng{0});
  }
  if (how == CutHow::rst) {
    if (to.line) to.line->clear();
    to.dead = false;
    to.end = End::rst;
    to.end_by = Party::proxy;
    pass_end(way);
    return;
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
    of.deaf = is_unheard(how.ack);
    of.silenced_by = fault;
  }
  silence_open_ = true;
  network_.loop().write(journal::SilenceBegan{.connection = connection_,
                                              .flow = static_cast<journal::Flow>(how.flow),
                                              .fault = fault,
                                              .last_uplink_packet_at = last_uplink_packet_at_});
  settle();
}

void Link::resume(FaultId fault) {
  if (phase_ == Phase::ended) return;
  const bool late = extras_ && extras_->wait.armed();
  if (phase_ == Phase::held && !late) {
    is_hushed_ = false;
    seek_admission();
  }
  const bool was_deaf = is_deaf(Side::device);
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    if (!of.silent || of.silenced_by != fault) continue;
    of.silent = false;
    last_fault_ = fault;
  }
  const bool hears_again = was_deaf && leg(Side::device).open && !is_deaf(Side::device);
  if (hears_again && has_unheard(Side::device)) awaits_word_ = true;
  // Uplink first: a DISCONNECT that was held must be there before the broker can hear of anything
  // that the device's own end refuses.
  pump(Way::uplink);
  pump(Way::downlink);
  settle();
}

// Once nothing is silent and everything held has been passed on; where the device was not heard,
// once it has been, because until then the broker has heard nothing, either. A link that ended
// before never had its silence healed.
void Link::end_silence_record() {
  if (!silence_open_ || awaits_word_) return;
  for (const Channel& each : channels_) {
    if (each.silent) return;
    if (each.waits() && !each.shaped()) return;
  }
  silence_open_ = false;
  network_.loop().write(journal::SilenceEnded{.connection = connection_});
}

void Link::make_ghost(const fault::MakeGhost& how, FaultId fault) {
  if (phase_ == Phase::ended || ghost_) return;
  last_fault_ = fault;
  resets_device_ = how.device_leg == fault::DeadLeg::resets;
  resets_broker_ = how.broker_leg == fault::DeadLeg::resets;
  const bool silent_both = channel(Way::uplink).silent && channel(Way::downlink).silent;
  const bool is_news = !silent_both || resets_broker_;
  if (leg(Side::broker).open && !leg(Side::broker).reported && is_news) {
    network_.loop().write(journal::SilenceBegan{.connection = connection_,
                                                .flow = journal::Flow::both,
                                                .fault = fault,
                                                .last_uplink_packet_at = last_uplink_packet_at_,
                                                .vanished = resets_broker_});
  }
  silence_open_ = false;
  never_dial();
  ghost_ = leg(Side::broker).open;
  orphan_leg(Side::device);
  orphan_leg(Side::broker);
  deafen(fault);
  settle();
}

void Link::release_ends() {
  if (phase_ == Phase::ended) return;
  for (const Way way : {Way::uplink, Way::downlink}) {
    const fault::Conditions* conditions = network_.conditions(device_);
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
    return;
  }
  last_fault_ = kNoFault;
  for (const Side side : {Side::device, Side::broker}) {
    report(side, Party::proxy, CloseHow::fin);
    if (leg(side).open) drop_leg(side);
  }
  settle();
}

}  // namespace probate::virtual_time
