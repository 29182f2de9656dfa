// Whose SYNs the proxy's listeners do not hear: a black hole for the connections to come, by source
// address, because a SYN says no more.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "core/base/ids.hpp"

struct sock_filter;

namespace probate::proxy {

// Limits: kProgramMax instructions. Neighbours share: 32 IPv4 addresses that differ in the last
// five bits cost three of them, an IPv6 address nine.
class SynGate {
 public:
  using Address = boost::asio::ip::address;
  // So long a program finds place in what a socket may have, also on older kernels (20 KiB).
  static constexpr std::size_t kProgramMax = 1800;

  bool has_room_for(const Address& source) const;
  // False: there is no room, or nothing has changed.
  bool shut(DeviceId device, const Address& source);
  bool open(DeviceId device);
  bool is_shut(DeviceId device) const { return shut_.contains(device); }

  // Of a socket filter that drops everything from those addresses; none if there are none.
  std::vector<sock_filter> program() const;

 private:
  using Block = std::uint32_t;
  struct Members {
    std::uint32_t mask = 0;
    std::map<std::uint32_t, std::uint32_t> users{};  // by the last five bits
  };
  std::size_t instructions() const;

  std::unordered_map<DeviceId, Address> shut_;
  std::map<Block, Members> v4_;
  std::map<boost::asio::ip::address_v6::bytes_type, std::uint32_t> v6_;
};

}  // namespace probate::proxy
