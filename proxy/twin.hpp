// Somebody else with the device's ClientID: a connection of our own to the broker.
#pragma once

#include <cstdint>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "core/base/bytes.hpp"
#include "proxy/hub.hpp"
#include "proxy/leg.hpp"
#include "proxy/line.hpp"
#include "proxy/packet_tap.hpp"

namespace probate::proxy {

// Sends the victim's CONNECT, then PINGREQ in time, and answers nothing.
// Threads: the loop's. Lifetime: the hub holds it while it stands, and its own handler until that
// is through.
class Twin final : public boost::intrusive_ref_counter<Twin, boost::thread_unsafe_counter>,
                   public Listed,
                   private Pollable {
 public:
  // `front`: whose broker it dials. `connect` is what goes on the wire, `record` what the journal
  // says of it.
  Twin(Hub& hub, std::uint16_t front, Bytes connect, journal::ConnectForwarded record,
       FaultId fault);

  // Requires: hub.add(*this) was called.
  void start();
  // DISCONNECT, then FIN.
  void leave();
  void vanish();
  DeviceId device() const { return record_.device; }

 private:
  enum class Phase : std::uint8_t { dialing, standing, leaving, ended };
  class Watcher;

  void count_dial_error();
  void handle_dialed();
  void secure();
  void stand();
  void wait_readable();
  void handle_readable(Socket& socket) override;
  void handle_writable(Socket& socket) override;
  void wait_writable();
  void send(ByteView bytes);
  void flush();
  void handle_timeout(Instant now);
  void ended_by_broker(journal::CloseHow how);
  void report(journal::Party by, journal::CloseHow how);
  void finish();

  Hub& hub_;
  Leg leg_;
  Line line_;
  PacketTap tap_;
  MemberTimer<Twin, &Twin::handle_timeout> timer_;
  Bytes connect_;
  journal::ConnectForwarded record_;
  FaultId fault_;
  Instant last_uplink_packet_at_{};
  Phase phase_ = Phase::dialing;
  std::uint16_t front_;
  bool connack_read_ = false;
};

}  // namespace probate::proxy
