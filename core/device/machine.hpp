// One simulated device: an MQTT client as a state machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/rng.hpp"
#include "core/base/template.hpp"
#include "core/device/actions.hpp"
#include "core/device/config.hpp"
#include "core/device/keep_alive.hpp"
#include "core/device/luat_loop.hpp"
#include "core/device/session.hpp"
#include "core/device/state.hpp"
#include "core/device/timetable.hpp"

namespace probate::device {

// Who a device is, apart from its kind. Lifetime: the group's name outlives it.
struct Identity {
  std::uint32_t index = 0;
  std::string_view group;
};

// Counted by the machine since the run began; the engine sums them up for the metrics.
struct DeviceCounts {
  std::uint32_t attempts = 0;  // = the last epoch unless a power cut reset it
  std::uint32_t sessions = 0;  // CONNACK 0 received
  std::uint32_t connack_refused = 0;
  std::uint32_t subscribe_refused = 0;  // filters that SUBACK refused
  std::uint32_t publishes = 0;          // messages made, births and dropped ones too
  std::uint32_t dropped = 0;            // of them: no place in the queue, or their session ended
};

// No sockets, no clock. Feed it what happened (handle_*); it appends what must be done to `out`.
// The caller performs the actions in order. Call handle_timeout once `now` reaches next_timeout();
// calling it early, or twice, does nothing. `now` must never go back.
//
//   off → dialing → handshaking → subscribing → online → (link lost) → backoff → dialing …
//                                                                             see state.hpp
//
// How it ends a link that it gives up: dialing: RST. Refused, or sent away by a server's
// DISCONNECT: FIN. Else (no CONNACK, SUBACK or PINGRESP in time, a packet out of order) as
// `on_error` says; the DISCONNECT of `on_error: disconnect` goes out only after CONNACK 0, because
// the libraries that have this habit write it only then: a lost CONNACK leaves a will behind at
// every attempt.
//
// When it dials again: after an attempt that failed, as `retry` says. After a session was up, the
// same from the first wait on; only `workload: luat_loop` then dials at once.
//
// Threads:      one owner at a time; machines share nothing but their const config.
// Determinism:  same config, same Rng, same calls → same actions.
// Limits:       at most kInflightMax unacknowledged QoS 1/2 publishes, at most kQueuedMax waiting
//               (session.hpp); more are dropped and counted. Idle and online: 512 bytes with heap.
// Lifetime:     `config` must outlive the machine.
class DeviceMachine {
 public:
  DeviceMachine(const DeviceConfig& config, Identity identity, Rng rng);
  ~DeviceMachine();
  DeviceMachine(DeviceMachine&&) noexcept;
  DeviceMachine& operator=(DeviceMachine&&) noexcept;

  // Boots, or returns early from a leave: an attempt begins now. Requires: state() == off. Does
  // nothing after finish().
  void start(Instant now, Actions& out);
  // The TCP connection stands: sends CONNECT. Ignored unless one is being opened.
  void handle_opened(Instant now, Actions& out);
  // Ignored when there is no link.
  void handle_packet(Instant now, const mqtt::Packet& packet, Actions& out);
  // Ends the link without CloseLink: it is gone already. Ignored when there is no link.
  void handle_closed(Instant now, CloseCause cause, Actions& out);
  void handle_timeout(Instant now, Actions& out);

  // The user's orders; each is obeyed in any state and emits nothing that the state forbids. The
  // last order counts; none counts after finish(). DISCONNECT if online, close, then back after
  // `returns_after` (absent: never). The device stays powered: a birth that is due once per boot is
  // not sent again.
  void leave(Instant now, std::optional<Duration> returns_after, Actions& out);
  // Stops without a byte (CloseLink abandon); boots after `boots_after` (absent: never).
  // `epoch_reset`: the epoch counter was not in flash, so it starts at 1 again.
  void cut_power(Instant now, std::optional<Duration> boots_after, bool epoch_reset, Actions& out);
  // Drain: leaves cleanly and for good. DISCONNECT also while CONNACK is awaited, so that a CONNECT
  // which the broker accepts meanwhile leaves no will.
  void finish(Instant now, Actions& out);

  // Whether all that it will do by itself is to send, at known times, what changes nothing in it
  // but clocks and counts.
  bool steady() const;
  // As if handle_timeout had been called whenever it was due, `until` included, and every answer
  // had come. When the last packet was sent. Requires: steady().
  Instant skip_to(Instant until);
  // When the last packet was sent.
  Instant sent_at() const { return keep_alive_.sent_at(); }

