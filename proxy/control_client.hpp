// One question to a control API.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "proxy/control.hpp"

namespace probate::proxy {

struct ControlAddress {
  std::string host;  // a numeric address or a name
  std::uint16_t port = 0;
};

struct ControlQuestion {
  std::string method = "GET";
  std::string target;
  std::string body{};
  std::string token{};  // "": none is sent
};

// Connects, asks, waits for the answer and closes; gives up after kControlClientWait. The error is
// a sentence: nobody answered, or what came is no HTTP.
// Threads: any; blocks the caller's.
Result<ControlResponse, std::string> ask_control(const ControlAddress& address,
                                                 const ControlQuestion& question);

inline constexpr Duration kControlClientWait = 15s;
// Of the answer's body.
inline constexpr std::size_t kControlAnswerBytesMax = 16 * 1024 * 1024;

}  // namespace probate::proxy
