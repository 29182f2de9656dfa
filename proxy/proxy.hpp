// The live TCP proxy between devices and the broker: links of two legs, and what faults do to them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/fault/acts.hpp"
#include "core/fault/fidelity.hpp"
#include "core/fault/pipeline.hpp"
#include "proxy/front.hpp"
#include "proxy/loop.hpp"

namespace probate::proxy {

// Whose a CONNECT is.
struct Identity {
  DeviceId device = kNoDevice;
  Epoch epoch = 0;
  bool is_tracked = true;  // false: its CONNECT is not told to the journal, so nobody judges it
};

// Where a device comes from, as its SYNs say it.
struct SourceOf {
  std::optional<boost::asio::ip::address> address{};  // none: it is not known, or somebody else's
  bool is_shared = false;                             // other devices come from there, too
};

// What the proxy asks and tells its owner. Called on the loop's thread; the owner may call back
// into the proxy from none of them but through perform().
class Owner {
 public:
  virtual ~Owner() = default;
  // The simulated device behind that source address and port, or kNoDevice for any other client.
  virtual DeviceId device_at(const boost::asio::ip::tcp::endpoint& peer) const = 0;
  // Its current epoch; asked at accept.
  virtual Epoch epoch_of(DeviceId device) const = 0;
  // Asked once of every CONNECT of a client that device_at() does not know.
  virtual Identity identify(Instant, const mqtt::Connect&, const Origin&) { return {}; }
  // Asked once of every connection that speaks something else: TLS, a WebSocket, who knows what.
  // The device is that connection's alone, until stream_over(); its session is up when the broker
  // is connected. Its epoch means nothing.
  virtual Identity identify_stream(Instant, const Origin&) { return {}; }
  virtual void stream_over(Instant, DeviceId) {}
  // That connection was closed by the proxy, or could not be made, and is counted; `detail`: in the
  // words of who found out, or "". The owner does not call back.
  virtual void refused(std::uint16_t front, journal::Refused why, std::string_view detail) {
    static_cast<void>(front), static_cast<void>(why), static_cast<void>(detail);
  }
  virtual fault::Admission admit(Instant now, DeviceId device) = 0;
  // Its CONNECT was kept from the broker because of that fault. The owner does not call back.
  virtual void connect_kept(Instant now, FaultId fault, DeviceId device) = 0;
  virtual SourceOf source_of(DeviceId) const { return {}; }
  // A packet that a Watch is out for; it may be over with the fault at its next timeout.
  virtual fault::Treatment treat(Instant now, DeviceId device,
                                 const fault::PacketFacts& packet) = 0;
  virtual void session_up(Instant now, DeviceId device) = 0;  // CONNACK 0 written to the device
  // The device's newest link has lost its device leg, whatever the broker leg does.
  virtual void link_down(Instant now, DeviceId device) = 0;
  // Nothing passed on the device's newest link for as long as that fault's WatchIdle said.
  virtual void link_idle(Instant now, FaultId fault, DeviceId device) = 0;
  virtual void twin_closed(Instant now, DeviceId device) = 0;
};

// A link as it stands.
struct LinkSight {
  ConnectionId connection;
  DeviceId device = kNoDevice;
  std::uint16_t front = 0;
  Speech speech = Speech::unknown;
  std::string name{};                     // that its TLS asked for (SNI), "" for none
  boost::asio::ip::tcp::endpoint source;  // unspecified once the device leg is closed
  Instant began{};
  const char* state = "";  // greeting, held, dialing, open, silent, ghost, swallowed
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
};

struct ProxyConfig {
  std::vector<Front> fronts;  // one to kFrontsMax
  Duration dial_timeout = 10s;
  Duration connect_wait = 60s;                 // for a complete CONNECT
  Duration half_close_wait = 30s;              // between the FIN of one leg and that of the other
  std::size_t pending_bytes_max = 256 * 1024;  // per direction: then reading stops
  bool keep_connects = true;           // what duplicate_login needs: each device's last CONNECT
  std::uint64_t connections_from = 0;  // ConnectionIds start above: unique among loops
  std::uint64_t seed = 0;              // of the jitter of `latency`
  // segment: hearing_trouble() found none. Of silences, ghosts and swallowed connects.
  fault::Fidelity fidelity = fault::Fidelity::stream;
};

// Threads: one loop. Byte-transparent for everything no fault touches, malformed packets included.
// Limits: a CONNECT over kConnectBytesMax closes its link, counted.
// Nothing is dialled upstream before the CONNECT is complete (or the ClientHello, or the request
// for a WebSocket; or the first bytes are none of these).
class Proxy {
 public:
  Proxy(Loop& loop, Owner& owner, ProxyConfig config);
  ~Proxy();

  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;  // by front
  // Binds all or none; whoever connects waits until start_accepting(). The error is a sentence with
  // the address in it ("cannot listen on …: …").
  Result<Endpoints, std::string> bind();
  void start_accepting();
  // Both.
  Result<Endpoints, std::string> listen();

  // Performs an act on the device's current link. Acts on the device itself and notes are the
  // owner's; giving them here is a bug.
  void perform(Instant now, const fault::Act& act);
  // That fault is over on that device: a device leg that it made deaf is forgotten.
  void fault_over(FaultId fault, DeviceId device);
  // What the device's next connections will meet. Of fidelity segment, one that is swallowed is not
  // even opened, if the device's address is its own or is meant as a whole.
  void expect(DeviceId device, const fault::Admission& admission);
  // Whether two legs of the device stand and pass packets, and whether they are silent.
  fault::DeviceView view(DeviceId device) const;

  // The next handshakes at that front are done with these; what stands keeps its own. Null: as
  // before.
  void secure(std::uint16_t front, std::shared_ptr<const TlsContext> in,
              std::shared_ptr<const TlsContext> out);

  // No new connections; links and ghosts stay.
  void stop_accepting();
  // Nobody listens at that front's address any more, and what came to it is closed; until reopen().
  // The error is a sentence.
  Result<bool, std::string> shut(std::uint16_t front);
  Result<bool, std::string> reopen(std::uint16_t front);
  // Ends everything that still stands: FIN where the peer lives, close for ghosts.
  void close_all(Instant now);
  std::size_t links() const;
  // In the order of their connections; `visit` says whether to go on. It must not touch the proxy.
  void for_each_link(const std::function<bool(const LinkSight&)>& visit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probate::proxy
