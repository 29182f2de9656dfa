#include "sim/cli/metrics_options.hpp"

#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "metrics/listen_address.hpp"
#include "sim/cli/command.hpp"
#include "sim/live/signals.hpp"

namespace probate::cli {
namespace po = boost::program_options;

void add_metrics_flags(po::options_description& flags) {
  auto add = flags.add_options();
  add("metrics", po::value<std::string>()->value_name("[HOST:]PORT"),
      "serve Prometheus metrics there; port 0 prints the port");
  add("metrics-linger", po::value<std::string>()->value_name("WAIT"),
      "after the end, wait for a last scrape: auto (default), 0, or seconds like 30s");
}

Result<MetricsOptions, std::string> read_metrics(const Arguments& arguments) {
  const po::variables_map& values = arguments.values;
  MetricsOptions options;
  if (values.count("metrics") > 0) {
    auto address = metrics::parse_listen_address(values["metrics"].as<std::string>());
    if (!address) return Failure{"--metrics " + address.error()};
    options.address = std::move(*address);
  }
  if (values.count("metrics-linger") == 0) return options;
  const std::string text = values["metrics-linger"].as<std::string>();
  const bool is_auto = text == "auto";
  if (!is_auto) options.linger = parse_seconds(text);
  if (!is_auto && (!options.linger || *options.linger > metrics::Exporter::kLingerMax)) {
    return Failure{
        fmt::format("--metrics-linger {}: expected auto, 0, or seconds like 30s, at most {}s", text,
                    to_seconds(metrics::Exporter::kLingerMax))};
  }
  if (options.address || !arguments.typed.contains("metrics-linger")) return options;
  return Failure{std::string{"--metrics-linger says how long --metrics waits, which is not given"}};
}

Result<std::unique_ptr<metrics::Exporter>, std::string> serve_metrics(
    const MetricsOptions& options) {
  if (!options.address) return std::unique_ptr<metrics::Exporter>{};
  auto exporter = metrics::Exporter::start(*options.address);
  if (exporter) tell(fmt::format("metrics: http://{}/metrics\n", (*exporter)->address().text()));
  return exporter;
}

void linger(metrics::Exporter& exporter, const MetricsOptions& options) {
  std::stop_source stop;
  std::jthread watch{[&](const std::stop_token& over) {
    if (live::wait_for_signal(over)) stop.request_stop();
  }};
  exporter.linger(options.linger, stop.get_token());
}

}  // namespace probate::cli
