// Silence that the peers' TCP notices: what of them is not heard, and what they do about it.
#include <optional>
#include <utility>
#include <vector>

#include "core/journal/sides.hpp"
#include "sim/virtual/backoff.hpp"
#include "sim/virtual/link.hpp"

namespace probate::virtual_time {

using journal::CloseHow;
using journal::Party;

// The TCP of one peer, as far as it has something that was not acknowledged.
struct Link::Peer {
  Peer(Link& of, Side at) : link{of}, side{at}, timer{of.network_.loop(), *this} {}

  bool waits() const { return backoff.has_value(); }
  bool is_blank() const { return !waits() && !is_gone && !timer.queued(); }
  void wait(Instant now) {
    if (waits()) return;
    backoff.emplace(now);
    timer.arm(backoff->due());
  }
  // Nothing of it comes any more.
  void fall_silent() {
    packets.clear();
    end = End::none;
    backoff.reset();
    timer.cancel();
  }
  void due(Instant now) { link.peer_due(side, now); }

  Link& link;
  Side side;
  MemberTimer<Peer, &Peer::due> timer;
  std::optional<Backoff> backoff;     // while something waits to be acknowledged
  std::vector<mqtt::Packet> packets;  // that do, and
  End end = End::none;                // behind them
  bool is_orphan = false;             // its process has closed the connection
  bool is_gone = false;               // its kernel knows nothing of it, and resets what comes
};

struct Link::Peers {
  explicit Peers(Link& link) : device{link, Side::device}, broker{link, Side::broker} {}

