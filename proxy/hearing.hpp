// What a TCP socket of ours still hears of its peer: a filter in front of TCP itself, so that what
// is not heard is not acknowledged, either.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proxy/poller.hpp"

struct sock_filter;

namespace probate::proxy {

// A segment is dropped whole. The socket's own state is that of the last segment that it heard: of
// a peer that closes meanwhile it knows nothing, and it stays established.
enum class Hearing : std::uint8_t {
  all,
  acks,           // that bring no byte and end nothing: what the peer says is lost
  acks_and_ends,  // FIN and RST, too
  ends,           // FIN and RST, with what bytes are in them
  nothing,
};

// How likely a segment is to be lost that would be heard, in 2⁻³². Never one with FIN or RST.
using LossRate = std::uint32_t;
LossRate loss_rate(double share);

// The filter's program, for who wants to read it; none where nothing is dropped.
// Requires: there is no loss unless `all` is heard.
std::vector<sock_filter> program_of(Hearing hearing, LossRate loss = 0);

// From the next segment on. False, and nothing is changed: the kernel does not let us.
bool set_hearing(const Socket& socket, Hearing hearing, LossRate loss = 0);
// The same of any program; none: everything is heard.
bool set_filter(int descriptor, std::span<const sock_filter> program);

// A leg of a link that the proxy forgets, as a machine does that loses its power: the peer is not
// told, and its next segment is answered with RST. Where the kernel does not let us, RST at once.
void forget(Socket& socket);

// Why this machine cannot be silent, as a sentence's end, or "": tried on a connection of its own.
std::string hearing_trouble();

}  // namespace probate::proxy
