#include "sim/virtual/link.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
#include "core/journal/sides.hpp"
#include "core/mqtt/codec.hpp"

namespace probate::virtual_time {

using journal::CloseHow;
using journal::Party;

Link::Link(Network& network, DeviceEnd& end, ConnectionId connection, DeviceId device, Epoch epoch)
    : network_{network}, end_{end}, connection_{connection}, device_{device}, epoch_{epoch} {}

Link::Link(Network& network, DeviceEnd& end, DeviceId device, const ParkedLink& parked,
           const LinkTimes& times)
    : network_{network},
      end_{end},
      broker_{
          &network.broker().unpark(parked.place, *this, ConnectionId{parked.connection}, device)},
      connection_{parked.connection},
      device_{device},
      epoch_{0},  // what CONNECT alone tells
      last_uplink_packet_at_{parked.last_uplink_packet_at},
      began_{times.began},
      last_passed_at_{times.last_passed_at},
      last_fault_{parked.last_fault},
      phase_{Phase::piping},
      gauge_{Gauge::open},
      pumps_first_{parked.downlink_first ? Way::downlink : Way::uplink},
      version_{parked.version},
      connack_read_{true},
      accepted_{true},
      session_up_{true} {
  for (Leg& each : legs_) each.open = true;
  channel(Way::uplink).parked = parked.delays_up;
  channel(Way::downlink).parked = parked.delays_down;
  follow_watches(network.conditions(device));
}

bool Link::is_idle() const {
  const bool is_plain =
      !older_ && !extras_ && !announcement_ && !line_timer_ && !peers_ && !minds_packets();
  const bool stands =
      phase_ == Phase::piping && gauge_ == Gauge::open && connack_read_ && accepted_ && session_up_;
  const bool is_marked = ghost_ || resets_device_ || silence_open_ || down_told_ || awaits_word_ ||
                         deafened_by_ != kNoFault;
  if (!is_plain || !stands || is_marked || !to_device_.is_idle()) return false;
  for (const Leg& each : legs_) {
    if (!each.open || each.discards || each.ended || each.fin_sent || each.reported) return false;
  }
  for (const Channel& each : channels_) {
    if (each.line || each.end != End::none || each.end_passed || each.end_due != Instant{}) {
      return false;
    }
    if (each.silent || each.paced || each.postponed || each.dead) return false;
  }
  constexpr std::uint64_t kConnectionMax = 0xffffffff;
  return connection_.value <= kConnectionMax && broker_ != nullptr && broker_->is_idle();
}

ParkedLink Link::park() {
  ParkedLink parked;
  parked.connection = static_cast<std::uint32_t>(connection_.value);
  parked.place = broker_->place();
  parked.last_uplink_packet_at = last_uplink_packet_at_;
  parked.last_fault = last_fault_;
  parked.version = version_;
  parked.downlink_first = pumps_first_ == Way::downlink;
  parked.delays_up = channel(Way::uplink).parked;
  parked.delays_down = channel(Way::downlink).parked;
  network_.broker().park(*std::exchange(broker_, nullptr));
  return parked;
}

Link::~Link() = default;

void Link::prefetch(Fetch what) const {
  if (what == Fetch::places) return prefetch_one(*this);
  if (what == Fetch::rest) return;
  if (broker_ != nullptr) prefetch_one(*broker_);
  if (const Line* line = channel(Way::uplink).line.get()) prefetch_one(*line);
}

Link::Extras::Extras(Link& link)
    : wait{link.network_.loop(), link},
      idle{link.network_.loop(), link},
      limit{link.network_.loop(), link} {}

Link::Extras& Link::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>(*this);
  return *extras_;
}

void Link::start() {
  leg(Side::device).open = true;
  began_ = last_passed_at_ = network_.loop().now();
  follow_conditions(kNoFault);
  settle();
}

void Link::take_connect(mqtt::Connect&& connect) {
  version_ = connect.version;
  network_.keep_connect(device_, connect, epoch_);
  announcement_ = std::make_unique<journal::ConnectForwarded>(journal::connect_record(connect));
  announcement_->connection = connection_;
  announcement_->device = device_;
  announcement_->epoch = epoch_;
  const std::size_t bytes = mqtt::encoded_bytes(connect, version_);
  line(Way::uplink).push(network_.loop().now(), std::move(connect), bytes);
  seek_admission();
}

