// The commands of probate.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/exit_code.hpp"

namespace probate::cli {

struct Command {
  std::string_view name;
  std::string_view synopsis;  // what follows the name
  std::string_view about;     // one line
  std::string_view examples;  // shown first in its help, one per line
  ExitCode (*run)(const std::vector<std::string>& words);
  std::string (*flags_help)();  // nullptr: no flags
};

std::span<const Command> commands();

ExitCode run_command(const std::vector<std::string>& words);
ExitCode validate_command(const std::vector<std::string>& words);
ExitCode proxy_command(const std::vector<std::string>& words);
ExitCode fault_command(const std::vector<std::string>& words);
ExitCode links_command(const std::vector<std::string>& words);
ExitCode gate_command(const std::vector<std::string>& words);
ExitCode compare_command(const std::vector<std::string>& words);
ExitCode explain_command(const std::vector<std::string>& words);
ExitCode sweep_command(const std::vector<std::string>& words);
ExitCode list_command(const std::vector<std::string>& words);
ExitCode version_command(const std::vector<std::string>& words);
std::string validate_flags_help();
std::string fault_flags_help();
std::string links_flags_help();
std::string gate_flags_help();
std::string compare_flags_help();
std::string explain_flags_help();
std::string sweep_flags_help();

// The whole program but main(): finds the command, asks it, prints help.
ExitCode dispatch(const std::vector<std::string>& words);

// As it is, on stderr. Words are lost where that is closed, full or gone, or a pipe that nobody
// reads for a second, and nothing else is. Threads: any.
void tell(std::string_view text);
// One line on stderr: "probate: …".
void complain(std::string_view sentence);

}  // namespace probate::cli
