#include "sim/cli/command.hpp"
namespace probate::cli {
std::string gate_flags_help() { return {}; }
ExitCode gate_command(const std::vector<std::string>&) { return ExitCode::usage; }
}  // namespace probate::cli
