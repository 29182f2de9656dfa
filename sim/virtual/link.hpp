// A device's connection through the simulated network: two legs that live and die separately.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/device/actions.hpp"
#include "sim/virtual/line.hpp"
#include "sim/virtual/network.hpp"
#include "sim/virtual/pipe.hpp"

namespace probate::virtual_time {

// The device's own end of a link.
class DeviceEnd {
 public:
  virtual void link_received(Link& link, Instant now, const mqtt::Packet& packet) = 0;
  virtual void link_closed(Link& link, Instant now, device::CloseCause cause) = 0;
  // The link is idle. If the end can do without it until it asks the network for it again, or is
  // told link_back(), the link goes.
  virtual bool let_go(Link&) { return false; }
  virtual void link_back(Link&) {}

 protected:
  ~DeviceEnd() = default;
};

// The same states, acts and records as proxy::Link, on whole packets instead of bytes:
//
//   greeting → (held) → dialing → piping → (ghost | closing) → ended      swallowed: the broker is
//   never dialled
//
// link.cpp: from accept to end · link_flow.cpp: packets · link_treat.cpp: what faults
// make of them · link_acts.cpp: what else faults do ·
// link_conditions.cpp: what faults set for this link and the ones to come · link_hearing.cpp: what
// of it the peers' TCP notices.
// Lifetime: the network holds it while it stands, then until the device has heard of its end.
class Link final : private BrokerUser, private PipeEnd {
 public:
  Link(Network& network, DeviceEnd& end, ConnectionId connection, DeviceId device, Epoch epoch);
  // As it was when it was parked. Its connection to the broker is made again with it.
  Link(Network& network, DeviceEnd& end, DeviceId device, const ParkedLink& parked,
       const LinkTimes& times);
  ~Link();

  void start();

  // From the device.
  void device_sent(mqtt::Packet&& packet);
  void device_closed(journal::CloseHow how);

  // Packets pass, nothing is silent, held or watched, and no older link of the device stands.
  bool calm() const;
  // The device's packets are not sent from now on: they would change nothing. Requires: calm().
  void skip_traffic();
  // Ends that. `sent`: when the device sent its last packet.
  void note_traffic(Instant sent);

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

  void prefetch(Fetch what) const override;

  // Nothing is under way, waited for or remembered but what a ParkedLink has.
  bool is_idle() const;
  // Gives its connection to the broker away. Requires: is_idle(). It is of no use afterwards.
  ParkedLink park();
  LinkTimes times() const { return {began_, last_passed_at_}; }
  // What was on its way on it while it was parked. Requires: nothing has been sent since.
  void take_over(Carried&& carried);
  DeviceEnd& end() { return end_; }

  ConnectionId connection() const { return connection_; }
  DeviceId device() const { return device_; }
  fault::DeviceView view() const;
  // Something is still on its way to the device, or it believes in the connection.
  bool lingers() const { return is_left_behind_ || !to_device_.empty(); }
  Link* older() const { return older_.get(); }
  std::unique_ptr<Link>& older_place() { return older_; }

 private:
  friend class LineTimer;
  enum class Phase : std::uint8_t { greeting, held, dialing, piping, swallowed, ended };
  enum class Gauge : std::uint8_t { none, open, silent, ghost };
  enum class End : std::uint8_t { none, fin, rst };
  using Side = journal::Leg;
  using Way = mqtt::Direction;

  struct Leg {
    bool open : 1 = false;
    bool discards : 1 = false;  // what it sends is thrown away
    bool ended : 1 = false;     // its FIN or its error was read
    bool fin_sent : 1 = false;
    bool reported : 1 = false;  // LegClosed is written
  };
  struct Channel {
    std::unique_ptr<Line> line;  // there is one only while packets wait, or some are lost
    Instant end_due{};
    FaultId silenced_by = kNoFault;
    End end = End::none;
    journal::Party end_by{};
    bool end_passed : 1 = false;
    bool silent : 1 = false;     // nothing leaves
    bool deaf : 1 = false;       // while it is silent: what comes is not even acknowledged
    bool paced : 1 = false;      // a budget says how much leaves
    bool postponed : 1 = false;  // something waits for a time of its own
    bool dead : 1 = false;       // nobody is there to receive: what comes is thrown away
    bool parked : 1 = false;  // it delays as the conditions say; a line is made when one is needed

