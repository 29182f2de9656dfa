#include "sim/cli/proxy_options.hpp"

#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "metrics/listen_address.hpp"
#include "sim/cli/control_options.hpp"
#include "sim/cli/events_options.hpp"
#include "sim/cli/listener_options.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

constexpr Duration kDrainMax = 1h;
constexpr const char* kOutDefault = "probate-out";

po::options_description proxy_flags() {
  po::options_description flags{"Flags"};
  add_listener_flags(flags);
  auto add = flags.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("scenario", text("FILE"),
      "its faults act on the devices; its phases only wait; SIGHUP reads it again");
  add("observe", po::bool_switch(),
      "subscribe at the broker, too, and judge wills and false offlines");
  add("observe-at", text("HOST[:PORT]"),
      "where to subscribe with plain MQTT, if not at --upstream");
  add("out", text("DIR"),
      "folder of the journal and, with --observe, of the results (default with --observe: "
      "probate-out)");
  add_events_flag(flags);
  add("drain", text("WAIT"),
      "at the end, how long links may take to end by themselves: 0, or seconds like 10s (default)");
  add_metrics_flags(flags);
  add("control", text("[HOST:]PORT"),
      "take faults by hand there (HOST 127.0.0.1; port 0 prints the port): see `probate fault`");
  add("control-token-file", text("FILE"),
      "who controls must know the token in it; needed where HOST is no loopback address");
  add("quiet", po::bool_switch(), "no progress, only the result");
  add_scenario_flags(flags);
  return flags;
}

std::optional<std::string> read_addresses(const Arguments& arguments, ProxyCommand& command) {
  auto fronts = read_listeners(arguments);
  if (!fronts) return fronts.error();
  command.proxy.fronts = std::move(*fronts);
  auto metrics = read_metrics(arguments);
  if (!metrics) return metrics.error();
  command.metrics = std::move(*metrics);
  return std::nullopt;
}

// Observers are at one broker, with the TLS of the first listener or, elsewhere, plain.
std::optional<std::string> read_observed(const po::variables_map& values,
                                         live::ProxyOptions& proxy) {
  proxy.observes = values["observe"].as<bool>();
  const bool has_place = values.count("observe-at") > 0;
  if (!proxy.observes) {
    if (!has_place) return std::nullopt;
    return "--observe-at says where --observe subscribes, which is not given";
  }
  for (const live::FrontOptions& front : proxy.fronts) {
    if (front.upstream() != proxy.fronts[0].upstream()) {
      return fmt::format("--observe judges the wills of one broker, and {} is another one than {}",
                         front.upstream(), proxy.fronts[0].upstream());
    }
    if (!front.sends_header || has_place) continue;
    return fmt::format(
        "--observe subscribes without a header of the PROXY protocol, which {} does not expect: "
        "say with --observe-at where it does",
        front.upstream());
  }
  if (!has_place) return std::nullopt;
  const auto place = read_broker_address("observe-at", values["observe-at"].as<std::string>());
  if (!place) return place.error();
  proxy.observe_host = place->host;
  proxy.observe_port = place->port;
  return std::nullopt;
}

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

std::optional<std::string> read_control(const po::variables_map& values, ProxyCommand& command) {
  const bool has_token = values.count("control-token-file") > 0;
  if (values.count("control") == 0) {
    if (!has_token) return std::nullopt;
    return "--control-token-file is the token of --control, which is not given";
  }
  const std::string text = values["control"].as<std::string>();
  auto address = metrics::parse_listen_address(text);
  if (!address) return "--control " + address.error();
  command.control = *address;
  command.proxy.is_controlled = true;
  if (has_token) {
    auto token = read_token(values["control-token-file"].as<std::string>());
    if (!token) return token.error();
    command.control_token = std::move(*token);
  }
  if (has_token || is_loopback(address->host)) return std::nullopt;
  return fmt::format(
      "--control {}: others than this machine can reach that: it needs a "
      "--control-token-file",
      text);
}

std::optional<std::string> read_drain(const po::variables_map& values, ProxyCommand& command) {
  if (values.count("drain") == 0) return std::nullopt;
  const std::string text = values["drain"].as<std::string>();
  const auto drain = parse_seconds(text);
  if (!drain || *drain > kDrainMax) {
    return fmt::format("--drain {}: expected 0, or seconds like 10s, at most {}s", text,
                       to_seconds(kDrainMax));
  }
  command.proxy.drain = *drain;
  return std::nullopt;
}

// What is written where. Requires: the rest has been read.
std::optional<std::string> read_output(const Arguments& arguments, ProxyCommand& command) {
  const auto& values = arguments.values;
  const auto events = read_events(arguments);
  if (!events) return events.error();
  command.events = *events;
  if (command.proxy.observes) command.out = kOutDefault;
  if (values.count("out") > 0) {
    command.out = values["out"].as<std::string>();
    if (command.out.empty()) return "--out needs the name of a folder";
  }
  if (values.count("events") == 0) return std::nullopt;
  if (command.out.empty()) return "--events says what --out holds, which is not given";
  if (command.events != journal::Level::none || command.proxy.observes) return std::nullopt;
  return "--events none leaves nothing for --out: without --observe there are no other results";
}

}  // namespace

bool can_be_read_again(const ProxyCommand& command) {
  return !command.scenario.empty() && command.scenario != "-";
}

bool needs_journal(const ProxyCommand& command) {
  return command.proxy.observes || !command.out.empty() || command.metrics.address ||
         !command.scenario.empty();
}

std::string proxy_flags_help() {
  std::ostringstream text;
  text << proxy_flags();
  return text.str();
}

Result<ProxyCommand, std::string> parse_proxy_options(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, proxy_flags());
  if (!arguments) return Failure{arguments.error()};
  if (!arguments->positional.empty()) {
    return Failure{fmt::format("proxy takes no \"{}\"; a scenario is given with --scenario",
                               arguments->positional[0])};
  }
  ProxyCommand command;
  auto load = load_options(*arguments);
  if (!load) return Failure{load.error()};
  command.load = std::move(*load);
  command.load.load.real_devices = true;
  const po::variables_map& values = arguments->values;
  if (auto mistake = read_addresses(*arguments, command)) return Failure{std::move(*mistake)};
  if (auto mistake = read_control(values, command)) return Failure{std::move(*mistake)};
  if (auto mistake = read_drain(values, command)) return Failure{std::move(*mistake)};
  if (values.count("scenario") > 0) command.scenario = values["scenario"].as<std::string>();
  if (auto mistake = read_observed(values, command.proxy)) return Failure{std::move(*mistake)};
  if (!command.proxy.observes && arguments->typed.contains("policies")) {
    return Failure{std::string{"--policies says what --observe judges, which is not given"}};
  }
  command.proxy.is_read_again = can_be_read_again(command);
  command.quiet = values["quiet"].as<bool>();
  if (auto mistake = read_output(*arguments, command)) return Failure{std::move(*mistake)};
  command.proxy.is_journalled = needs_journal(command);
  return command;
}

}  // namespace probate::cli
