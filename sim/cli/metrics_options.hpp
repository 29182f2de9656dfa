// What the command line says about metrics: where they are served, and how long they are kept.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/program_options/options_description.hpp>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "metrics/exporter.hpp"
#include "sim/cli/arguments.hpp"

namespace probate::cli {

struct MetricsOptions {
  std::optional<HostPort> address{};  // absent: none are served
  std::optional<Duration> linger{};   // absent: auto
};

// --metrics and --metrics-linger.
void add_metrics_flags(boost::program_options::options_description& flags);
// The error is a sentence.
Result<MetricsOptions, std::string> read_metrics(const Arguments& arguments);

// Listens where it was asked for, and says on stderr where that is; null if it was not. Before
// anything is started or asked: the error, a port in use, is a sentence that ends the program.
Result<std::unique_ptr<metrics::Exporter>, std::string> serve_metrics(
    const MetricsOptions& options);

// Waits until the frozen figures were scraped, as long as was asked for, or until a signal.
// Requires: the signals are blocked.
void linger(metrics::Exporter& exporter, const MetricsOptions& options);

}  // namespace probate::cli
