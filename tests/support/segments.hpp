// What tests of real silence need of the machine: to put filters in front of TCP, which takes
// CAP_NET_ADMIN, here or in a network of one's own.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/hearing.hpp"

namespace probate::test {

inline void write_line(const char* path, const std::string& text) { std::ofstream{path} << text; }

// This process goes into a user namespace in which it is root, and into a network of its own with
// a loopback; "" or why not.
inline std::string enter_own_network() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return std::string{"unshare: "} + std::strerror(errno);
  }
  write_line("/proc/self/setgroups", "deny");
  write_line("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  write_line("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  const bool is_up = any >= 0 && ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  const int error = errno;
  if (any >= 0) ::close(any);
  return is_up ? "" : std::string{"loopback: "} + std::strerror(error);
}

// For SetUp(): false where it cannot be shown. That is a failure where CI runs, and said elsewhere
// (ctest then calls the test skipped).
inline bool can_silence_segments() {
  static const std::string kTrouble = [] {
    std::string first = proxy::hearing_trouble();
    if (first.empty()) return first;
    const std::string own = enter_own_network();
    return own.empty() ? proxy::hearing_trouble() : first + "; " + own;
  }();
  if (kTrouble.empty()) return true;
  if (std::getenv("CI") != nullptr) {
    ADD_FAILURE() << "this machine cannot silence segments: " << kTrouble;
  } else {
    std::printf("NOT SHOWN: this machine cannot silence segments: %s\n", kTrouble.c_str());
  }
  return false;
}

}  // namespace probate::test