    bool waits() const { return line && !line->empty(); }
    bool delays() const { return parked || (line && line->delays()); }
    // Packets go through the line even if nothing waits.
    bool shaped() const { return paced || postponed || delays(); }
  };
  // What the faults that treat packets need.
  struct Treated {
    std::array<fault::PacketSet, 2> watched;                 // by way
    std::array<std::unique_ptr<mqtt::Packet>, 2> overtaken;  // lets the next one go first
  };
  // What is left of a limit that a fault set.
  struct Cap {
    FaultId fault;
    fault::FlowDirection flow{};
    fault::CutHow how{};
    std::uint64_t left = 0;
  };

  Leg& leg(Side side) { return legs_[static_cast<std::size_t>(side)]; }
  const Leg& leg(Side side) const { return legs_[static_cast<std::size_t>(side)]; }
  Channel& channel(Way way) { return channels_[static_cast<std::size_t>(way)]; }
  const Channel& channel(Way way) const { return channels_[static_cast<std::size_t>(way)]; }

  // BrokerUser
  void broker_opened(Instant now) override;
  void broker_unreachable(Instant now) override;
  void broker_sent(Instant now, mqtt::Packet&& packet) override;
  void broker_closed(Instant now, journal::CloseHow how) override;
  void broker_read() override;

  // Life.
  void take_connect(mqtt::Connect&& connect);
  void seek_admission();
  Duration order_behind_older();
  void let_older_end(Instant connected);
  void end_at(Instant due);
  void hold(FaultId fault);
  void swallow(FaultId fault);
  void dial();
  void leg_ended(Side side);
  void leg_failed(Side side, journal::CloseHow how);
  void drop_leg(Side side);
  void report(Side side, journal::Party by, journal::CloseHow how);
  void settle();
  void bound_half_close();
  void handle_timeout(Instant now);
  void finish();
  void show(Gauge gauge);

  // Packets.
  void pass(Way way, mqtt::Packet&& packet);
  void pump(Way way);
  void pass_end(Way way);
  void count(Way way, std::size_t bytes);
  void write(Way way, mqtt::Packet&& packet);
  void written_up(mqtt::Packet&& packet);
  void written_down(mqtt::Packet&& packet);
  void push_to_device(Parcel&& parcel);
  void pass_on(Way way, mqtt::Packet packet);
  void pass_rest(Way way);
  void take(Way way, mqtt::Packet&& packet);
  void treat(const fault::Treatment& treatment, Way way, mqtt::Packet&& packet);
  void alter(Way way, const mqtt::Packet& packet, journal::Alteration how, FaultId fault);
  bool is_watched() const;
  // Some packet waits for the next one, or is asked for that a parked link would pass.
  bool minds_packets() const;
  void read_connack(const mqtt::Connack& connack);
  void end_channel(Way way, End end, journal::Party by);
  void kill_channel(Way way);
  Line& line(Way way);
  void park_line(Way way);
  void wait_line(Instant due);
  void handle_line_due(Instant now);
  void arrived(Instant now, Parcel& parcel) override;  // at the device

  // Conditions.
  std::size_t allowed(Way way, Instant now, std::size_t most) const;
  void spend(Way way, Instant now, std::size_t bytes);
  void wait_more(Way way, Instant now);
  bool capped(Way way) const;
  void follow_watches(const fault::Conditions* conditions);
  void watch_idle(const fault::Conditions* conditions);
  void handle_idle_due(Instant now);
  void follow_limits(const fault::Conditions* conditions);
  void handle_limit_due(Instant now);

  // Acts.
  void cut_leg(Side side, fault::CutHow how);
  void orphan_leg(Side side);
  void never_dial();
  void end_silence_record();

