// The flags of `probate proxy` that are said of one listener, each for itself.
#pragma once

#include <string>
#include <vector>

#include <boost/program_options/options_description.hpp>

#include "core/base/host_port.hpp"
#include "core/base/result.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/live/proxy_run.hpp"

namespace probate::cli {

// HOST, HOST:PORT or [IPV6]:PORT; the port is 1883 otherwise. The error is a sentence.
Result<HostPort, std::string> read_broker_address(const char* flag, const std::string& text);

void add_listener_flags(boost::program_options::options_description& flags);

// The flags that say the same of that listener.
std::string flags_of(const live::FrontOptions& front);

// One for each `--listen`, in their order. A flag belongs to the `--listen` before it; in front of
// the first one it holds for every listener that does not say otherwise. The error is a sentence.
Result<std::vector<live::FrontOptions>, std::string> read_listeners(const Arguments& arguments);

}  // namespace probate::cli
