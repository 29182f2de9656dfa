#include "sim/live/run_id.hpp"

#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

namespace probate::live {

std::string make_run_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ticks = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("{:x}-{:x}", ::getpid(), ticks);
}

}  // namespace probate::live
