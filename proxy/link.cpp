#include "proxy/link.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
#include "core/journal/sides.hpp"
#include "core/mqtt/codec.hpp"
#include "proxy/proxy_header.hpp"

namespace probate::proxy {
namespace {

using journal::CloseHow;
using journal::Party;
using mqtt::Direction;

}  // namespace

Link::Link(Hub& hub, std::uint16_t front, Arrival from, ConnectionId connection, DeviceId device,
           Epoch epoch)
    : hub_{hub},
      legs_{Leg{std::move(from.socket)}, Leg{}},
      timer_{*this},
      connection_{connection},
      device_{device},
      epoch_{epoch},
      opening_{std::make_unique<Opening>(Opening{from.peer, {}})},
      front_{front} {}

void Link::start() {
  Leg& device = leg(Side::device);
  device.open = true;
  began_ = last_passed_at_ = hub_.loop().now();
  if (!hub_.loop().poller().watch(device.socket, *this)) {
    ++hub_.counters().accept_errors;
    phase_ = Phase::swallowed;
    report(Side::device, Party::proxy, CloseHow::fin);
    drop_leg(Side::device);
    settle();
    return;
  }
  follow_conditions(kNoFault);
  await_preface();
  settle();
}

// Until the CONNECT is complete, everything waits in the uplink's line.
void Link::greet(std::span<std::uint8_t> bytes) {
  if (preface_) bytes = take_preface(bytes);
  if (bytes.empty()) return;
  inspect_read(Way::uplink, bytes);
  line(Way::uplink).begin_packets(packets_begun_);
  line(Way::uplink).push(hub_.loop().now(), bytes);
  switch (opening_->greeting.advance(bytes, line(Way::uplink).all())) {
    case Greeting::Verdict::unfinished:
      return;
    case Greeting::Verdict::connect:
      speech_ = Speech::mqtt;
      take_connect(line(Way::uplink).all().first(opening_->greeting.frame_bytes()));
      break;
    case Greeting::Verdict::tls:
      if (const std::string& name = opening_->greeting.name(); !name.empty()) {
        name_ = std::make_unique<std::string>(name);
      }
      take_stream(Speech::tls);
      break;
    case Greeting::Verdict::websocket:
      take_stream(Speech::websocket);
      break;
    case Greeting::Verdict::not_mqtt:
      malformed(Way::uplink, "the first bytes are no CONNECT");
      take_stream(Speech::other);
      break;
    case Greeting::Verdict::too_large:
      malformed(Way::uplink, "CONNECT of more than 256 KiB");
      count_refusal(journal::Refused::connect_too_large, "");
      cut_leg(Side::device, fault::CutHow::rst);
      break;
  }
  opening_.reset();
}

void Link::take_connect(ByteView frame) {
  auto packet = mqtt::decode(frame, version_, Direction::uplink);
  if (!packet) {
    malformed(Way::uplink, mqtt::to_text(packet.error()));
    dial();
    return;
  }
  const auto& connect = std::get<mqtt::Connect>(*packet);
  version_ = connect.version;
  const bool was_unknown = device_ == kNoDevice;
  identify(connect);
  hub_.keep_connect(device_, frame, epoch_, front_);
  if (was_unknown) delay_greeting();
  is_connect_due_ = true;
  if (is_tracked_ && !hub_.loop().is_mute()) {
    announcement_ = std::make_unique<journal::ConnectForwarded>(journal::connect_record(connect));
    announcement_->connection = connection_;
    announcement_->device = device_;
    announcement_->epoch = epoch_;
  }
  seek_admission();
}

// Its bytes pass as they are, and nothing is read in them.
void Link::take_stream(Speech speech) {
  speech_ = speech;
  look_away();
  // A device that its address tells speaks MQTT, or is not what it should be.
  if (device_ != kNoDevice) return dial();
  adopt(hub_.owner().identify_stream(hub_.loop().now(), origin()));
  is_stream_ = device_ != kNoDevice;
  delay_greeting();
  seek_admission();
}

// Who has gone meanwhile came from somewhere nevertheless.
Origin Link::origin() const {
  const auto source = plain_endpoint(ends_ ? ends_->source : opening_->peer);
  return {.source = source.address(),
          .front = front_,
          .speech = speech_,
          .name = name_ ? std::string_view{*name_} : std::string_view{}};
}

// What holds for its device's links holds for this one from here on; its CONNECT is on its way.
void Link::identify(const mqtt::Connect& connect) {
  if (device_ != kNoDevice) return;
  const Identity found = hub_.owner().identify(hub_.loop().now(), connect, origin());
  is_tracked_ = found.is_tracked;
  adopt(found);
}

void Link::adopt(const Identity& found) {
  if (found.device == kNoDevice) return;
  device_ = found.device;
  epoch_ = found.epoch;
  hub_.enroll(*this);
  const fault::Conditions* conditions = hub_.conditions(device_);
  follow_conditions(conditions == nullptr ? kNoFault : conditions->cause());
  if (conditions == nullptr) return;
  // A copy: conditions may change on the way.
  for (const fault::Conditions::Hushed& each : std::vector{conditions->hushes}) {
    silence(each.what, each.fault);
  }
}

// Whose the bytes in the line are was not known when they came. Views of them end here.
void Link::delay_greeting() {
  Channel& up = channel(Way::uplink);
  if (up.delays()) up.line->push_again(hub_.loop().now(), std::max(packets_begun_, 1u));
}

// The CONNECT waits in the uplink's line.
void Link::seek_admission() {
  const Instant now = hub_.loop().now();
  const fault::Admission admission =
      device_ == kNoDevice ? fault::Admission{fault::Admit{}} : hub_.owner().admit(now, device_);
  if (const auto* held = std::get_if<fault::HoldConnect>(&admission)) {
    hold(held->fault);
    is_hushed_ = is_deaf(held->ack);
    tune();
  } else if (const auto* late = std::get_if<fault::DelayConnect>(&admission)) {
    hold(late->fault);
    hub_.loop().arm(timer_, saturating_add(now, std::max(late->delay, order_behind_older())));
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
    say(as_bytes(fault::kRedirect));
    cut_leg(Side::device, fault::CutHow::fin);
  } else if (const auto* answer = std::get_if<fault::AnswerConnect>(&admission)) {
    swallow(answer->fault);
    leg(Side::device).discards = true;
    Bytes connack;
    mqtt::encode(mqtt::Connack{.reason = answer->reason, .properties = {}}, version_, connack);
    say(connack);
    hub_.loop().write(hub_.loop().now(),
                      journal::PacketAltered{.connection = connection_,
                                             .direction = Direction::downlink,
                                             .packet = mqtt::PacketType::connack,
                                             .how = journal::Alteration::injected,
                                             .reason = answer->reason,
                                             .fault = answer->fault});
    cut_leg(Side::device, fault::CutHow::fin);
  } else if (const Duration gap = order_behind_older(); gap > Duration{}) {
    hold(hub_.conditions(device_)->takeover_order()->fault);
    hub_.loop().arm(timer_, saturating_add(now, gap));
  } else {
    dial();
  }
}

// How long the CONNECT has to wait for the end of an older connection, which goes on now; nothing
// if it is to come first, or if no end waits for it.
Duration Link::order_behind_older() {
  const fault::Conditions* conditions = hub_.conditions(device_);
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  if (order == nullptr || order->connect != fault::ConnectOrder::after) return {};
  const Duration gap = order->gap;
  Duration wait{};
  for (Link* link = older_; link != nullptr;) {
    const boost::intrusive_ptr<Link> older{link};
    link = link->older_;
    if (older->channel(Way::uplink).end_due != kNever) continue;
    wait = gap;
    older->end_at(hub_.loop().now());
  }
  return wait;
}

// The CONNECT was written: what was to come behind it comes.
void Link::let_older_end(Instant connected) {
  const fault::Conditions* conditions = hub_.conditions(device_);
  const auto* order = conditions == nullptr ? nullptr : conditions->takeover_order();
  if (order == nullptr) return;
  const Instant due = saturating_add(connected, order->gap);
  for (Link* link = older_; link != nullptr;) {
    const boost::intrusive_ptr<Link> older{link};
    link = link->older_;
    older->end_at(due);
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
  timer_.cancel();
  phase_ = Phase::held;
}

void Link::swallow(FaultId fault) {
  last_fault_ = fault;
  hub_.loop().write(
      hub_.loop().now(),
      journal::ConnectSwallowed{
          .connection = connection_, .device = device_, .epoch = epoch_, .fault = fault});
  timer_.cancel();
  phase_ = Phase::swallowed;
  hub_.owner().connect_kept(hub_.loop().now(), fault, device_);
}

void Link::dial() {
  phase_ = Phase::dialing;
  Leg& broker = leg(Side::broker);
  Poller& poller = hub_.loop().poller();
  broker.socket = proxy::dial(hub_.front(front_).upstream, hub_.loop().descriptors());
  if (!broker.socket.is_open() && is_shortage(errno)) {
    // It is not the broker that is to blame.
    ++hub_.counters().shortages;
    count_refusal(journal::Refused::descriptors, "");
    return give_up_dial();
  }
  if (!broker.socket.is_open() || !poller.watch(broker.socket, *this)) {
    fail_dial();
    return;
  }
  hub_.loop().arm(timer_, saturating_add(hub_.loop().now(), hub_.config().dial_timeout));
  poller.await_write(broker.socket);
}

void Link::handle_dialed() {
  Leg& broker = leg(Side::broker);
  const auto& tls = hub_.front(front_).tls_out;
  if (!has_connected(broker.socket) || !introduce()) {
    fail_dial();
  } else if (tls) {
    broker.tls = std::make_unique<TlsSession>(*tls, broker.socket);
    secure_dial();
  } else {
    handle_connected();
  }
  settle();
}

void Link::handle_connected() {
  timer_.cancel();
  leg(Side::broker).open = true;
  phase_ = Phase::piping;
  tune();
  pump(Way::uplink);
  if (Socket& broker = leg(Side::broker).socket; broker.is_open() && broker.greets()) {
    end_greeting(broker);  // a fault holds the CONNECT, or the client has said nothing
  }
  // Of what is no MQTT this is all that there is of a session.
  if (!is_stream_) return;
  session_up_ = true;
  hub_.tell(Hub::NewsKind::session_up, hub_.loop().now(), device_);
}

void Link::fail_dial() {
  ++hub_.counters().dial_errors;
  ++hub_.counters_of(front_).dial_errors;
  give_up_dial();
}

void Link::give_up_dial() {
  close(leg(Side::broker).socket);
  phase_ = Phase::swallowed;
  cut_leg(Side::device, fault::CutHow::rst);
}

// The first end that is read from a leg decides what the other leg gets.
void Link::leg_ended(Side side) {
  Leg& from = leg(side);
  note_mute_end(side);
  count_half_greeting(side);
  from.ended = true;
  report(side, party_at(side), CloseHow::fin);
  // A CONNECT that is held was never heard of.
  if (from.discards || phase_ == Phase::greeting || phase_ == Phase::held) {
    drop_leg(side);
  } else {
    end_channel(away_from(side), End::fin, party_at(side));
  }
}

// In TLS 1.3 a broker refuses a certificate after the handshake is over for us. What it says then
// is lost if its RST overtakes it, which happens once the CONNECT is on its way.
void Link::note_mute_end(Side side) {
  const Leg& from = leg(side);
  const bool is_mute = side == Side::broker && from.tls && !from.ended && !from.discards &&
                       !from.tls->has_received() && !from.tls->is_broken();
  if (!is_mute || leg(Side::device).ended) return;
  count_refusal(journal::Refused::upstream_tls,
                "the broker ended it before it said anything, as one does that asks for a "
                "certificate");
}

void Link::leg_failed(Side side, CloseHow how) {
  Leg& from = leg(side);
  if (!from.open) return;
  const bool news = !from.ended && !from.discards;
  note_mute_end(side);
  count_half_greeting(side);
  from.ended = true;
  report(side, party_at(side), how);
  drop_leg(side);
  if (news && phase_ != Phase::greeting && phase_ != Phase::held) {
    end_channel(away_from(side), End::rst, party_at(side));
  }
}

void Link::drop_leg(Side side) {
  Leg& gone = leg(side);
  gone.open = false;
  close(gone.socket);
  kill_channel(towards(side));
}

// Exactly one record for a leg that stood; the first word counts.
void Link::report(Side side, Party by, CloseHow how) {
  Leg& closed = leg(side);
  if (closed.reported || !closed.open) return;
  closed.reported = true;
  hub_.loop().write(hub_.loop().now(),
                    journal::LegClosed{.connection = connection_,
                                       .leg = side,
                                       .by = by,
                                       .how = how,
                                       .fault = last_fault_,
                                       .last_uplink_packet_at = last_uplink_packet_at_,
                                       .last_uplink_bytes_at = bytes_of_no_packet_at()});
}

void Link::handle_timeout(Instant) {
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  if (phase_ == Phase::held) {
    dial();
  } else if (phase_ == Phase::dialing) {
    if (leg(Side::broker).tls) count_refusal(journal::Refused::upstream_tls, "it took too long");
    fail_dial();
  } else if (preface_) {
    refuse(journal::Refused::header_late, "");
  } else if (phase_ == Phase::greeting && leg(Side::device).tls && !secured_) {
    refuse(journal::Refused::tls_late, "");
  } else {
    if (phase_ == Phase::greeting) {
      const bool is_begun = channel(Way::uplink).waiting() > 0;
      count_refusal(is_begun ? journal::Refused::connect_late : journal::Refused::connect_none, "");
    }
    for (const Side side : {Side::device, Side::broker}) {
      report(side, Party::proxy, CloseHow::timeout);
      if (leg(side).open) drop_leg(side);
    }
  }
  settle();
}

// After every event: closes what has nothing left to do, reads on where there is room.
void Link::settle() {
  if (phase_ == Phase::ended) return;
  for (const Side side : {Side::device, Side::broker}) {
    Leg& each = leg(side);
    const bool nothing_to_send = each.fin_sent || channel(towards(side)).dead;
    if (each.open && each.ended && nothing_to_send) drop_leg(side);
  }
  end_silence_record();
  const Leg& device = leg(Side::device);
  const Leg& broker = leg(Side::broker);
  if ((device.reported || !device.open) && !down_told_) {
    down_told_ = true;
    if (device_ != kNoDevice && hub_.newest_link(device_) == this) {
      hub_.tell(Hub::NewsKind::link_down, hub_.loop().now(), device_);
    }
  }
  if (!device.open && !broker.open && phase_ != Phase::dialing) {
    finish();
    return;
  }
  const bool ghost = ghost_ && broker.open;
  const bool silent =
      channel(Way::uplink).silent || channel(Way::downlink).silent || deafened_by_ != kNoFault;
  show(ghost ? Gauge::ghost : silent ? Gauge::silent : Gauge::open);
  for (const Side side : {Side::device, Side::broker}) {
    if (!leg(side).socket.awaits_read() && room_to_read(side) > 0) wait_readable(side);
  }
}

void Link::finish() {
  phase_ = Phase::ended;
  timer_.cancel();
  line_timer_.reset();
  idle_timer_.reset();
  end_watch_.reset();
  limits_.reset();
  show(Gauge::none);
  hub_.remove(*this);
  if (is_stream_) hub_.tell(Hub::NewsKind::stream_over, hub_.loop().now(), device_);
}

void Link::vanish() {
  const boost::intrusive_ptr<Link> self{this};
  for (Leg& each : legs_) {
    each.open = false;
    close(each.socket);
  }
  finish();
}

// A silent link is an open one too.
void Link::show(Gauge gauge) {
  if (gauge == gauge_) return;
  journal::LinkCounters& counters = hub_.counters();
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

}  // namespace probate::proxy
