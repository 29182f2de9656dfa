#include "sim/virtual/link.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
#include "core/journal/sides.hpp"

namespace probate::virtual_time {

using journal::CloseHow;
using journal::Party;

Link::Link(Network& network, DeviceEnd& end, ConnectionId connection, DeviceId device, Epoch epoch)
    : network_{network},
      end_{end},
      to_device_{network.loop(), *this},
      connection_{connection},
      device_{device},
      epoch_{epoch} {}

Link::~Link() = default;

void Link::start() {
  leg(Side::device).open = true;
  follow_conditions(kNoFault);
  settle();
}

void Link::take_connect(const mqtt::Connect& connect) {
  version_ = connect.version;
  network_.keep_connect(device_, connect, epoch_);
  announcement_ = std::make_unique<journal::ConnectForwarded>(journal::connect_record(connect));
  announcement_->connection = connection_;
  announcement_->device = device_;
  announcement_->epoch = epoch_;
  line(Way::uplink).push(network_.loop().now(), connect);
  seek_admission();
}

// The CONNECT waits in the uplink's line.
void Link::seek_admission() {
  Loop& loop = network_.loop();
  const fault::Admission admission = network_.owner().admit(loop.now(), device_);
  if (const auto* hold = std::get_if<fault::HoldConnect>(&admission)) {
    last_fault_ = hold->fault;
    phase_ = Phase::held;
  } else if (const auto* swallow = std::get_if<fault::SwallowConnect>(&admission)) {
    last_fault_ = swallow->fault;
    loop.write(journal::ConnectSwallowed{
        .connection = connection_, .device = device_, .epoch = epoch_, .fault = swallow->fault});
    phase_ = Phase::swallowed;
    orphan_leg(Side::device);
  } else {
    dial();
  }
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

void Link::abandon_dial() {
  if (phase_ == Phase::dialing) std::exchange(broker_, nullptr)->forget();
}

// The broker's own close has been read; whatever the link still sends is lost.
void Link::broker_closed(Instant, CloseHow how) {
  broker_ = nullptr;
  Leg& from = leg(Side::broker);
  if (!from.open || from.ended) return settle();
  how == CloseHow::fin ? leg_ended(Side::broker) : leg_failed(Side::broker, how);
  settle();
}

void Link::device_closed(CloseHow how) {
  const Leg& from = leg(Side::device);
  if (!from.open || from.ended) return;
  how == CloseHow::fin ? leg_ended(Side::device) : leg_failed(Side::device, how);
  settle();
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
  if (side == Side::broker && broker_ != nullptr) std::exchange(broker_, nullptr)->release();
  if (side == Side::device && !gone.ended && !gone.fin_sent) {
    to_device_.push(network_.loop().now() + network_.config().hop, CloseHow::fin);
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
  const bool ghost = ghost_ && broker.open;
  const bool silent = channel(Way::uplink).silent || channel(Way::downlink).silent;
  show(ghost ? Gauge::ghost : silent ? Gauge::silent : Gauge::open);
}

void Link::finish() {
  phase_ = Phase::ended;
  line_timer_.reset();
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
