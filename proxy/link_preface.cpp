// What a link says and hears in front of the first byte of its own: the PROXY protocol, and TLS.
#include <algorithm>

#include "proxy/link.hpp"

namespace probate::proxy {

using journal::Refused;

void Link::await_preface() {
  const Front& front = hub_.front(front_);
  Leg& device = leg(Side::device);
  if (front.expects_header) preface_ = std::make_unique<Bytes>();
  if (front.tls_in) device.tls = std::make_unique<TlsSession>(*front.tls_in, device.socket);
  if (front.sends_header) {
    const Endpoint destination = own_end_of(device.socket);
    if (destination != Endpoint{}) {
      ends_ = std::make_unique<Ends>(Ends{opening_->peer, destination});
    }
  }
  await_next();
}

// The header, then the handshake, then the CONNECT, each in its time.
void Link::await_next() {
  const Front& front = hub_.front(front_);
  Instant due = saturating_add(began_, hub_.config().connect_wait);
  if (preface_) {
    due = std::min(due, saturating_add(began_, front.header_wait));
  } else if (leg(Side::device).tls && !secured_) {
    due = std::min(due, saturating_add(hub_.loop().now(), front.handshake_wait));
  }
  hub_.loop().arm(timer_, due);
}

// Returns what is behind the header, once that is whole.
std::span<std::uint8_t> Link::take_preface(std::span<std::uint8_t> bytes) {
  Bytes& header = *preface_;
  header.insert(header.end(), bytes.begin(), bytes.end());
  const HeaderSeen seen = read_proxy_header(header);
  switch (seen.verdict) {
    case HeaderSeen::Verdict::unfinished:
      return {};
    case HeaderSeen::Verdict::wrong:
      refuse(Refused::header, "");
      return {};
    case HeaderSeen::Verdict::complete:
      break;
  }
  if (seen.ends) ends_ = std::make_unique<Ends>(*seen.ends);
  const auto behind = bytes.last(header.size() - seen.bytes);
  preface_.reset();
  await_next();
  Leg& device = leg(Side::device);
  if (!device.tls) return behind;
  device.tls->feed(behind);
  return {};
}

// This connection only. Who speaks TLS gets FIN behind the alert, others RST.
void Link::refuse(Refused why, std::string_view detail) {
  count_refusal(why, detail);
  const bool is_tls = leg(Side::device).tls != nullptr && !preface_;
  leg(Side::device).tls.reset();  // what it says from now on is thrown away as it comes
  opening_.reset();
  preface_.reset();
  timer_.cancel();
  phase_ = Phase::swallowed;
  cut_leg(Side::device, is_tls ? fault::CutHow::fin : fault::CutHow::rst);
}

void Link::count_refusal(Refused why, std::string_view detail) {
  ++hub_.counters_of(front_).refused[static_cast<std::size_t>(why)];
  hub_.owner().refused(front_, why, detail);
}

// Who leaves before it has said anything only looked whether somebody answers.
void Link::count_half_greeting(Side side) {
  if (side != Side::device || phase_ != Phase::greeting) return;
  if (preface_ && !preface_->empty()) return count_refusal(Refused::header, "");
  if (channel(Way::uplink).waiting() > 0) count_refusal(Refused::connect_half, "");
}

// What a read has meant for the TLS of that leg. False: the connection was refused.
bool Link::follow_tls(Side side, const IoResult& result) {
  TlsSession& tls = *leg(side).tls;
  if (tls.has_output()) wait_writable(side);
  const bool is_greeting = side == Side::device && phase_ == Phase::greeting && !preface_;
  if (!is_greeting || secured_) {
    // OpenSSL answers a bare FIN with an alert.
    const bool is_news =
        tls.is_broken() && result.status == IoStatus::failed && !leg(side).fin_sent;
    if (is_news) count_refusal(tls.why(), tls.trouble());
    return true;
  }
  if (tls.is_up()) {
    secured_ = true;
    if (std::string name = tls.name(); !name.empty()) {
      name_ = std::make_unique<std::string>(std::move(name));
    }
    await_next();
    return true;
  }
  const std::string trouble = tls.trouble();
  if (tls.is_broken()) {
    refuse(tls.why(), trouble);
    return false;
  }
  // Who only looks whether somebody answers says nothing.
  const bool is_over = result.status == IoStatus::ended || result.status == IoStatus::failed;
  if (!is_over || !tls.has_heard()) return true;
  refuse(Refused::tls_handshake, "it was left half way");
  return false;
}

// The handshake with the broker goes on as far as it can.
void Link::secure_dial() {
  Leg& broker = leg(Side::broker);
  const IoResult result = broker.tls->handshake();
  switch (result.status) {
    case IoStatus::moved:
      if (broker.tls->has_output()) wait_writable(Side::broker);
      handle_connected();
      return;
    case IoStatus::blocked:
      if (broker.tls->has_output()) wait_writable(Side::broker);
      if (!broker.socket.awaits_read()) wait_readable(Side::broker);
      return;
    case IoStatus::ended:
    case IoStatus::failed:
      break;
  }
  const bool is_broken = broker.tls->is_broken();
  count_refusal(is_broken ? broker.tls->why() : Refused::upstream_tls,
                is_broken ? broker.tls->trouble() : std::string{"the broker ended it"});
  fail_dial();
}

// The broker is told whose connection it is. False: its socket did not take that.
bool Link::introduce() {
  const auto& version = hub_.front(front_).sends_header;
  if (!version) return true;
  const Bytes header = proxy_header(*version, ends_.get());
  // The first bytes to a new socket: there is room.
  const IoResult result = write_some(leg(Side::broker).socket, header);
  return result.status == IoStatus::moved && result.bytes == header.size();
}

}  // namespace probate::proxy
