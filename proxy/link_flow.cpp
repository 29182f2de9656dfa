// How a link's bytes go from leg to leg: at once where they can, else through the line.
#include <algorithm>
#include <utility>

#include "core/journal/sides.hpp"
#include "proxy/link.hpp"

namespace probate::proxy {

using journal::CloseHow;
using journal::sink_of;

namespace {

mqtt::Direction other_way(mqtt::Direction way) {
  return way == mqtt::Direction::uplink ? mqtt::Direction::downlink : mqtt::Direction::uplink;
}

}  // namespace

void Link::wait_readable(Side side) {
  Leg& from = leg(side);
  Poller& poller = hub_.loop().poller();
  if (from.tls && from.tls->has_input()) {
    poller.call_soon(from.socket);  // the kernel does not tell of it
  } else {
    poller.await_read(from.socket);
  }
}

IoResult Link::read(Side side, std::span<std::uint8_t> into) {
  Leg& from = leg(side);
  const bool is_plain = !from.tls || (preface_ && side == Side::device);
  return is_plain ? read_some(from.socket, into) : from.tls->read(into);
}

void Link::handle_readable(Socket& socket) {
  const Side side = side_of(socket);
  Leg& from = leg(side);
  if (!from.open && !is_securing(side)) return;
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  if (is_securing(side)) {
    secure_dial();
    settle();
    return;
  }
  const std::size_t room = room_to_read(side);
  if (room > 0) {
    const auto buffer = hub_.read_buffer();
    const auto into = buffer.first(std::min(room, buffer.size()));
    const IoResult result = read(side, into);
    if (from.tls && !follow_tls(side, result)) {
      settle();
      return;
    }
    const bool says_something =
        result.status == IoStatus::moved || result.status == IoStatus::ended;
    if (side == Side::device && result.status != IoStatus::blocked) awaits_word_ = false;
    if (says_something && resets_device_ && side == Side::device) {
      cut_leg(Side::device, fault::CutHow::rst);
      settle();
      return;
    }
    switch (result.status) {
      case IoStatus::moved:
        take(side, into.first(result.bytes));
        break;
      case IoStatus::blocked:
        break;
      case IoStatus::ended:
        pass_rest(away_from(side));
        leg_ended(side);
        break;
      case IoStatus::failed:
        pass_rest(away_from(side));
        leg_failed(side, result.how);
        break;
    }
  }
  settle();
}

void Link::take(Side side, std::span<std::uint8_t> bytes) {
  if (phase_ == Phase::greeting) return greet(bytes);
  if (!leg(side).discards && !channel(away_from(side)).dead) {
    return pass_on(away_from(side), inspect_read(away_from(side), bytes));
  }
  if (side == Side::device) return;
  overhear(bytes);
  if (resets_broker_ && !broker_leaves_) cut_leg(Side::broker, fault::CutHow::rst);
}

void Link::wait_writable(Side side) {
  Leg& to = leg(side);
  if (to.socket.is_open()) hub_.loop().poller().await_write(to.socket);
}

void Link::handle_writable(Socket& socket) {
  const Side side = side_of(socket);
  Leg& to = leg(side);
  const bool is_dialed = side == Side::broker && phase_ == Phase::dialing && !to.tls;
  if (!to.open && !is_securing(side) && !is_dialed) return;
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  if (is_dialed) return handle_dialed();
  if (to.tls && to.tls->has_output()) {
    const IoResult result = to.tls->flush();
    if (result.status == IoStatus::blocked) return wait_writable(side);
    if (result.status != IoStatus::moved) {
      to.open ? leg_failed(side, result.how) : fail_dial();
    }
  }
  pump(towards(side));
  settle();
}

// Something of our own to the device, whose connection is new: there is room.
void Link::say(ByteView bytes) {
  Leg& device = leg(Side::device);
  write_to(device, bytes);
  if (device.tls && device.tls->has_output()) wait_writable(Side::device);
}

// A blocked reader stops the sender at once. What is held on purpose is read up to the limit, so
// that a FIN behind it is seen.
std::size_t Link::room_to_read(Side side) const {
  const Leg& from = leg(side);
  if (!from.open || from.ended) return 0;
  const Channel& to = channel(away_from(side));
  const std::size_t most = hub_.config().pending_bytes_max;
  if (from.discards || to.dead) return most;
  if (phase_ == Phase::greeting) return kConnectBytesMax + 1;
  const bool held = to.silent || to.shaped() || phase_ == Phase::dialing || phase_ == Phase::held;
  const std::size_t waiting = to.waiting();
  if (held) return waiting < most ? most - waiting : 0;
  return waiting == 0 ? most : 0;
}

// Requires: from a leg that does not discard.
void Link::pass(Way way, ByteView bytes) {
  Channel& to = channel(way);
  const Leg& sink = leg(sink_of(way));
  if (!to.silent && !to.shaped() && to.waiting() == 0 && sink.open && !sink.socket.awaits_write()) {
    if (!bytes.empty()) bytes = bytes.subspan(write(way, bytes));
  }
  if (bytes.empty() || to.dead) return;
  if (to.delays()) to.line->begin_packets(packets_begun_);
  line(way).push(hub_.loop().now(), bytes);
  if (to.shaped()) pump(way);
}

// Writes what may leave, then the end behind it.
void Link::pump(Way way) {
  Channel& of = channel(way);
  const Leg& sink = leg(sink_of(way));
  if (of.silent || of.dead || !sink.open || sink.socket.awaits_write()) return;
  const Instant now = hub_.loop().now();
  while (of.line && !of.dead) {
    ByteView ready = of.line->ready(now);
    if (of.paced) ready = ready.first(allowed(way, now, ready.size()));
    if (ready.empty()) break;
    const std::size_t written = write(way, ready);
    const bool all = written == ready.size();
    if (of.line) of.line->consume(written);
    if (of.paced) spend(way, now, written);
    if (!all) return;
  }
  if (of.dead) return;
  if (of.waiting() > 0) {
    wait_more(way, now);
    return;
  }
  of.postponed = false;
  if (of.line && !of.shaped()) of.line.reset();
  if (of.end == End::none || of.end_passed || sink.socket.awaits_write()) return;
  if (of.end_due <= now) {
    pass_end(way);
  } else if (of.end_due != kNever) {
    wait_line(of.end_due);
  }
}

// One write; what a packet's record says is stamped before it. Less than everything: the sink is
// blocked or gone.
std::size_t Link::write(Way way, ByteView bytes) {
  Leg& sink = leg(sink_of(way));
  const Instant at = hub_.loop().now();
  const IoResult result = write_to(sink, bytes);
  switch (result.status) {
    case IoStatus::moved:
      hub_.counters().bytes[static_cast<std::size_t>(way)] += result.bytes;
      last_passed_at_ = at;
      if (way == Way::uplink) last_uplink_bytes_at_ = at;
      inspect_written(way, bytes.first(result.bytes), at);
      if (result.bytes < bytes.size() || (sink.tls && sink.tls->has_output())) {
        wait_writable(sink_of(way));
      }
      return result.bytes;
    case IoStatus::blocked:
      wait_writable(sink_of(way));
      return 0;
    case IoStatus::ended:
    case IoStatus::failed:
      leg_failed(sink_of(way), result.how);
      return 0;
  }
  return 0;
}

// Keeps its place behind the bytes, and its share of the delay.
void Link::end_channel(Way way, End end, journal::Party by) {
  Channel& of = channel(way);
  if (of.end != End::none) return;
  of.end = end;
  of.end_by = by;
  of.end_polite = says_goodbye(way);
  const Instant now = hub_.loop().now();
  of.end_due = of.line ? of.line->due_behind(now) : now;
  const fault::Conditions* conditions = hub_.conditions(device_);
  if (conditions != nullptr && end == End::fin && by != journal::Party::proxy) {
    of.end_due = saturating_add(of.end_due, conditions->fin_delay());
  }
  // The device's own end waits for its next CONNECT, unless that has come.
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  const bool waits = order != nullptr && way == Way::uplink && by == journal::Party::device &&
                     hub_.newest_link(device_) == this;
  if (waits) {
    of.end_due = kNever;
    last_fault_ = order->fault;
  }
  // A reader that does not read must not keep an RST from itself.
  if (end == End::rst && !waits && !of.silent && !of.shaped() && leg(sink_of(way)).open) {
    pump(way);
    if (!of.end_passed && !of.dead) pass_end(way);
    return;
  }
  pump(way);
}

void Link::pass_end(Way way) {
  Channel& of = channel(way);
  Leg& sink = leg(sink_of(way));
  if (sink.tls && sink.open && of.end == End::fin && of.end_polite) {
    sink.tls->say_goodbye();
    if (sink.tls->has_output()) return wait_writable(sink_of(way));
  }
  of.end_passed = true;
  if (!sink.open) return;
  if (of.end == End::rst) {
    report(sink_of(way), of.end_by, CloseHow::rst);
    sink.open = false;
    abort(sink.socket);
    kill_channel(way);
    return;
  }
  report(sink_of(way), of.end_by, CloseHow::fin);
  if (sink.ended) return drop_leg(sink_of(way));  // closing says it, too
  sink.fin_sent = true;
  send_fin(sink.socket);
  if (!timer_.armed()) {
    hub_.loop().arm(timer_, saturating_add(hub_.loop().now(), hub_.config().half_close_wait));
  }
}

// A FIN goes on over TLS as it came: behind a close_notify, or bare, as that of a process that died
// or of a box in between. What comes from a plain connection had no way to say more than FIN.
bool Link::says_goodbye(Way way) {
  if (channel(way).end_by == journal::Party::proxy) return last_fault_ == kNoFault;
  const Leg& from = leg(sink_of(way) == Side::broker ? Side::device : Side::broker);
  return !from.tls || from.tls->heard_goodbye();
}

void Link::kill_channel(Way way) {
  Channel& of = channel(way);
  if (of.silent || of.waiting() > 0) silence_open_ = false;  // what it held is lost
  of.dead = true;
  of.silent = false;
  of.line.reset();
}

Line& Link::line(Way way) {
  Channel& of = channel(way);
  if (!of.line) of.line = std::make_unique<Line>();
  return *of.line;
}

// How many of that many bytes may leave now. Requires: the way is paced.
std::size_t Link::allowed(Way way, Instant now, std::size_t most) const {
  std::uint64_t least = std::min<std::uint64_t>(most, hub_.conditions(device_)->allowed(way, now));
  if (!limits_) return static_cast<std::size_t>(least);
  const auto only_other =
      way == Way::uplink ? fault::FlowDirection::down : fault::FlowDirection::up;
  for (const Cap& cap : limits_->caps) {
    if (cap.flow != only_other) least = std::min(least, cap.left);
  }
  return static_cast<std::size_t>(least);
}

// The byte that uses up a limit is the connection's last.
void Link::spend(Way way, Instant now, std::size_t bytes) {
  if (fault::Conditions* conditions = hub_.conditions(device_)) conditions->spend(way, now, bytes);
  if (!limits_) return;
  const auto only_other =
      way == Way::uplink ? fault::FlowDirection::down : fault::FlowDirection::up;
  for (Cap& cap : limits_->caps) {
    if (cap.flow == only_other) continue;
    cap.left -= bytes;
    if (cap.left > 0) continue;
    const Cap reached = cap;
    limits_->caps.clear();
    for (Channel& each : channels_) {
      if (each.line) each.line->clear();
    }
    cut({.legs = fault::LegChoice::both, .how = reached.how}, reached.fault);
    return;
  }
}

// Something waits, for its time or for its budget.
void Link::wait_more(Way way, Instant now) {
  const Channel& of = channel(way);
  const std::size_t ready = of.line->ready(now).size();
  if (of.paced && ready > 0) {
    wait_line(hub_.conditions(device_)->allowed_at(way, now, ready));
  } else {
    wait_line(of.line->next_due(now).value_or(now));
  }
}

void Link::wait_line(Instant due) {
  if (!line_timer_) {
    line_timer_ = std::make_unique<MemberTimer<Link, &Link::handle_line_due>>(*this);
  }
  if (!line_timer_->armed() || line_timer_->due() > due) hub_.loop().arm(*line_timer_, due);
}

void Link::handle_line_due(Instant) {
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  // In turns, as both ways may live on one budget.
  const Way first = std::exchange(pumps_first_, other_way(pumps_first_));
  pump(first);
  pump(other_way(first));
  settle();
}

}  // namespace probate::proxy
