// What all links and twins of one proxy share: the owner's ear, the read buffer, the devices'
// entries.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/base/rng.hpp"
#include "core/fault/conditions.hpp"
#include "proxy/proxy.hpp"

namespace probate::proxy {

class Link;
class Twin;

// A CONNECT as the device sent it, kept for its twins.
struct KeptConnect {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::uint32_t size = 0;
  Epoch epoch = 0;
  std::uint16_t front = 0;  // that it came through

  ByteView view() const { return {bytes.get(), size}; }
};

// Base of what stands in the hub's lists.
struct Listed : boost::intrusive::list_base_hook<> {};

// Threads: the loop's. Lifetime: outlives every open link; a link that has ended does not touch it.
class Hub {
 public:
  Hub(Loop& loop, Owner& owner, ProxyConfig config);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  Loop& loop() { return loop_; }
  const Owner& owner() const { return owner_; }
  Owner& owner() { return owner_; }
  const ProxyConfig& config() const { return config_; }
  const Front& front(std::uint16_t index) const { return config_.fronts[index]; }
  void secure(std::uint16_t front, std::shared_ptr<const TlsContext> in,
              std::shared_ptr<const TlsContext> out) {
    CHECK(front < config_.fronts.size());
    if (in) config_.fronts[front].tls_in = std::move(in);
    if (out) config_.fronts[front].tls_out = std::move(out);
  }
  journal::FrontCounters& counters_of(std::uint16_t front) {
    return loop_.counters().fronts[front];
  }
  journal::LinkCounters& counters() { return loop_.counters().links; }
  // Overwritten by the next read of anybody.
  std::span<std::uint8_t> read_buffer() { return *read_buffer_; }
  ConnectionId next_connection();
  Rng loss_stream(ConnectionId connection, mqtt::Direction direction) const;
  Rng jitter_stream(ConnectionId connection, mqtt::Direction direction) const;

  // A link stands from add() to remove().
  void add(Link& link);
  void remove(Link& link);
  // A link that stands turns out to be its device()'s.
  void enroll(Link& link);
  void add(Twin& twin);
  void remove(Twin& twin);
  // The newest link of the device that still stands, or nullptr; older ones follow by older().
  Link* newest_link(DeviceId device) const;
  void keep_connect(DeviceId device, ByteView bytes, Epoch epoch, std::uint16_t front);
  const KeptConnect* kept_connect(DeviceId device) const;
  // Null if there are none.
  fault::Conditions* conditions(DeviceId device);
  // Creates the entry; an entry left empty is dropped by tidy_conditions().
  fault::Conditions& conditions_to_change(DeviceId device);
  void tidy_conditions(DeviceId device);
  // The visit may end the visited one.
  void for_each_link(const std::function<void(Link&)>& visit);
  void for_each_twin(const std::function<void(Twin&)>& visit);
  std::size_t size() const;  // links and twins

  // What the owner is told is told when the handler or act that caused it is through, so that its
  // answer (perform) never meets a link half way.
  enum class NewsKind : std::uint8_t { session_up, link_down, link_idle, twin_closed, stream_over };
  void tell(NewsKind kind, Instant at, DeviceId device, FaultId fault = kNoFault) {
    news_.push_back({kind, at, device, fault});
  }
  void deliver();
  // The same from within perform(): not before perform() has returned.
  void deliver_soon();

 private:
  struct News {
    NewsKind kind{};
    Instant at{};
    DeviceId device;
    FaultId fault;
  };
  struct DeviceEntry {
    Link* newest = nullptr;
    KeptConnect connect;
  };
  DeviceEntry& entry(DeviceId device);
  void forget_left_behind(DeviceId device);

  Loop& loop_;
  Owner& owner_;
  ProxyConfig config_;
  std::unique_ptr<std::array<std::uint8_t, 64 * 1024>> read_buffer_;
  std::uint64_t connections_ = 0;
  Rng rng_;
  boost::intrusive::list<Listed> links_;
  boost::intrusive::list<Listed> twins_;
  std::vector<DeviceEntry> devices_;
  std::unordered_map<DeviceId, fault::Conditions> conditions_;
  std::vector<News> news_;
  bool delivering_ = false;
  std::shared_ptr<Hub*> self_;  // reset with the hub, for what was posted
};

// Delivers the news when a handler is through.
class Turn {
 public:
  explicit Turn(Hub& hub) : hub_{hub} {}
  ~Turn() { hub_.deliver(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Hub& hub_;
};

}  // namespace probate::proxy
