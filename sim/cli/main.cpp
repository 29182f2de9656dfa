// probate: proves MQTT wills. See dispatch.cpp for the commands.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
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

// What is closed would be given to the next file or socket, and messages would be written into it.
// Reading from such a stdin and writing to such a stdout are errors as before; a stderr is not
// missed.
void hold_standard_streams() {
  constexpr std::array kModes{O_WRONLY, O_RDONLY, O_RDWR};
  for (std::size_t fd = 0; fd < kModes.size(); ++fd) {
    if (::fcntl(static_cast<int>(fd), F_GETFD) < 0) ::open("/dev/null", kModes.at(fd));
  }
}

// A pipe without a reader and a file that may not grow are errors of the write that meets them.
void ignore_signals_of_writing() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
  using probate::cli::ExitCode;
  hold_standard_streams();
  ignore_signals_of_writing();
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
