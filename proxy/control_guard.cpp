#include "proxy/control_guard.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/json.hpp>

#include "core/base/digest.hpp"

namespace probate::proxy {
namespace {

constexpr std::string_view kBearer = "bearer ";

// "name" of "name:port", "::1" of "[::1]:port".
std::string_view name_in(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == host.npos ? std::string_view{} : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool cannot_be_turned(std::string_view host) {
  const std::string name{name_in(host)};
  if (lower(name) == "localhost") return true;
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

std::string digest_of(std::string_view text) {
  Digest digest;
  digest.add(text);
  return digest.hex();
}

}  // namespace

ControlResponse control_error(unsigned status, std::string_view sentence) {
  ControlResponse response;
  response.status = status;
  response.body = boost::json::serialize(boost::json::object{{"error", sentence}}) + "\n";
  return response;
}

bool same_secret(std::string_view left, std::string_view right) {
  const std::string a = digest_of(left);
  const std::string b = digest_of(right);
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  }
  return difference == 0;
}

std::optional<ControlResponse> ControlGuard::refuse(const ControlRequest& request) const {
  if (request.host.empty()) return control_error(400, "a request names its Host once");
  if (token_.empty() && !cannot_be_turned(request.host)) {
    return control_error(
        403, "without a token only a Host that is a numeric address or localhost is answered");
  }
  if (request.origin && *request.origin != "http://" + request.host) {
    return control_error(403, "pages from elsewhere (Origin) are not answered");
  }
  if (token_.empty()) return std::nullopt;
  // [RFC9110-11.1] The scheme is a case-insensitive token.
  const bool is_bearer = lower(request.authorization).starts_with(kBearer);
  const std::string_view given =
      is_bearer ? std::string_view{request.authorization}.substr(kBearer.size())
                : std::string_view{};
  if (same_secret(given, token_)) return std::nullopt;
  ControlResponse response =
      control_error(401,
                    "Authorization: Bearer TOKEN is needed, with the token of the proxy's "
                    "--control-token-file");
  response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

bool ControlRate::take(Instant now) {
  left_ = std::min(kBurst, left_ + to_seconds(now - at_) * kPerSecond);
  at_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

}  // namespace probate::proxy
