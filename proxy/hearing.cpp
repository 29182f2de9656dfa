#include "proxy/hearing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "proxy/filter_code.hpp"
#include "proxy/socket_io.hpp"

namespace probate::proxy {
namespace {

// In front of the filter stands the TCP header: its length in words is in the upper half of byte
// 12, the flags are byte 13.
constexpr std::uint32_t kLengthAt = 12;
constexpr std::uint32_t kFlagsAt = 13;
constexpr std::uint32_t kFin = 0x01;
constexpr std::uint32_t kSyn = 0x02;
constexpr std::uint32_t kRst = 0x04;

using namespace filter;

constexpr std::array kNothing{give(kDrop)};
constexpr std::array kEnds{load_byte(kFlagsAt), if_any_of(kFin | kRst, 0, 1), give(kPass),
                           give(kDrop)};

// Passes what is nothing but a header; what has one of those flags goes to `flagged`.
constexpr std::array<sock_filter, 11> bare_header(std::uint32_t flags, std::uint32_t flagged) {
  return {load_byte(kFlagsAt),
          if_any_of(flags, 8, 0),
          load_byte(kLengthAt),
          shift_right(4),
          sock_filter{BPF_ALU | BPF_LSH | BPF_K, 0, 0, 2},
          sock_filter{BPF_MISC | BPF_TAX, 0, 0, 0},
          sock_filter{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
          sock_filter{BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0},
          give(kPass),
          give(kDrop),
          give(flagged)};
}
constexpr auto kAcks = bare_header(kFin | kSyn | kRst, kDrop);
constexpr auto kAcksAndEnds = bare_header(kFin | kRst, kPass);

// Drops what comes by chance. Its one draw for each segment is the kernel's own.
constexpr std::array<sock_filter, 6> lossy(LossRate loss) {
  return {load_byte(kFlagsAt), if_any_of(kFin | kRst, 2, 0),
          load_word(kRandom),  if_at_least(loss, 0, 1),
          give(kPass),         give(kDrop)};
}

std::string in_words(const char* what, int error) {
  return fmt::format("{}: {}{}", what, std::strerror(error),
                     error == EPERM ? " (it needs the capability CAP_NET_ADMIN)" : "");
}

// Two ends of a connection over loopback. Not open: errno says why.
struct Pair {
  Socket ours;
  Socket peer;
};

Pair connected_pair() {
  const Socket listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)};
  Endpoint at{boost::asio::ip::address_v4::loopback(), 0};
  if (!listener.is_open()) return {};
  const auto size = static_cast<socklen_t>(at.size());
  if (::bind(listener.descriptor(), at.data(), size) != 0) return {};
  if (::listen(listener.descriptor(), 1) != 0) return {};
  Pair pair;
  pair.peer = Socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)};
  const Endpoint to = own_end_of(listener);
  if (!pair.peer.is_open() || ::connect(pair.peer.descriptor(), to.data(), size) != 0) return {};
  Endpoint from;
  pair.ours = accept(listener.descriptor(), from);
  return pair;
}

bool set_repair(const Socket& socket, int on) {
  return ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
}

// Some systems take a filter and do not ask it.
constexpr int kTrialMs = 20;

}  // namespace

// 2³² itself has no place: a share of 1 is not asked for.
LossRate loss_rate(double share) {
  constexpr double kWhole = 4294967296.0;
  return static_cast<LossRate>(std::clamp(share * kWhole, 0.0, kWhole - 1));
}

std::vector<sock_filter> program_of(Hearing hearing, LossRate loss) {
  const auto all_of = [](const auto& code) {
    return std::vector<sock_filter>{code.begin(), code.end()};
  };
  CHECK(loss == 0 || hearing == Hearing::all);
  switch (hearing) {
    case Hearing::all:
      return loss == 0 ? std::vector<sock_filter>{} : all_of(lossy(loss));
    case Hearing::acks:
      return all_of(kAcks);
    case Hearing::acks_and_ends:
      return all_of(kAcksAndEnds);
    case Hearing::ends:
      return all_of(kEnds);
    case Hearing::nothing:
      break;
  }
  return all_of(kNothing);
}

bool set_hearing(const Socket& socket, Hearing hearing, LossRate loss) {
  return set_filter(socket.descriptor(), program_of(hearing, loss));
}

bool set_filter(int descriptor, std::span<const sock_filter> program) {
  if (program.empty()) {
    const int ignored = 0;
    return ::setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored) == 0;
  }
  // The kernel copies it; the type lacks the const.
  const sock_fprog code{.len = static_cast<std::uint16_t>(program.size()),
                        .filter = const_cast<sock_filter*>(program.data())};
  return ::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof code) == 0;
}

// The ACK of what has come may be waiting yet for bytes to go with: without it the peer would send
// that again by itself, and be answered with RST.
void forget(Socket& socket) {
  const int now = 1;
  ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
  if (!set_repair(socket, 1)) return abort(socket);
  socket.close();
}

std::string hearing_trouble() {
  const Pair pair = connected_pair();
  if (!pair.ours.is_open()) return in_words("a connection to try it on", errno);
  for (const Hearing hearing :
       {Hearing::acks, Hearing::acks_and_ends, Hearing::ends, Hearing::nothing}) {
    if (!set_hearing(pair.ours, hearing)) return in_words("SO_ATTACH_FILTER", errno);
  }
  // What is lost for certain, or nearly so, is heard of all the same if that is not obeyed.
  if (!set_hearing(pair.ours, Hearing::all, ~LossRate{0})) {
    return in_words("SO_ATTACH_FILTER with SKF_AD_RANDOM", errno);
  }
  if (!set_hearing(pair.ours, Hearing::nothing)) return in_words("SO_ATTACH_FILTER", errno);
  const char byte = 0;
  if (::send(pair.peer.descriptor(), &byte, sizeof byte, MSG_NOSIGNAL) != 1) {
    return in_words("a connection to try it on", errno);
  }
  pollfd arrives{.fd = pair.ours.descriptor(), .events = POLLIN, .revents = 0};
  if (::poll(&arrives, 1, kTrialMs) != 0) return "the kernel takes a filter and does not obey it";
  if (!set_hearing(pair.ours, Hearing::all)) return in_words("SO_DETACH_FILTER", errno);
  const bool can_forget = set_repair(pair.ours, 1) && set_repair(pair.ours, 0);
  return can_forget ? "" : in_words("TCP_REPAIR", errno);
}

}  // namespace probate::proxy
