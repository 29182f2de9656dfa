// How the command line speaks of a control API: where it is, and the token that it wants.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "proxy/control_client.hpp"
#include "sim/cli/arguments.hpp"

namespace probate::cli {

// Where `probate fault` and `probate links` look, unless they are told.
inline constexpr std::uint16_t kControlPort = 9465;

// The file's content without the line end. The error is one sentence.
Result<std::string, std::string> read_token(const std::string& path);

// --control and --token-file, for who asks.
void add_control_flags(boost::program_options::options_description& flags);

struct ControlEnd {
  proxy::ControlAddress address{"127.0.0.1", kControlPort};
  std::string token{};
};
// [http://][HOST:]PORT. The error is one sentence: usage.
Result<ControlEnd, std::string> control_end(const Arguments& arguments);

}  // namespace probate::cli