  // Hearing.
  struct Peer;
  struct Peers;
  struct PeersDeleter {
    void operator()(Peers* peers) const;
  };
  bool is_segment() const { return network_.config().fidelity == fault::Fidelity::segment; }
  bool may_be_deaf() const { return is_segment() || network_.config().has_deaf_faults; }
  bool is_unheard(std::optional<fault::AckBy> ack) const {
    return ack ? *ack == fault::AckBy::none : is_segment();
  }
  Peer& peer(Side side);  // made if there is none
  const Peer* peer_if(Side side) const;
  // What it says is not heard, and not acknowledged.
  bool is_deaf(Side side) const;
  // What it says now is not heard now.
  bool is_kept(Side side) const;
  // Its kernel knows nothing of the connection any more.
  bool is_gone(Side side) const;
  // It has said something that will come later or never.
  bool has_unheard(Side side) const;
  void keep(Side side, mqtt::Packet&& packet);
  void keep_end(Side side, journal::CloseHow how);
  bool hears_brokers_end(journal::CloseHow how);
  void fall_silent(Side side);
  void peer_due(Side side, Instant now);
  void hear(Side side);
  void hear_device(mqtt::Packet&& packet);
  void hear_broker(mqtt::Packet&& packet);
  void hear_end(Side side, journal::CloseHow how);
  void give_up(Side side, Instant now);
  void answer_with_reset(Side side);
  void answer_left_behind();
  void deafen(FaultId fault);

  // What few links need, made when one does.
  struct Extras {
    explicit Extras(Link& link);

    MemberTimer<Link, &Link::handle_timeout> wait;  // a late CONNECT, or a half-closed link's end
    MemberTimer<Link, &Link::handle_idle_due> idle;
    MemberTimer<Link, &Link::handle_limit_due> limit;
    FaultId limited_by = kNoFault;
    fault::CutHow limit_how{};
    std::vector<Cap> caps;
  };
  Extras& extras();

  Network& network_;
  DeviceEnd& end_;
  std::unique_ptr<Link> older_;
  BrokerConnection* broker_ = nullptr;
  std::array<Channel, 2> channels_;
  Pipe to_device_;
  std::unique_ptr<LineTimer> line_timer_;  // while it is needed
  std::unique_ptr<Extras> extras_;
  std::unique_ptr<journal::ConnectForwarded> announcement_;  // until the CONNECT is written
  std::unique_ptr<Treated> treated_;                         // if a packet was watched
  std::unique_ptr<Peers, PeersDeleter> peers_;               // if they said what was not heard
  ConnectionId connection_;
  DeviceId device_;
  Epoch epoch_;
  Instant last_uplink_packet_at_{};
  Instant began_{};           // accepted
  Instant last_passed_at_{};  // any packet or piece of one, either way
  std::array<Leg, 2> legs_;
  FaultId last_fault_ = kNoFault;
  FaultId deafened_by_ = kNoFault;
  Phase phase_ = Phase::greeting;
  Gauge gauge_ = Gauge::none;
  Way pumps_first_ = Way::uplink;
  mqtt::Version version_ = mqtt::Version::v3_1_1;
  bool ghost_ : 1 = false;
  bool resets_device_ : 1 = false;  // a ghost: the device's next packet or FIN is answered with RST
  bool resets_broker_ : 1 = false;  // the same of the broker, unless that is a DISCONNECT
  bool connack_read_ : 1 = false;
  bool accepted_ : 1 = false;      // the CONNACK said 0
  bool session_up_ : 1 = false;    // and was written to the device
  bool silence_open_ : 1 = false;  // SilenceBegan without SilenceEnded
  bool down_told_ : 1 = false;
  bool is_hushed_ : 1 = false;    // its CONNECT is held by a silence that acknowledges nothing
  bool awaits_word_ : 1 = false;  // the silence is over, and nothing of the device's has come yet
  bool is_left_behind_ : 1 = false;  // forgotten by us and not by the device
};

}  // namespace probate::virtual_time
