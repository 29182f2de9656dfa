#include "sim/cli/listener_options.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "metrics/listen_address.hpp"
#include "proxy/front.hpp"
#include "sim/report/shell_word.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

constexpr std::uint16_t kMqttPort = 1883;
constexpr const char* kListen = "listen";
constexpr const char* kHeaderIn = "proxy-protocol-in";
constexpr const char* kHeaderOut = "proxy-protocol-out";
constexpr std::array<std::string_view, 13> kFlags{
    kListen,         "upstream",      kHeaderIn,          kHeaderOut,    "tls-cert",
    "tls-key",       "tls-client-ca", "upstream-tls",     "upstream-ca", "upstream-sni",
    "upstream-cert", "upstream-key",  "upstream-insecure"};

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

std::string value_of(const Values& values, const char* flag) {
  const auto found = values.find(flag);
  return found == values.end() ? std::string{} : found->second;
}

Mistake read_tls(const Values& values, live::FrontOptions& front) {
  const auto has = [&values](const char* flag) { return values.contains(flag); };
  const auto where = [&values] { return " (--listen " + values.at(kListen) + ")"; };
  if (has("tls-cert") != has("tls-key")) {
    return "--tls-cert and --tls-key belong together" + where();
  }
  if (has("tls-client-ca") && !has("tls-cert")) {
    return "--tls-client-ca says whose certificates --tls-cert accepts, which is not given" +
           where();
  }
  if (has("tls-cert")) {
    front.devices_tls = {.certificate = value_of(values, "tls-cert"),
                         .key = value_of(values, "tls-key"),
                         .client_ca = value_of(values, "tls-client-ca")};
  }
  if (!has("upstream-tls")) {
    for (const char* flag :
         {"upstream-ca", "upstream-sni", "upstream-cert", "upstream-key", "upstream-insecure"}) {
      if (has(flag)) return fmt::format("--{} is of --upstream-tls, which is not given", flag);
    }
    return std::nullopt;
  }
  if (has("upstream-cert") != has("upstream-key")) {
    return "--upstream-cert and --upstream-key belong together" + where();
  }
  if (has("upstream-insecure") && has("upstream-ca")) {
    return "--upstream-insecure accepts any certificate: --upstream-ca would mean nothing" +
           where();
  }
  front.broker_tls = {.name = value_of(values, "upstream-sni"),
                      .ca = value_of(values, "upstream-ca"),
                      .verifies = !has("upstream-insecure"),
                      .certificate = value_of(values, "upstream-cert"),
                      .key = value_of(values, "upstream-key")};
  return std::nullopt;
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
  const auto broker = read_broker_address("upstream", upstream->second);
  if (!broker) return broker.error();
  front.upstream_host = broker->host;
  front.upstream_port = broker->port;
  if (auto mistake = read_tls(values, front)) return mistake;
  front.expects_header = values.contains(kHeaderIn);
  const auto version = values.find(kHeaderOut);
  if (version == values.end()) return std::nullopt;
  if (version->second != "v1" && version->second != "v2") {
    return fmt::format("--{} {}: expected v1 or v2", kHeaderOut, version->second);
  }
  front.sends_header =
      version->second == "v1" ? proxy::HeaderVersion::v1 : proxy::HeaderVersion::v2;
  return std::nullopt;
}

std::string missing(const char* flag) {
  return fmt::format("proxy needs --{}: `probate proxy --listen 1884 --upstream broker.lab:1883`",
                     flag);
}

}  // namespace

Result<HostPort, std::string> read_broker_address(const char* flag, const std::string& text) {
  auto found = parse_host_port(text, {.port = kMqttPort});
  if (found) return std::move(*found);
  const bool is_port = found.error() == HostPortMistake::port;
  return Failure{fmt::format("--{} {}: expected the broker as HOST, HOST:PORT or [IPV6]:PORT{}",
                             flag, text, is_port ? ", with a PORT from 1 to 65535" : "")};
}

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
  add(kHeaderIn, po::value<std::vector<std::string>>()->zero_tokens(),
      "every connection begins with a header of the PROXY protocol, v1 or v2, which says whose it "
      "is; let only your load balancer reach such a listener");
  add(kHeaderOut, texts("v1|v2"), "tell the broker whose connection it is, by that header");
  const auto word = [] { return po::value<std::vector<std::string>>()->zero_tokens(); };
  add("tls-cert", texts("FILE"),
      "end the devices' TLS here, with this certificate and its chain (PEM)");
  add("tls-key", texts("FILE"), "the key of --tls-cert");
  add("tls-client-ca", texts("FILE"), "refuse devices without a certificate of these");
  add("upstream-tls", word(), "speak TLS with the broker");
  add("upstream-ca", texts("FILE"), "whose certificates it may have (default: the machine's)");
  add("upstream-sni", texts("NAME"), "the name to ask for and to check (default: the upstream's)");
  add("upstream-cert", texts("FILE"), "our certificate for it, with its chain");
  add("upstream-key", texts("FILE"), "the key of --upstream-cert");
  add("upstream-insecure", word(), "accept any certificate of the broker");
}

std::string flags_of(const live::FrontOptions& front) {
  const HostPort listen{front.listen_host, front.listen_port};
  std::string flags = fmt::format("--listen {} --upstream {}", listen.text(), front.upstream());
  if (front.expects_header) flags += fmt::format(" --{}", kHeaderIn);
  if (front.sends_header) {
    const bool is_text = *front.sends_header == proxy::HeaderVersion::v1;
    flags += fmt::format(" --{} {}", kHeaderOut, is_text ? "v1" : "v2");
  }
  const auto add = [&flags](const char* flag, const std::string& value) {
    if (!value.empty()) flags += fmt::format(" --{} {}", flag, report::shell_word(value));
  };
  if (const auto& tls = front.devices_tls) {
    add("tls-cert", tls->certificate);
    add("tls-key", tls->key);
    add("tls-client-ca", tls->client_ca);
  }
  if (const auto& tls = front.broker_tls) {
    flags += " --upstream-tls";
    add("upstream-ca", tls->ca);
    add("upstream-sni", tls->name);
    add("upstream-cert", tls->certificate);
    add("upstream-key", tls->key);
    if (!tls->verifies) flags += " --upstream-insecure";
  }
  return flags;
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