  Peer device;
  Peer broker;
};

void Link::PeersDeleter::operator()(Peers* peers) const { delete peers; }

Link::Peer& Link::peer(Side side) {
  if (!peers_) peers_.reset(new Peers{*this});
  return side == Side::device ? peers_->device : peers_->broker;
}

const Link::Peer* Link::peer_if(Side side) const {
  if (!peers_) return nullptr;
  return side == Side::device ? &peers_->device : &peers_->broker;
}

// As proxy::Link::hearing_of(). Ends of the broker's are heard all the same, because the truth
// about a will needs to know when it gave the connection up.
bool Link::is_deaf(Side side) const {
  const bool is_hushed = is_hushed_ && phase_ == Phase::held;
  const bool is_cut_off = deafened_by_ != kNoFault;
  if (phase_ != Phase::piping && !is_cut_off && !is_hushed) return false;
  if (is_cut_off) return side == Side::broker ? !resets_broker_ : !resets_device_;
  const Channel& from = channel(away_from(side));
  return (from.silent && from.deaf) || (is_hushed && side == Side::device);
}

bool Link::is_kept(Side side) const {
  const Peer* peer = peer_if(side);
  return (peer != nullptr && peer->waits()) || is_deaf(side);
}

bool Link::is_gone(Side side) const {
  const Peer* peer = peer_if(side);
  return peer != nullptr && peer->is_gone;
}

bool Link::has_unheard(Side side) const {
  const Peer* peer = peer_if(side);
  return peer != nullptr && (peer->waits() || peer->is_gone);
}

void Link::keep(Side side, mqtt::Packet&& packet) {
  Peer& from = peer(side);
  if (from.is_gone) return;
  // Of what nobody will read, only the broker's own words are of interest when they come.
  const bool is_word = side == Side::broker && (std::holds_alternative<mqtt::Connack>(packet) ||
                                                std::holds_alternative<mqtt::Disconnect>(packet));
  if (is_word || !leg(side).discards) from.packets.push_back(std::move(packet));
  from.wait(network_.loop().now());
}

// A FIN stands in line. An RST is sent once: it is heard now or never, and so is nothing before it.
void Link::keep_end(Side side, CloseHow how) {
  Peer& from = peer(side);
  if (how == CloseHow::fin) {
    if (from.is_gone) return;
    from.end = End::fin;
    from.is_orphan = true;
    return from.wait(network_.loop().now());
  }
  const bool is_heard = !is_deaf(side);
  from.fall_silent();
  from.is_gone = true;
  if (is_heard) hear_end(side, how);
}

// False: it is not heard now. One that is sent before the oldest of the lost segments timed out
// overtakes them, and they are lost with the connection.
bool Link::hears_brokers_end(CloseHow how) {
  if (peer_if(Side::broker) == nullptr || !peer_if(Side::broker)->waits()) return true;
  Peer& from = peer(Side::broker);
  const bool overtakes =
      is_deaf(Side::broker) && from.backoff->is_before_timeout(network_.loop().now());
  if (how == CloseHow::fin && !overtakes) {
    keep_end(Side::broker, how);
    return false;
  }
  from.fall_silent();
  return true;
}

void Link::fall_silent(Side side) {
  if (peers_) peer(side).fall_silent();
}

void Link::peer_due(Side side, Instant now) {
  Peer& from = peer(side);
  if (side == Side::device && is_left_behind_) return answer_left_behind();
  if (from.waits() && from.backoff->gives_up(from.is_orphan)) return give_up(side, now);
  if (from.waits() && is_deaf(side)) {
    from.backoff->go_on();
    return from.timer.arm(from.backoff->due());
  }
  hear(side);
}

// What was not acknowledged has come, in order.
void Link::hear(Side side) {
  Peer& from = peer(side);
  std::vector<mqtt::Packet> packets = std::exchange(from.packets, {});
  const End end = from.end;
  from.fall_silent();
  if (peers_->device.is_blank() && peers_->broker.is_blank()) peers_.reset();
  if (side == Side::device) awaits_word_ = false;
  for (mqtt::Packet& packet : packets) {
    side == Side::device ? hear_device(std::move(packet)) : hear_broker(std::move(packet));
  }
  if (end != End::none) hear_end(side, end == End::fin ? CloseHow::fin : CloseHow::rst);
  network_.touch(device_);
  settle();
}

// ETIMEDOUT, to whom it may concern. Where it was our own words that were repeated, to us.
void Link::give_up(Side side, Instant now) {
  Peer& from = peer(side);
  const bool is_ours = from.is_gone;
  const bool is_orphan = from.is_orphan;
  from.fall_silent();
  from.is_gone = true;
  if (is_ours) {
    leg_failed(side, CloseHow::timeout);
    return settle();
  }
  if (is_orphan) return;
  if (side == Side::device) return end_.link_closed(*this, now, device::CloseCause::tcp_timeout);
  report(Side::broker, Party::broker, CloseHow::timeout);
  if (broker_ != nullptr) std::exchange(broker_, nullptr)->reset();
  settle();
}

// What comes to a peer that knows nothing of the connection is answered with RST; where that is not
// heard, with as many as it is sent again.
void Link::answer_with_reset(Side side) {
  Peer& from = peer(side);
  if (from.end != End::none) return;
  from.end = End::rst;
  const Instant now = network_.loop().now();
  if (side == Side::device && is_deaf(side)) return from.wait(now);
  from.timer.arm(now + network_.config().hop);
}

void Link::deafen(FaultId fault) {
  if (is_segment()) deafened_by_ = fault;
}

void Link::forget_device() {
  if (phase_ == Phase::ended || deafened_by_ == kNoFault) return;
  deafened_by_ = kNoFault;
  Leg& device = leg(Side::device);
  if (device.open) {
    report(Side::device, Party::proxy, CloseHow::rst);
    device.open = false;
    const Peer* peer = peer_if(Side::device);
    is_left_behind_ = !device.ended && (peer == nullptr || !(peer->is_orphan || peer->is_gone));
    kill_channel(Way::downlink);
  }
  settle();
}

void Link::answer_left_behind() {
  is_left_behind_ = false;
  fall_silent(Side::device);
  push_to_device(CloseHow::rst);
}

}  // namespace probate::virtual_time
