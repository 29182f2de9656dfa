// The control API as requests and answers, without a connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.hpp"

namespace probate::proxy {

// The limits of the API's HTTP.
inline constexpr std::size_t kControlBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kControlHeaderBytesMax = 8 * 1024;
inline constexpr std::size_t kControlConnectionsMax = 32;
inline constexpr Duration kControlRequestWait = 10s;  // from its first byte to its last
inline constexpr Duration kControlIdleWait = 60s;     // between requests of one connection
inline constexpr Duration kControlAnswerWait = 5s;    // for the proxy's loop

struct ControlRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/links?devices=meter-*", as sent
  std::string host;    // of the header; "" if there is none
  std::optional<std::string> origin{};
  std::string authorization{};
  std::string body{};
};

struct ControlResponse {
  unsigned status = 200;
  std::string body{};  // JSON
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields{};  // further header fields
};

// {"error": sentence}
ControlResponse control_error(unsigned status, std::string_view sentence);

}  // namespace probate::proxy
