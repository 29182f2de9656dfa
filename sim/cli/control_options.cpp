#include "sim/cli/control_options.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "core/base/host_port.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kTokenBytesMax = 1024;
constexpr std::size_t kFileBytesMax = 4096;  // with line ends

bool is_token_byte(char c) { return c > ' ' && c < 0x7f; }

}  // namespace

Result<std::string, std::string> read_token(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string token(kFileBytesMax + 1, '\0');
  file.read(token.data(), static_cast<std::streamsize>(token.size()));
  if (!file.is_open() || file.bad()) {
    return Failure{fmt::format("cannot read the token file {}", path)};
  }
  token.resize(static_cast<std::size_t>(file.gcount()));
  const bool is_whole = token.size() <= kFileBytesMax;
  while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  const bool fits = is_whole && token.size() >= kTokenBytesMin && token.size() <= kTokenBytesMax &&
                    std::all_of(token.begin(), token.end(), is_token_byte);
  if (fits) return token;
  return Failure{
      fmt::format("the token file {} must hold one line of {} to {} visible ASCII "
                  "characters: `openssl rand -hex 32` makes one",
                  path, kTokenBytesMin, kTokenBytesMax)};
}

void add_control_flags(po::options_description& flags) {
  auto add = flags.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("control", text("[HOST:]PORT"),
      "where the proxy's control API is, as its --control says (default 127.0.0.1:9465)");
  add("token-file", text("FILE"), "the token that it wants, if it was given one");
}

Result<ControlEnd, std::string> control_end(const Arguments& arguments) {
  ControlEnd end;
  if (arguments.values.count("token-file") > 0) {
    auto token = read_token(arguments.values["token-file"].as<std::string>());
    if (!token) return Failure{token.error()};
    end.token = std::move(*token);
  }
  if (arguments.values.count("control") == 0) return end;
  const std::string given = arguments.values["control"].as<std::string>();
  std::string_view text = given;
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  while (text.ends_with('/')) text.remove_suffix(1);
  auto address = parse_host_port(text, {.host = end.address.host});
  if (address) {
    end.address.host = std::move(address->host);
    end.address.port = address->port;
    return end;
  }
  return Failure{
      fmt::format("--control {}: expected the control API as PORT, HOST:PORT or "
                  "http://HOST:PORT",
                  given)};
}

}  // namespace probate::cli
