// Silence that the peers' TCP notices: what each leg of a link still hears.
#include "core/journal/sides.hpp"
#include "proxy/link.hpp"
#include "proxy/tcp_bytes.hpp"

namespace probate::proxy {

using journal::CloseHow;
using journal::Party;
using journal::towards;

namespace {

constexpr Duration kEndLook = 200ms;

}  // namespace

// The device's end is as silent as everything else of it. The broker's is heard, because the truth
// about a will needs to know when the broker gave the connection up; its application cannot tell.
Hearing Link::hearing_of(Side side) const {
  const bool is_hushed = is_hushed_ && phase_ == Phase::held;
  if (phase_ != Phase::piping && deafened_by_ == kNoFault && !is_hushed) return Hearing::all;
  const auto is_deaf = [](const Channel& of) { return of.silent && of.deaf; };
  const bool up = is_deaf(channel(Way::uplink));
  const bool down = is_deaf(channel(Way::downlink));
  if (side == Side::device) {
    if (deafened_by_ != kNoFault || is_hushed || (up && down)) return Hearing::nothing;
    return up ? Hearing::acks : Hearing::all;
  }
  if (deafened_by_ != kNoFault || (up && down)) return Hearing::ends;
  return down ? Hearing::acks_and_ends : Hearing::all;
}

// After whatever may have changed it.
void Link::tune() {
  tune_leg(Side::device);
  tune_leg(Side::broker);
}

// What the kernel refuses in spite of the trial at the start stays as it was: still a silence, of
// fidelity stream.
void Link::tune_leg(Side side) {
  Leg& of = leg(side);
  const Hearing wanted = hearing_of(side);
  const LossRate loss = wanted == Hearing::all ? of.loss : 0;
  if (!of.open || of.ended || (of.hearing == wanted && of.loses_now == loss)) return;
  if (side == Side::device && of.hearing == Hearing::all) {
    dropped_before_ = segments_dropped(of.socket.descriptor());
  }
  if (!set_hearing(of.socket, wanted, loss)) return;
  of.hearing = wanted;
  of.loses_now = loss;
  if (side == Side::broker) watch_end(of.hearing != Hearing::all);
}

void Link::deafen(FaultId fault) {
  if (!is_segment()) return;
  deafened_by_ = fault;
  tune();
}

void Link::forget_device() {
  if (phase_ == Phase::ended || deafened_by_ == kNoFault) return;
  deafened_by_ = kNoFault;
  forget_leg(Side::device);
  tune();
  settle();
}

// What is to answer with RST from now on is as well not there. Of the broker's end nobody will
// hear then, so nothing is told of it.
void Link::forget_dead_legs() {
  if (!is_segment()) return;
  if (resets_device_) forget_leg(Side::device);
  if (!resets_broker_) return;
  leg(Side::broker).reported = true;
  forget_leg(Side::broker);
}

void Link::forget_leg(Side side) {
  Leg& gone = leg(side);
  if (!gone.open) return;
  report(side, Party::proxy, CloseHow::rst);
  gone.open = false;
  forget(gone.socket);
  kill_channel(towards(side));
}

// A FIN behind bytes that were dropped waits in the kernel for these, which do not come: nothing
// else that is let through can be out of order. One that the broker's kernel does not send before
// those are acknowledged is heard once they are, when the silence is over.
void Link::watch_end(bool watches) {
  if (!watches) {
    end_watch_.reset();
    return;
  }
  if (!end_watch_) end_watch_ = std::make_unique<EndWatch>(*this);
  end_watch_->out_of_order = segments_out_of_order(leg(Side::broker).socket.descriptor());
  hub_.loop().arm(end_watch_->timer, saturating_add(hub_.loop().now(), kEndLook));
}

void Link::handle_end_watch(Instant now) {
  const boost::intrusive_ptr<Link> self{this};
  const Turn turn{hub_};
  const Leg& broker = leg(Side::broker);
  if (!broker.open || broker.ended) return;
  if (segments_out_of_order(broker.socket.descriptor()) == end_watch_->out_of_order) {
    hub_.loop().arm(end_watch_->timer, saturating_add(now, kEndLook));
    return;
  }
  leg_ended(Side::broker);
  settle();
}

}  // namespace probate::proxy