// The CONNECT waits in the uplink's line.
void Link::seek_admission() {
  const Instant now = network_.loop().now();
  const fault::Admission admission = network_.owner().admit(now, device_);
  if (const auto* held = std::get_if<fault::HoldConnect>(&admission)) {
    hold(held->fault);
    is_hushed_ = is_unheard(held->ack);
  } else if (const auto* late = std::get_if<fault::DelayConnect>(&admission)) {
    hold(late->fault);
    extras().wait.arm(saturating_add(now, std::max(late->delay, order_behind_older())));
  } else if (const auto* refused = std::get_if<fault::RefuseConnect>(&admission)) {
    swallow(refused->fault);
    cut_leg(Side::device, fault::CutHow::rst);
  } else if (const auto* kept = std::get_if<fault::SwallowConnect>(&admission)) {
    swallow(kept->fault);
    orphan_leg(Side::device);
    deafen(kept->fault);
  } else if (const auto* redirect = std::get_if<fault::RedirectConnect>(&admission)) {
    swallow(redirect->fault);
    leg(Side::device).discards = true;
    push_to_device(Gibberish{fault::kRedirect});
    cut_leg(Side::device, fault::CutHow::fin);
  } else if (const auto* answer = std::get_if<fault::AnswerConnect>(&admission)) {
    swallow(answer->fault);
    leg(Side::device).discards = true;
    push_to_device(mqtt::Packet{mqtt::Connack{.reason = answer->reason, .properties = {}}});
    network_.loop().write(journal::PacketAltered{.connection = connection_,
                                                 .direction = Way::downlink,
                                                 .packet = mqtt::PacketType::connack,
                                                 .how = journal::Alteration::injected,
                                                 .reason = answer->reason,
                                                 .fault = answer->fault});
    cut_leg(Side::device, fault::CutHow::fin);
  } else if (const Duration gap = order_behind_older(); gap > Duration{}) {
    hold(network_.conditions(device_)->takeover_order()->fault);
    extras().wait.arm(saturating_add(now, gap));
  } else {
    dial();
  }
}

// How long the CONNECT has to wait for the end of an older connection, which goes on now; nothing
// if it is to come first, or if no end waits for it.
Duration Link::order_behind_older() {
  const fault::Conditions* conditions = network_.conditions(device_);
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  if (order == nullptr || order->connect != fault::ConnectOrder::after) return {};
  const Duration gap = order->gap;
  Duration wait{};
  for (Link* older : network_.links_of(device_)) {
    if (older == this || older->channel(Way::uplink).end_due != kNever) continue;
    wait = gap;
    older->end_at(network_.loop().now());
  }
  return wait;
}

// The CONNECT was written: what was to come behind it comes.
void Link::let_older_end(Instant connected) {
  const fault::Conditions* conditions = network_.conditions(device_);
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  if (order == nullptr) return;
  const Instant due = saturating_add(connected, order->gap);
  for (Link* older : network_.links_of(device_)) {
    if (older != this) older->end_at(due);
  }
}

// An end of the device's that waits for its next CONNECT goes on then.
void Link::end_at(Instant due) {
  Channel& of = channel(Way::uplink);
  if (phase_ == Phase::ended || of.end_due != kNever) return;
  of.end_due = due;
  pump(Way::uplink);
  settle();
}

// Until Resume, or until the timer says so.
void Link::hold(FaultId fault) {
  last_fault_ = fault;
  phase_ = Phase::held;
}

void Link::swallow(FaultId fault) {
  last_fault_ = fault;
  network_.loop().write(journal::ConnectSwallowed{
      .connection = connection_, .device = device_, .epoch = epoch_, .fault = fault});
  phase_ = Phase::swallowed;
  network_.owner().connect_kept(network_.loop().now(), fault, device_);
}

void Link::dial() {
  phase_ = Phase::dialing;
  broker_ = &network_.broker().dial(*this, connection_, device_, network_.config().dial_timeout);
}

void Link::broker_opened(Instant) {
  leg(Side::broker).open = true;
  phase_ = Phase::piping;
  pump(Way::uplink);
  settle();
}

void Link::broker_unreachable(Instant) {
  broker_ = nullptr;
  ++network_.counters().dial_errors;
  phase_ = Phase::swallowed;
  cut_leg(Side::device, fault::CutHow::rst);
  settle();
}

// Unless it has.
void Link::never_dial() {
  if (phase_ == Phase::piping) return;
  if (phase_ == Phase::dialing) std::exchange(broker_, nullptr)->forget();
  if (extras_) extras_->wait.cancel();
  phase_ = Phase::swallowed;
}

// The broker's own close has been read; whatever the link still sends is lost.
void Link::broker_closed(Instant, CloseHow how) {
  broker_ = nullptr;
  Leg& from = leg(Side::broker);
  if (from.open && !from.ended && hears_brokers_end(how)) hear_end(Side::broker, how);
  settle();
}

void Link::device_closed(CloseHow how) {
  if (is_left_behind_) {
    is_left_behind_ = false;
    fall_silent(Side::device);
    if (phase_ == Phase::ended && !lingers()) network_.bury(*this);
    return;
  }
  const Leg& from = leg(Side::device);
  if (!from.open || from.ended) return;
  is_kept(Side::device) ? keep_end(Side::device, how) : hear_end(Side::device, how);
  settle();
}

void Link::hear_end(Side side, CloseHow how) {
  const Leg& from = leg(side);
  if (!from.open || from.ended) return;
  if (side == Side::device && resets_device_ && how == CloseHow::fin) {
    return cut_leg(Side::device, fault::CutHow::rst);
  }
  pass_rest(away_from(side));
  how == CloseHow::fin ? leg_ended(side) : leg_failed(side, how);
}

