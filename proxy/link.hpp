// A device's connection through the proxy: two legs that live and die separately.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "proxy/channel.hpp"
#include "proxy/greeting.hpp"
#include "proxy/hub.hpp"
#include "proxy/leg.hpp"

namespace probate::proxy {

// Threads:  the loop's.
// Lifetime: the hub holds it while it stands, and its own handler until that is through.
//
//   greeting → dialing → piping → (ghost | closing) → ended      swallowed: the broker is never
//   dialled
//
// link_preface.cpp: what comes before the first byte, TLS included · link.cpp: from accept to end ·
// link_flow.cpp: bytes · link_packets.cpp: what the packets say · link_treat.cpp: what faults make
// of packets · link_acts.cpp: what else faults do · link_hearing.cpp: what of it TCP itself
// notices.
class Link final : public boost::intrusive_ref_counter<Link, boost::thread_unsafe_counter>,
                   public Listed,
                   private Pollable {
 public:
  Link(Hub& hub, std::uint16_t front, Arrival from, ConnectionId connection, DeviceId device,
       Epoch epoch);

  // Requires: hub.add(*this) was called.
  void start();

  // The acts. Each leaves a link that has ended alone.
  void cut(const fault::Cut& how, FaultId fault);
  void silence(const fault::Silence& how, FaultId fault);
  // Ends the silences of that fault, and lets go of a CONNECT that it held.
  void resume(FaultId fault);
  void make_ghost(const fault::MakeGhost& how, FaultId fault);
  // Takes over what the device's conditions say now; kNoFault: an end is nobody's doing yet.
  void follow_conditions(FaultId fault);
  // A FIN that came late on purpose goes on.
  void release_ends();
  // The broker's DISCONNECT that it did not send.
  void inject(const fault::InjectDisconnect& what, FaultId fault);
  // Nothing happens to it, but what ends it next is that fault's doing.
  void touch(FaultId fault) { last_fault_ = fault; }
  // The fault that cut its device off for good, in front of TCP, or kNoFault.
  FaultId deafened_by() const { return deafened_by_; }
  // That is over, or the device has left it behind: what still comes from it is answered with RST,
  // and a ghost hears the broker again.
  void forget_device();
  // FIN where the peer lives, close for a ghost.
  void close_for_good();
  // Closes without a word: the proxy itself goes away.
  void vanish();

  ConnectionId connection() const { return connection_; }
  DeviceId device() const { return device_; }
  std::uint16_t front() const { return front_; }
  // Both legs end already, by the proxy's doing.
  bool is_cut() const { return legs_[0].discards && legs_[1].discards && !ghost_; }
  fault::DeviceView view() const;
  // Costs one or two system calls.
  LinkSight sight();
  // Where its device leg comes from; unspecified once that is closed.
  boost::asio::ip::tcp::endpoint source() const;

  Link* older() const { return older_; }
  void set_older(Link* older) { older_ = older; }

 private:
  const char* state() const;

  enum class Phase : std::uint8_t { greeting, held, dialing, piping, swallowed, ended };
  enum class Gauge : std::uint8_t { none, open, silent, ghost };
  using Side = journal::Leg;
  using Way = mqtt::Direction;

  Leg& leg(Side side) { return legs_[static_cast<std::size_t>(side)]; }
  const Leg& leg(Side side) const { return legs_[static_cast<std::size_t>(side)]; }
  Side side_of(const Socket& socket) const {
    return &socket == &legs_[static_cast<std::size_t>(Side::device)].socket ? Side::device
                                                                            : Side::broker;
  }
  Channel& channel(Way way) { return channels_[static_cast<std::size_t>(way)]; }
  const Channel& channel(Way way) const { return channels_[static_cast<std::size_t>(way)]; }

  // Before its own first byte.
  std::span<std::uint8_t> take_preface(std::span<std::uint8_t> bytes);
  void refuse(journal::Refused why, std::string_view detail);
  void count_refusal(journal::Refused why, std::string_view detail);
  void count_half_greeting(Side side);
  bool introduce();
  void await_preface();
  void await_next();
  bool follow_tls(Side side, const IoResult& result);
  void note_mute_end(Side side);
  void secure_dial();
  void handle_connected();
  bool is_securing(Side side) const {
    return side == Side::broker && phase_ == Phase::dialing && leg(side).tls != nullptr;
  }

  // Life.
  void greet(std::span<std::uint8_t> bytes);
  void take_connect(ByteView frame);
  void take_stream(Speech speech);
  Origin origin() const;
  void identify(const mqtt::Connect& connect);
  void adopt(const Identity& found);
  void delay_greeting();
  void seek_admission();
  Duration order_behind_older();
  void let_older_end(Instant connected);
  void end_at(Instant due);
  void swallow(FaultId fault);
  void hold(FaultId fault);
  void dial();
  void handle_dialed();
  void fail_dial();
  void give_up_dial();
  void leg_ended(Side side);
  void leg_failed(Side side, journal::CloseHow how);
  void drop_leg(Side side);
  void report(Side side, journal::Party by, journal::CloseHow how);
  void handle_timeout(Instant now);
  void settle();
  void finish();
  void show(Gauge gauge);

  // Bytes.
  IoResult read(Side side, std::span<std::uint8_t> into);
  void take(Side side, std::span<std::uint8_t> bytes);  // that were read
  void say(ByteView bytes);
  bool says_goodbye(Way way);
  void wait_readable(Side side);
  void handle_readable(Socket& socket) override;
  void wait_writable(Side side);
  void handle_writable(Socket& socket) override;
  std::size_t room_to_read(Side side) const;
  void pass(Way way, ByteView bytes);
  void pump(Way way);
  void pass_end(Way way);
  std::size_t write(Way way, ByteView bytes);
  // kRunStart: the last that passed to the broker ended a packet.
  Instant bytes_of_no_packet_at() const {
    return last_uplink_bytes_at_ > last_uplink_packet_at_ ? last_uplink_bytes_at_ : kRunStart;
  }
  void end_channel(Way way, End end, journal::Party by);
  void kill_channel(Way way);
  Line& line(Way way);
  void wait_line(Instant due);
  void handle_line_due(Instant now);
  std::size_t allowed(Way way, Instant now, std::size_t most) const;
  void wait_more(Way way, Instant now);
  void spend(Way way, Instant now, std::size_t bytes);
  void watch_idle(const fault::Conditions* conditions);
  void follow_limits(const fault::Conditions* conditions);
  bool capped(Way way) const;
  void handle_limit_due(Instant now);
  void handle_idle_due(Instant now);

  // Packets.
  struct PacketPlace {
    Way way{};
    mqtt::PacketType type{};
  };
  class UplinkWatcher;
  class DownlinkWatcher;
  class ReadWatcher;
  class GhostWatcher;
  ByteView inspect_read(Way way, std::span<std::uint8_t> bytes);
  void overhear(ByteView bytes);
  void pass_on(Way way, ByteView bytes);
  void pass_rest(Way way);
  fault::Treatment ask_treatment(Way way, ByteView frame, mqtt::FrameHeader header);
  void treat(const fault::Treatment& treatment, Way way, ByteView frame, mqtt::FrameHeader header);
  void alter(const PacketPlace& place, journal::Alteration how, FaultId fault);
  void rewrite(const PacketPlace& place, ByteView frame, const fault::RewritePacket& how);
  void inspect_written(Way way, ByteView bytes, Instant at);
  void malformed(Way way, std::string error);
  void look_away();
  void read_connack(ByteView frame);
  void read_disconnect(ByteView frame);
  void disconnect_written(ByteView frame, Instant at);

  // Acts.
  void cut_leg(Side side, fault::CutHow how);
  void orphan_leg(Side side);
  void end_silence_record();

  // Hearing.
  bool is_segment() const { return hub_.config().fidelity == fault::Fidelity::segment; }
  bool is_deaf(std::optional<fault::AckBy> ack) const {
    return ack ? *ack == fault::AckBy::none : is_segment();
  }
  Hearing hearing_of(Side side) const;
  void tune();
  void tune_leg(Side side);
  void deafen(FaultId fault);
  void forget_dead_legs();
  void forget_leg(Side side);
  void watch_end(bool watches);
  void handle_end_watch(Instant now);

  // What the faults that treat packets need; made when one is watched.
  struct Treated {
    std::array<fault::PacketSet, 2> watched;  // by way
    std::array<Bytes, 2> begun;               // of a packet that is kept until it is whole
    std::array<bool, 2> keeps{};              // the packet that is coming in
    std::array<Bytes, 2> overtaken;           // a packet that lets the next one go first
    Bytes injected;                           // that waits for the end of a packet from the broker
  };
  // While the broker leg hears only ends: one that came behind lost bytes is not read.
  struct EndWatch {
    explicit EndWatch(Link& link) : timer{link} {}

    MemberTimer<Link, &Link::handle_end_watch> timer;
    std::uint32_t out_of_order = 0;
  };
  // What is left of the limits that faults set.
  struct Cap {
    FaultId fault;
    fault::FlowDirection flow{};
    fault::CutHow how{};
    std::uint64_t left = 0;
  };
  struct Limits {
    explicit Limits(Link& link) : timer{link} {}

    std::vector<Cap> caps;
    MemberTimer<Link, &Link::handle_limit_due> timer;
    FaultId timed_by;
    fault::CutHow how{};
  };

  struct Opening {
    Endpoint peer;
    Greeting greeting;
  };

  Hub& hub_;
  Link* older_ = nullptr;
  std::array<Leg, 2> legs_;
  std::array<Channel, 2> channels_;
  MemberTimer<Link, &Link::handle_timeout> timer_;
  std::unique_ptr<MemberTimer<Link, &Link::handle_line_due>> line_timer_;  // with a delay
  std::unique_ptr<MemberTimer<Link, &Link::handle_idle_due>> idle_timer_;  // if somebody asks
  std::unique_ptr<Limits> limits_;                                         // if there are any
  std::unique_ptr<Treated> treated_;                                       // if one was watched
  std::unique_ptr<EndWatch> end_watch_;                                    // if it is silent
  ConnectionId connection_;
  DeviceId device_;
  Epoch epoch_;
  Instant last_uplink_packet_at_{};
  Instant last_uplink_bytes_at_{};
  Instant began_{};                    // accepted
  Instant last_passed_at_{};           // any byte, either way
  std::unique_ptr<Bytes> preface_;     // what has come of the header that is expected
  std::unique_ptr<Ends> ends_;         // of the device's connection, where not the leg's own
  std::unique_ptr<std::string> name_;  // that its TLS asked for
  std::unique_ptr<Opening> opening_;   // until it is clear what it begins with
  // Until the CONNECT is written, where the journal hears of it.
  std::unique_ptr<journal::ConnectForwarded> announcement_;
  FaultId last_fault_ = kNoFault;
  FaultId deafened_by_ = kNoFault;
  std::uint32_t dropped_before_ = 0;  // of the device's segments, when it became deaf to it
  Phase phase_ = Phase::greeting;
  Gauge gauge_ = Gauge::none;
  std::uint16_t front_;
  std::uint32_t packets_begun_ = 0;  // in the bytes read last
  Way pumps_first_ = Way::uplink;
  mqtt::Version version_ = mqtt::Version::v3_1_1;
  bool ghost_ = false;
  bool resets_device_ = false;  // a ghost: what the device says next is answered with RST
  bool resets_broker_ = false;  // the same of the broker, unless that is a DISCONNECT
  bool broker_leaves_ = false;  // its DISCONNECT was read
  bool opaque_ = false;         // its bytes are no MQTT: nothing is read in them
  Speech speech_ = Speech::unknown;
  bool is_stream_ = false;       // its device is this connection
  bool secured_ = false;         // the device's TLS is up
  bool is_tracked_ = true;       // the journal hears of its CONNECT
  bool is_connect_due_ = false;  // it was read, and is not written yet
  bool connack_read_ = false;
  bool accepted_ = false;      // the CONNACK said 0
  bool session_up_ = false;    // and was written to the device
  bool silence_open_ = false;  // SilenceBegan without SilenceEnded
  bool is_hushed_ = false;     // its CONNECT is held by a silence that acknowledges nothing
  bool awaits_word_ = false;   // the silence has gone, and nothing of the device's has come yet
  bool down_told_ = false;
};

}  // namespace probate::proxy
