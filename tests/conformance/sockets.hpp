// The little of TCP that the scripts need.
#pragma once

#include <cstdint>
#include <mutex>

#include <netinet/in.h>

#include "core/base/bytes.hpp"

namespace probate::conformance {

sockaddr_in loopback(std::uint16_t port);
// A connected, non-blocking socket without Nagle's algorithm, or -1.
int connect_to(std::uint16_t port);
// False if the peer is gone.
bool write_all(int fd, const Bytes& bytes);
// Appends what has arrived. False once the peer has closed.
bool read_all(int fd, Bytes& bytes);
// Closes with FIN and with RST.
void finish(int fd);
void reset(int fd);

// Between fork and exec a child holds copies of all sockets, and closing ours would send nothing:
// who starts a program holds this lock until exec, who closes a socket holds it meanwhile.
std::mutex& fork_lock();

}  // namespace probate::conformance