// The first end that is read from a leg decides what the other leg gets.
void Link::leg_ended(Side side) {
  Leg& from = leg(side);
  from.ended = true;
  report(side, party_at(side), CloseHow::fin);
  // A CONNECT that is held was never heard of.
  if (from.discards || phase_ == Phase::greeting || phase_ == Phase::held) {
    drop_leg(side);
  } else {
    end_channel(away_from(side), End::fin, party_at(side));
  }
}

void Link::leg_failed(Side side, CloseHow how) {
  Leg& from = leg(side);
  const bool news = !from.discards;
  from.ended = true;
  report(side, party_at(side), how);
  drop_leg(side);
  if (news && phase_ != Phase::greeting && phase_ != Phase::held) {
    end_channel(away_from(side), End::rst, party_at(side));
  }
}

// Closes our end, if nobody has heard of that yet.
void Link::drop_leg(Side side) {
  Leg& gone = leg(side);
  gone.open = false;
  fall_silent(side);
  if (side == Side::broker && broker_ != nullptr) std::exchange(broker_, nullptr)->release();
  if (side == Side::device && !gone.ended && !gone.fin_sent) {
    push_to_device(CloseHow::fin);
  }
  kill_channel(towards(side));
}

// Exactly one record for a leg that stood; the first word counts.
void Link::report(Side side, Party by, CloseHow how) {
  Leg& closed = leg(side);
  if (closed.reported || !closed.open) return;
  closed.reported = true;
  network_.loop().write(journal::LegClosed{.connection = connection_,
                                           .leg = side,
                                           .by = by,
                                           .how = how,
                                           .fault = last_fault_,
                                           .last_uplink_packet_at = last_uplink_packet_at_});
}

// After every event: closes what has nothing left to do.
void Link::settle() {
  if (phase_ == Phase::ended) return;
  for (const Side side : {Side::device, Side::broker}) {
    const Leg& each = leg(side);
    const bool nothing_to_send = each.fin_sent || channel(towards(side)).dead;
    if (each.open && each.ended && nothing_to_send) drop_leg(side);
  }
  end_silence_record();
  const Leg& device = leg(Side::device);
  const Leg& broker = leg(Side::broker);
  if ((device.reported || !device.open) && !down_told_) {
    down_told_ = true;
    if (network_.newest_link(device_) == this) {
      network_.tell(Network::NewsKind::link_down, device_);
    }
  }
  if (!device.open && !broker.open && phase_ != Phase::dialing) return finish();
  bound_half_close();
  const bool ghost = ghost_ && broker.open;
  const bool silent =
      channel(Way::uplink).silent || channel(Way::downlink).silent || deafened_by_ != kNoFault;
  show(ghost ? Gauge::ghost : silent ? Gauge::silent : Gauge::open);
}

// Peers answer FIN at once; what a fault still keeps of that answer is not waited for for ever.
void Link::bound_half_close() {
  for (const Side side : {Side::device, Side::broker}) {
    const Channel& back = channel(away_from(side));
    const bool answer_kept =
        (back.end != End::none && !back.end_passed && !back.dead) || has_unheard(side);
    if (!leg(side).fin_sent || !answer_kept || extras().wait.armed()) continue;
    extras_->wait.arm(network_.loop().now() + network_.config().half_close_wait);
  }
}

void Link::handle_timeout(Instant) {
  if (phase_ == Phase::held) {
    dial();
  } else {
    for (const Side side : {Side::device, Side::broker}) {
      report(side, Party::proxy, CloseHow::timeout);
      if (leg(side).open) drop_leg(side);
    }
  }
  settle();
}

void Link::finish() {
  phase_ = Phase::ended;
  line_timer_.reset();
  extras_.reset();
  if (!is_left_behind_) peers_.reset();
  show(Gauge::none);
  network_.remove(*this);
}

// A silent link is an open one too.
void Link::show(Gauge gauge) {
  if (gauge == gauge_) return;
  journal::LinkCounters& counters = network_.counters();
  const auto count = [&counters](Gauge which, std::uint64_t by) {
    if (which == Gauge::open || which == Gauge::silent) counters.open_links += by;
    if (which == Gauge::silent) counters.silent_links += by;
    if (which == Gauge::ghost) counters.ghost_links += by;
  };
  count(gauge_, ~std::uint64_t{0});
  count(gauge, 1);
  gauge_ = gauge;
}

fault::DeviceView Link::view() const {
  const Leg& device = leg(Side::device);
  const Leg& broker = leg(Side::broker);
  const bool stands = phase_ == Phase::piping && !ghost_ && device.open && broker.open &&
                      !device.reported && !broker.reported;
  return {.online = stands && session_up_,
          .has_link = stands,
          .silent = channel(Way::uplink).silent || channel(Way::downlink).silent};
}

}  // namespace probate::virtual_time
