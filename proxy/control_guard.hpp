// Who may use the control API, and how often.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "proxy/control.hpp"

namespace probate::proxy {

// A page in a browser can send requests to a loopback address, and make a name of its own lead
// there. So `Host` must be a numeric address or localhost, which no name server can turn, unless a
// token proves who asks; and what carries an `Origin` must come from the API itself.
class ControlGuard {
 public:
  // Empty: no token is asked for.
  explicit ControlGuard(std::string token) : token_{std::move(token)} {}

  // Why the request is not answered; nothing if it may be.
  std::optional<ControlResponse> refuse(const ControlRequest& request) const;

 private:
  std::string token_;
};

// Whether both are the same; how long that takes says nothing about the bytes.
bool same_secret(std::string_view left, std::string_view right);

// kBurst requests at once, kPerSecond in the long run.
// Determinism: same calls, same answers.
class ControlRate {
 public:
  static constexpr double kPerSecond = 500;
  static constexpr double kBurst = 500;

  // True if one more request may be answered now.
  bool take(Instant now);

 private:
  double left_ = kBurst;
  Instant at_{};
};

}  // namespace probate::proxy
