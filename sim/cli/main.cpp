// probate: proves MQTT wills. See dispatch.cpp for the commands.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <unistd.h>

#include "sim/cli/command.hpp"

namespace {

// A failed CHECK has printed where and how to repeat; the exit code is part of our contract.
void handle_abort(int) {
  const char* text =
      "probate: this is a bug of probate. Please report the lines above with the scenario.\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
  ::_exit(static_cast<int>(probate::cli::ExitCode::internal));
}

}  // namespace

int main(int argc, char** argv) {
  using probate::cli::ExitCode;
  std::signal(SIGABRT, handle_abort);
  const std::vector<std::string> words{argv + 1, argv + argc};
  try {
    const ExitCode code = probate::cli::dispatch(words);
    const bool printed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    if (printed) return static_cast<int>(code);
    probate::cli::complain("cannot write to standard output");
    return static_cast<int>(code == ExitCode::pass ? ExitCode::environment : code);
  } catch (const std::bad_alloc&) {
    probate::cli::complain("out of memory");
    return static_cast<int>(ExitCode::environment);
  } catch (const std::exception& error) {
    if (std::ferror(stdout) != 0) {
      probate::cli::complain("cannot write to standard output");
      return static_cast<int>(ExitCode::environment);
    }
    probate::cli::complain(std::string{"internal error: "} + error.what());
    return static_cast<int>(ExitCode::internal);
  }
}
