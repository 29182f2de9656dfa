// One fault acting on one device: the shape that every fault file fills in.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/fault/acts.hpp"
#include "core/fault/pipeline.hpp"

namespace probate::fault {

// Appends acts for the case's own fault and device.
class Emit {
 public:
  Emit(FaultId fault, DeviceId device, Acts& out) : fault_{fault}, device_{device}, out_{out} {}

  FaultId fault() const { return fault_; }

  template <typename What>
  void operator()(What what) {
    out_.push_back(Act{fault_, device_, std::move(what)});
  }

 private:
  FaultId fault_;
  DeviceId device_;
  Acts& out_;
};

// A case begins when its fault strikes, and is over when it says so; then it is thrown away. The
// pipeline writes Applied before begin() and Healed once it is over.
// Time: `now` never goes back; handle_timeout may be called early and then does nothing.
class Case {
 public:
  virtual ~Case() = default;

  virtual void begin(Instant now, Emit& emit) = 0;
  virtual void handle_timeout(Instant, Emit&) {}
  virtual void handle_session_up(Instant, Emit&) {}
  virtual void handle_link_down(Instant, Emit&) {}
  // Asked for by WatchIdle.
  virtual void handle_link_idle(Instant, Emit&) {}
  // A CONNECT was kept from the broker because of it; it may act on that at its next timeout.
  virtual void handle_connect_kept(Instant) {}
  // The fault ends now, whatever it had in mind: over() is true afterwards.
  virtual void heal(Instant now, Emit& emit) = 0;

  // What it does to a connection whose CONNECT is complete.
  enum class OnConnect : std::uint8_t { nothing, delay, hold, swallow, redirect, refuse, answer };
  virtual OnConnect on_connect() const { return OnConnect::nothing; }
  // With OnConnect::hold.
  virtual std::optional<AckBy> ack() const { return std::nullopt; }
  // With OnConnect::swallow: so does everybody who comes from the device's address.
  virtual bool takes_whole_source() const { return false; }
  // With OnConnect::swallow: it waits for handle_connect_kept().
  virtual bool hears_attempts() const { return false; }
  // With OnConnect::delay.
  virtual Duration connect_delay() const { return {}; }
  // With OnConnect::answer.
  virtual std::uint8_t connack_reason() const { return 0; }
  // What it does to a packet of those it watches; it may be over at its next timeout because of it.
  virtual Treatment treat(Instant, FaultId, const PacketFacts&) { return PassPacket{}; }

  bool over() const { return over_; }
  // kNever: it waits for nothing.
  Instant next_timeout() const { return over_ ? kNever : due_; }

 protected:
  void wake_at(Instant due) { due_ = due; }
  void end() { over_ = true; }

 private:
  Instant due_ = kNever;
  bool over_ = false;
};

// When a fault of that length, struck now, is over; kNever: when it is healed.
Instant end_of(Instant now, const Draws& draws);

// What makes a case of a fault, or says why the device is not in the state that it needs. The spec
// stays where it is for as long as there is a case of it.
struct Start {
  std::unique_ptr<Case> made;
  std::string skipped;  // snake_case, if nothing was made
};

// One per fault word, each in its own file.
Start start(const Drop& spec, const DeviceView& view, const Draws& draws);
Start start(const Stall& spec, const DeviceView& view, const Draws& draws);
Start start(const HalfOpen& spec, const DeviceView& view, const Draws& draws);
Start start(const SimArrears& spec, const DeviceView& view, const Draws& draws);
Start start(const DuplicateLogin& spec, const DeviceView& view, const Draws& draws);
Start start(const Latency& spec, const DeviceView& view, const Draws& draws);
Start start(const Mqtt& spec, const DeviceView& view, const Draws& draws);
Start start(const Leave& spec, const DeviceView& view, const Draws& draws);
Start start(const PowerCut& spec, const DeviceView& view, const Draws& draws);
Start start(const Rebind& spec, const DeviceView& view, const Draws& draws);
Start start(const NatIdle& spec, const DeviceView& view, const Draws& draws);
Start start(const Outage& spec, const DeviceView& view, const Draws& draws);
Start start(const Bandwidth& spec, const DeviceView& view, const Draws& draws);
Start start(const Lossy& spec, const DeviceView& view, const Draws& draws);
Start start(const Slice& spec, const DeviceView& view, const Draws& draws);
Start start(const Limit& spec, const DeviceView& view, const Draws& draws);
Start start(const SlowClose& spec, const DeviceView& view, const Draws& draws);
Start start(const Refuse& spec, const DeviceView& view, const Draws& draws);
Start start(const ConnectDelay& spec, const DeviceView& view, const Draws& draws);
Start start(const TakeoverOrder& spec, const DeviceView& view, const Draws& draws);
Start start(const SynDrop& spec, const DeviceView& view, const Draws& draws);
Start start(const Vanish& spec, const DeviceView& view, const Draws& draws);
Start start(const BrokerRestart& spec, const DeviceView& view, const Draws& draws);

}  // namespace probate::fault
