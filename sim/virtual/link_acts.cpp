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
  abandon_dial();
  if (phase_ != Phase::piping) phase_ = Phase::swallowed;
  const bool device = how.legs != LegChoice::broker;
  const bool broker = how.legs != LegChoice::device;
  leg(Side::device).discards = true;
  leg(Side::broker).discards = true;
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
  if (how == CutHow::fin && (to.dead || chosen.fin_sent)) return;
  if (to.line) {
    to.line->release();
    to.line->set_delay({}, {}, Rng{0});
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

void Link::silence(FlowDirection flow, FaultId fault) {
  if (phase_ == Phase::ended || phase_ == Phase::swallowed || ghost_) return;
  last_fault_ = fault;
  for (const Way way : {Way::uplink, Way::downlink}) {
    const auto only_other = way == Way::uplink ? FlowDirection::down : FlowDirection::up;
    Channel& of = channel(way);
    if (flow == only_other || of.dead || of.silent) continue;
    of.silent = true;
    of.silenced_by = fault;
  }
  silence_open_ = true;
  network_.loop().write(journal::SilenceBegan{.connection = connection_,
                                              .flow = static_cast<journal::Flow>(flow),
                                              .fault = fault,
                                              .last_uplink_packet_at = last_uplink_packet_at_});
  settle();
}

void Link::resume(FaultId fault) {
  if (phase_ == Phase::ended) return;
  if (phase_ == Phase::held) seek_admission();
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    if (!of.silent || of.silenced_by != fault) continue;
    of.silent = false;
    last_fault_ = fault;
  }
  // Uplink first: a DISCONNECT that was held must be there before the broker can hear of anything
  // that the device's own end refuses.
  pump(Way::uplink);
  pump(Way::downlink);
  settle();
}

// Once nothing is silent and everything held has been passed on. A link that ended before never
// had its silence healed.
void Link::end_silence_record() {
  if (!silence_open_) return;
  for (const Channel& each : channels_) {
    if (each.silent) return;
    if (each.waits() && !each.delays()) return;
  }
  silence_open_ = false;
  network_.loop().write(journal::SilenceEnded{.connection = connection_});
}

void Link::make_ghost(FaultId fault) {
  if (phase_ == Phase::ended || ghost_) return;
  last_fault_ = fault;
  const bool silent_both = channel(Way::uplink).silent && channel(Way::downlink).silent;
  if (leg(Side::broker).open && !leg(Side::broker).reported && !silent_both) {
    network_.loop().write(journal::SilenceBegan{.connection = connection_,
                                                .flow = journal::Flow::both,
                                                .fault = fault,
                                                .last_uplink_packet_at = last_uplink_packet_at_});
  }
  silence_open_ = false;
  abandon_dial();
  if (phase_ != Phase::piping) phase_ = Phase::swallowed;
  ghost_ = leg(Side::broker).open;
  orphan_leg(Side::device);
  orphan_leg(Side::broker);
  settle();
}

void Link::follow_conditions(FaultId fault) {
  if (phase_ == Phase::ended) return;
  const fault::Conditions* conditions = network_.conditions(device_);
  const bool fresh = gauge_ == Gauge::none;
  if (conditions == nullptr && fresh) return;
  if (!fresh && fault != kNoFault) last_fault_ = fault;
  if (fresh) {
    last_fault_ = conditions->watch.value_or(
        conditions->delays.empty() ? kNoFault : conditions->delays.back().fault);
  }
  watched_by_ = conditions == nullptr ? std::nullopt : conditions->watch;
  for (const Way way : {Way::uplink, Way::downlink}) {
    Channel& of = channel(way);
    const auto total =
        conditions == nullptr ? fault::Conditions::Delayed{} : conditions->total(way);
    const bool delays = total.delay > Duration{} || total.jitter > Duration{};
    if (of.dead || (!delays && !of.line)) continue;
    if (of.line && of.line->delays_by(total.delay, total.jitter)) continue;
    line(way).set_delay(total.delay, total.jitter, network_.jitter_stream(connection_, way));
    pump(way);
  }
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