  // Nothing if only the world can move the device.
  std::optional<Instant> next_timeout() const;
  DeviceState state() const { return state_; }
  // The current attempt's, 0 before the first.
  Epoch epoch() const { return epoch_; }
  // Of the current epoch; the broker's, if it assigned one.
  std::string client_id() const;
  // The same, behind what is there.
  void write_client_id(Draft& out) const;
  // Why the last link or attempt ended; nothing if the user ended it, or none has ended. Changes in
  // the call that ends it.
  std::optional<CloseCause> close_cause() const {
    return closed_ ? std::optional{close_cause_} : std::nullopt;
  }
  const DeviceConfig& config() const { return *config_; }
  DeviceCounts counts() const;

 private:
  // machine.cpp: the life of attempts and links.
  void move(DeviceEvent event);
  void boot(Instant now, Actions& out);
  void dial(DeviceEvent event, Instant now, Actions& out);
  void handle_deadline(Instant now, Actions& out);
  void give_up(CloseCause cause, Instant now, Actions& out);
  void lose(CloseCause cause, Instant now, Actions& out);
  void stop(CloseMode mode, Actions& out);
  void end_session(Actions& out);

  // machine_session.cpp: what is said on a link.
  template <typename Packet>
  void send(Instant now, Packet&& packet, Actions& out) {
    out.emplace_back(std::in_place_type<SendPacket>, std::forward<Packet>(packet));
    keep_alive_.sent(now);
  }
  void pump(Instant now, Actions& out);
  void publish(const MessageConfig& message, std::uint32_t sent, Instant now, Actions& out);
  void become_online(Instant now, Actions& out);
  void handle_publish_timers(Instant now, Actions& out);
  void handle_connack(Instant now, const mqtt::Connack& connack, Actions& out);
  bool adopt(const mqtt::Connack& connack);
  void resume_session(bool present, Instant now, Actions& out);
  void handle_suback(Instant now, const mqtt::Suback& suback, Actions& out);
  void handle_publish(Instant now, const mqtt::Publish& publish, Actions& out);
  void handle_acknowledgement(Instant now, const mqtt::Packet& packet, Actions& out);
  // Made if there is none.
  Session& session();
  bool has_session() const { return seldom_ && seldom_->session; }
  bool loops() const { return config_->luat_loop.has_value(); }
  TemplateValues values(std::string_view client_id, Instant now, std::uint32_t sent) const;

  // machine_skip.cpp
  void count_skipped(const MessageConfig& message);
  void skip_luat(Instant due);
  void skip_turns(Instant until);

  // What few devices have. It goes with the last of it.
  struct Seldom {
    std::optional<Session> session;     // absent while it would be empty
    std::string assigned_id;            // by CONNACK; "": none
    std::uint32_t attempts_before = 0;  // the epoch was counted from 1 anew
    std::uint32_t farewells = 0;
    std::uint32_t connack_refused = 0;
    std::uint32_t subscribe_refused = 0;
    std::uint32_t dropped = 0;

    bool is_blank() const {
      return !session && assigned_id.empty() && attempts_before == 0 && farewells == 0 &&
             connack_refused == 0 && subscribe_refused == 0 && dropped == 0;
    }
  };
  // Made if there is none.
  Seldom& seldom();
  void forget_blank();

  // What every event touches comes first. The order leaves no gaps.
  const DeviceConfig* config_;
  Instant deadline_ = kNever;                   // of the state: boot, retry, TCP, CONNACK or SUBACK
  [[no_unique_address]] KeepAlive keep_alive_;  // the epoch lies in its padding
  Epoch epoch_ = 0;
  LuatLoop luat_loop_;  // if that is the workload
  Timetable timetable_;
  std::unique_ptr<Seldom> seldom_;
  Rng rng_;
  const char* group_;
  std::uint32_t index_;  // of its identity
  std::uint32_t sessions_ = 0;
  std::uint32_t publishes_ = 0;
  std::uint32_t births_ = 0;
  std::uint16_t group_bytes_;
  std::uint16_t waits_ = 0;      // before attempts, since the last session or the boot; or the most
  std::uint16_t packet_id_ = 0;  // the last one used; while subscribing, SUBSCRIBE's
  std::uint16_t receive_max_ = 0xffff;  // what CONNACK said
  DeviceState state_ = DeviceState::off;
  CloseCause close_cause_{};                     // if closed_
  mqtt::QoS qos_max_ = mqtt::QoS::exactly_once;  // what CONNACK said
  bool closed_ : 1 = false;
  bool cold_ : 1 = true;          // the next attempt out of `off` is a boot
  bool epoch_reset_ : 1 = false;  // at that boot
  bool finished_ : 1 = false;
  bool birth_sent_ : 1 = false;  // since the boot
  // What CONNACK said.
  bool session_kept_ : 1 = false;  // it survives the link
  bool retain_available_ : 1 = true;
};

}  // namespace probate::device
