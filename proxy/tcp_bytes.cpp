#include "proxy/tcp_bytes.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

// The kernel's own header: the C library's struct tcp_info ends before the byte counts.
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace probate::proxy {

namespace {

// tcpi_state: the kernel's header, which has the counts, does not name them.
enum class State : std::uint8_t {
  fin_wait_2 = 5,
  time_wait = 6,
  close_wait = 8,
  last_ack = 9,
  closing = 11
};

bool is_any_of(std::uint8_t state, std::initializer_list<State> states) {
  return std::find(states.begin(), states.end(), static_cast<State>(state)) != states.end();
}

std::uint64_t without(std::uint64_t unsaid, std::uint64_t bytes) {
  return bytes - std::min(unsaid, bytes);
}

}  // namespace

TcpBytes tcp_bytes(int descriptor, OpenedBy opened) {
  using enum State;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  const bool got_fin = is_any_of(info.tcpi_state, {close_wait, last_ack, closing, time_wait});
  const bool is_fin_heard = is_any_of(info.tcpi_state, {fin_wait_2, time_wait});
  const std::uint64_t unsaid = (is_fin_heard ? 1U : 0U) + (opened == OpenedBy::us ? 1U : 0U);
  return {without(got_fin ? 1 : 0, info.tcpi_bytes_received),
          without(unsaid, info.tcpi_bytes_acked)};
}

std::uint32_t segments_out_of_order(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_rcv_ooopack;
}

std::uint32_t segments_dropped(int descriptor) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, figures.data(), &size) != 0) return 0;
  return figures[SK_MEMINFO_DROPS];
}

}  // namespace probate::proxy
