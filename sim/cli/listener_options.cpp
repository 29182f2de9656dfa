#include "sim/cli/listener_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "metrics/listen_address.hpp"
#include "proxy/front.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

constexpr const char* kListen = "listen";
constexpr std::array<std::string_view, 2> kFlags{kListen, "upstream"};

using Values = std::map<std::string, std::string>;
using Mistake = std::optional<std::string>;

// What is said of all of them, and of each.
struct Said {
  Values of_all;
  std::vector<Values> of_each;
};

Result<Said, std::string> sort_out(const Arguments& arguments) {
  Said said;
  for (const auto& [flag, value] : arguments.in_order) {
    if (std::find(kFlags.begin(), kFlags.end(), flag) == kFlags.end()) continue;
    if (flag == kListen) said.of_each.emplace_back();
    Values& values = said.of_each.empty() ? said.of_all : said.of_each.back();
    const bool is_new = values.emplace(flag, value).second;
    // With one listener there is nothing to tell apart.
    const bool is_twice = said.of_each.size() == 1 && said.of_all.contains(flag);
    if (is_new && !is_twice) continue;
    return Failure{
        fmt::format("--{} {}: --{} is given twice for one listener; a flag belongs to "
                    "the --listen before it",
                    flag, value, flag)};
  }
  for (Values& values : said.of_each) values.insert(said.of_all.begin(), said.of_all.end());
  return said;
}

Mistake read_upstream(const std::string& text, live::FrontOptions& front) {
  const std::string mistake =
      fmt::format("--upstream {}: expected the broker as HOST, HOST:PORT or [IPV6]:PORT", text);
  const std::size_t colon = text.rfind(':');
  const bool is_bare_v6 = text.find(':') != colon && !text.starts_with('[');
  const bool has_port = colon != std::string::npos && !text.ends_with(']') && !is_bare_v6;
  std::string host = has_port ? text.substr(0, colon) : text;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || is_bare_v6) return mistake;
  front.upstream_host = host;
  if (!has_port) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, front.upstream_port);
  const bool is_port = parsed.ec == std::errc{} && parsed.ptr == end && front.upstream_port > 0;
  return is_port ? std::nullopt : std::optional{mistake};
}

Mistake read_one(const Values& values, live::FrontOptions& front) {
  const std::string& text = values.at(kListen);
  const auto listen = metrics::parse_listen_address(text);
  if (!listen) return "--listen " + listen.error();
  front.listen_host = listen->host;
  front.listen_port = listen->port;
  const auto upstream = values.find("upstream");
  if (upstream == values.end()) {
    return fmt::format(
        "--listen {} has no --upstream: give it behind that --listen, or in front "
        "of the first one for all",
        text);
  }
  return read_upstream(upstream->second, front);
}

std::string missing(const char* flag) {
  return fmt::format("proxy needs --{}: `probate proxy --listen 1884 --upstream broker.lab:1883`",
                     flag);
}

}  // namespace

void add_listener_flags(po::options_description& flags) {
  auto add = flags.add_options();
  const auto texts = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name);
  };
  add(kListen, texts("[HOST:]PORT"),
      "where devices connect (HOST 127.0.0.1; port 0 prints the port); required. Several: the "
      "flags "
      "behind each are its own, those in front of the first are for all");
  add("upstream", texts("HOST[:PORT]"), "the broker behind that listener (PORT 1883); required");
}

Result<std::vector<live::FrontOptions>, std::string> read_listeners(const Arguments& arguments) {
  const auto said = sort_out(arguments);
  if (!said) return Failure{said.error()};
  if (said->of_each.empty()) return Failure{missing(kListen)};
  const bool has_upstream =
      std::any_of(said->of_each.begin(), said->of_each.end(),
                  [](const Values& values) { return values.contains("upstream"); });
  if (!has_upstream) return Failure{missing("upstream")};
  if (said->of_each.size() > proxy::kFrontsMax) {
    return Failure{
        fmt::format("--listen is given {} times: one proxy listens at {} addresses at "
                    "most",
                    said->of_each.size(), proxy::kFrontsMax)};
  }
  std::vector<live::FrontOptions> fronts;
  for (const Values& values : said->of_each) {
    if (auto mistake = read_one(values, fronts.emplace_back())) return Failure{std::move(*mistake)};
  }
  return fronts;
}

}  // namespace probate::cli
