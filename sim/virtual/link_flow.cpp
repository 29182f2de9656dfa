// How a link's packets go from leg to leg, and what they say.
#include <algorithm>
#include <utility>

#include "core/journal/from_packets.hpp"
#include "core/journal/sides.hpp"
#include "core/mqtt/codec.hpp"
#include "sim/virtual/link.hpp"

namespace probate::virtual_time {

using journal::CloseHow;
using journal::sink_of;

void Link::device_sent(mqtt::Packet&& packet) {
  if (is_left_behind_) return answer_left_behind();
  const Leg& from = leg(Side::device);
  if (!from.open || from.ended) return;
  if (may_be_deaf() && is_kept(Side::device)) return keep(Side::device, std::move(packet));
  hear_device(std::move(packet));
}

void Link::hear_device(mqtt::Packet&& packet) {
  const Leg& from = leg(Side::device);
  if (!from.open || from.ended) return;
  if (resets_device_) {
    cut_leg(Side::device, fault::CutHow::rst);
  } else if (phase_ == Phase::greeting) {
    take_connect(std::get<mqtt::Connect>(std::move(packet)));
  } else if (!from.discards && !channel(Way::uplink).dead) {
    take(Way::uplink, std::move(packet));
  }
  settle();
}

bool Link::calm() const {
  if (!view().online || view().silent || older_ != nullptr || is_watched()) return false;
  if (peers_ || awaits_word_) return false;
  return network_.newest_link(device_) == this && to_device_.empty() &&
         !channel(Way::uplink).waits() && !channel(Way::downlink).waits();
}

void Link::skip_traffic() { broker_->skip_traffic(); }

void Link::note_traffic(Instant sent) {
  Channel& up = channel(Way::uplink);
  Instant written = sent;
  if (up.line || up.parked) written = line(Way::uplink).due_behind(sent);
  park_line(Way::uplink);
  last_uplink_packet_at_ = std::max(last_uplink_packet_at_, written);
  if (broker_ != nullptr) broker_->note_traffic(last_uplink_packet_at_);
}

void Link::broker_sent(Instant, mqtt::Packet&& packet) {
  const Leg& from = leg(Side::broker);
  if (!from.open || from.ended) return;
  if (may_be_deaf() && is_kept(Side::broker)) return keep(Side::broker, std::move(packet));
  hear_broker(std::move(packet));
}

void Link::hear_broker(mqtt::Packet&& packet) {
  const Leg& from = leg(Side::broker);
  if (!from.open || from.ended) return;
  if (const auto* connack = std::get_if<mqtt::Connack>(&packet)) {
    if (!connack_read_) read_connack(*connack);
  }
  if (const auto* why = std::get_if<mqtt::Disconnect>(&packet)) {
    network_.loop().write(
        journal::DisconnectReceived{.connection = connection_, .reason = why->reason});
  } else if (resets_broker_) {
    cut_leg(Side::broker, fault::CutHow::rst);
    return settle();
  }
  // A device that is not there any more hears nothing of it.
  if (from.discards || channel(Way::downlink).dead) return;
  take(Way::downlink, std::move(packet));
  settle();
}

void Link::read_connack(const mqtt::Connack& connack) {
  connack_read_ = true;
  accepted_ = connack.reason == 0;
  journal::ConnackReceived record = journal::connack_record(connack);
  record.connection = connection_;
  network_.loop().write(std::move(record));
}

// Requires: from a leg that does not discard.
void Link::pass(Way way, mqtt::Packet&& packet) {
  Channel& to = channel(way);
  const std::size_t bytes = mqtt::encoded_bytes(packet, version_);
  if (!to.silent && !to.shaped() && !to.waits() && leg(sink_of(way)).open) {
    count(way, bytes);
    return write(way, std::move(packet));
  }
  line(way).push(network_.loop().now(), std::move(packet), bytes);
  if (to.shaped()) pump(way);
}

// Writes what may leave, then the end behind it.
void Link::pump(Way way) {
  Channel& of = channel(way);
  if (of.silent || of.dead || !leg(sink_of(way)).open) return;
  const Instant now = network_.loop().now();
  while (of.line && !of.dead) {
    std::size_t ready = of.line->ready(now);
    if (of.paced) ready = allowed(way, now, ready);
    if (ready == 0) break;
    count(way, ready);
    for (std::size_t left = ready; left > 0;) {
      if (auto packet = of.line->take(left)) write(way, *std::move(packet));
    }
    if (of.paced) spend(way, now, ready);
  }
  if (of.dead) return;
  if (of.waits()) return wait_more(way, now);
  of.postponed = false;
  if (of.line && !of.shaped()) of.line.reset();
  park_line(way);
  if (of.end == End::none || of.end_passed) return;
  if (of.end_due <= now) {
    pass_end(way);
  } else if (of.end_due != kNever) {
    wait_line(of.end_due);
  }
}

void Link::count(Way way, std::size_t bytes) {
  network_.counters().bytes[static_cast<std::size_t>(way)] += bytes;
  last_passed_at_ = network_.loop().now();
}

// The packet's last byte has passed.
void Link::write(Way way, mqtt::Packet&& packet) {
  journal::LinkCounters& counters = network_.counters();
  const auto side = static_cast<std::size_t>(way);
  ++counters.packets[side][static_cast<std::size_t>(mqtt::type_of(packet))];
  way == Way::uplink ? written_up(std::move(packet)) : written_down(std::move(packet));
}

void Link::written_up(mqtt::Packet&& packet) {
  Loop& loop = network_.loop();
  last_uplink_packet_at_ = loop.now();
  if (announcement_) {
    loop.write(std::move(*std::exchange(announcement_, nullptr)));
    if (older_ != nullptr) let_older_end(loop.now());
  }
  if (const auto* disconnect = std::get_if<mqtt::Disconnect>(&packet)) {
    loop.write(journal::disconnect_record(*disconnect, connection_));
  }
  if (broker_ != nullptr) return broker_->send(std::move(packet));
  if (is_gone(Side::broker)) answer_with_reset(Side::broker);
}

void Link::push_to_device(Parcel&& parcel) {
  const Instant arrives = network_.loop().now() + network_.config().hop;
  to_device_.push(network_.broker().flows(), *this, arrives, std::move(parcel));
}

void Link::written_down(mqtt::Packet&& packet) {
  const bool is_connack = std::holds_alternative<mqtt::Connack>(packet);
  push_to_device(std::move(packet));
  if (session_up_ || !accepted_ || !is_connack) return;
  session_up_ = true;
  network_.loop().write(journal::SessionUp{.connection = connection_});
  network_.tell(Network::NewsKind::session_up, device_);
}

void Link::broker_read() { network_.touch(device_); }

void Link::arrived(Instant now, Parcel& parcel) {
  network_.touch(device_);
  if (phase_ == Phase::ended && !lingers()) network_.bury(*this);
  if (is_gone(Side::device)) {
    const auto* how = std::get_if<CloseHow>(&parcel);
    if (leg(Side::device).open && (how == nullptr || *how != CloseHow::rst)) {
      answer_with_reset(Side::device);
    }
    return;
  }
  if (const auto* packet = std::get_if<mqtt::Packet>(&parcel)) {
    return end_.link_received(*this, now, *packet);
  }
  if (std::holds_alternative<Gibberish>(parcel)) {
    device_closed(CloseHow::fin);
    return end_.link_closed(*this, now, device::CloseCause::protocol_error);
  }
  // The device's own socket closes in answer, with FIN.
  const CloseHow how = std::get<CloseHow>(parcel);
  if (how == CloseHow::fin) device_closed(CloseHow::fin);
  end_.link_closed(
      *this, now,
      how == CloseHow::fin ? device::CloseCause::peer_fin : device::CloseCause::peer_rst);
}

// Keeps its place behind the packets, and its share of the delay.
void Link::end_channel(Way way, End end, journal::Party by) {
  Channel& of = channel(way);
  if (of.end != End::none) return;
  of.end = end;
  of.end_by = by;
  const Instant now = network_.loop().now();
  of.end_due = of.line || of.parked ? line(way).due_behind(now) : now;
  const fault::Conditions* conditions = network_.conditions(device_);
  if (conditions != nullptr && end == End::fin && by != journal::Party::proxy) {
    of.end_due = saturating_add(of.end_due, conditions->fin_delay());
  }
  // The device's own end waits for its next CONNECT, unless that has come.
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  const bool waits = order != nullptr && way == Way::uplink && by == journal::Party::device &&
                     network_.newest_link(device_) == this;
  if (waits) {
    of.end_due = kNever;
    last_fault_ = order->fault;
  }
  pump(way);
}

void Link::pass_end(Way way) {
  Channel& of = channel(way);
  const Side side = sink_of(way);
  Leg& sink = leg(side);
  of.end_passed = true;
  if (!sink.open) return;
  const CloseHow how = of.end == End::rst ? CloseHow::rst : CloseHow::fin;
  report(side, of.end_by, how);
  if (how == CloseHow::rst) {
    sink.open = false;
    fall_silent(side);
    kill_channel(way);
  } else {
    sink.fin_sent = true;
  }
  if (side == Side::device) {
    push_to_device(how);
  } else if (broker_ != nullptr) {
    how == CloseHow::rst ? std::exchange(broker_, nullptr)->reset() : broker_->finish();
  }
}

void Link::kill_channel(Way way) {
  Channel& of = channel(way);
  if (of.silent || of.waits()) silence_open_ = false;  // what it held is lost
  of.dead = true;
  of.silent = false;
  of.parked = false;
  of.line.reset();
}

Line& Link::line(Way way) {
  Channel& of = channel(way);
  if (!of.line) of.line = std::make_unique<Line>();
  if (of.parked) {
    of.parked = false;
    const auto total = network_.conditions(device_)->total(way);
    of.line->set_delay(total.delay, total.jitter, network_.jitter_stream(connection_, way));
  }
  return *of.line;
}

// An empty line that only delays is as good as none: its conditions know everything about it. Not
// so one that loses packets, which counts those of one instant.
void Link::park_line(Way way) {
  Channel& of = channel(way);
  if (!of.line || !of.line->delays() || of.line->loses_any()) return;
  if (of.dead || of.paced || !of.line->forgets(network_.loop().now())) return;
  of.line.reset();
  of.parked = true;
}

void Link::wait_line(Instant due) {
  if (!line_timer_) {
    line_timer_ = std::make_unique<LineTimer>(network_);
    line_timer_->serve(*this);
  }
  if (!line_timer_->armed() || line_timer_->due() > due) line_timer_->arm(due);
}

void Link::take_over(Carried&& carried) {
  line(Way::uplink).hold(carried.due, std::move(carried.packet), carried.bytes);
  line_timer_ = std::move(carried.timer);
  line_timer_->serve(*this);
}

void LineTimer::expired(Instant now) {
  link_ == nullptr ? network_.carried_due(device_) : link_->handle_line_due(now);
}

void LineTimer::prefetch(Fetch what) const {
  link_ == nullptr ? network_.prefetch_parked(device_, what) : link_->prefetch(what);
}

void Link::handle_line_due(Instant) {
  // In turns, as both ways may live on one budget.
  const Way first = pumps_first_;
  const Way second = first == Way::uplink ? Way::downlink : Way::uplink;
  pumps_first_ = second;
  pump(first);
  pump(second);
  settle();
  // A place in the queue is an order that a new timer would not have.
  if (line_timer_ && !line_timer_->queued()) line_timer_.reset();
}

}  // namespace probate::virtual_time
