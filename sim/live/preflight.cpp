#include "sim/live/preflight.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/resource.h>

namespace probate::live {
namespace {
constexpr std::uint64_t kPerDevice = 3;
constexpr std::uint64_t kMargin = 128;  // observers, listener, metrics, files, dials under way
}  // namespace

std::uint64_t descriptors_needed(const scenario::Scenario& scenario) {
  std::uint64_t extra_legs = 0;
  for (const fault::FaultSpec& fault : scenario.faults) {
    const bool leaves_ghost = std::holds_alternative<fault::HalfOpen>(fault.what) ||
                              std::holds_alternative<fault::SimArrears>(fault.what) ||
                              std::holds_alternative<fault::PowerCut>(fault.what) ||
                              std::holds_alternative<fault::Rebind>(fault.what) ||
                              std::holds_alternative<fault::NatIdle>(fault.what) ||
                              std::holds_alternative<fault::Outage>(fault.what) ||
                              std::holds_alternative<fault::DuplicateLogin>(fault.what);
    if (leaves_ghost) extra_legs = 1;
  }
  return scenario.device_count() * (kPerDevice + extra_legs) + kMargin;
}

std::uint64_t raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

Result<std::uint64_t, std::string> ensure_descriptors(std::uint64_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Failure{fmt::format("cannot read the limit of open files: {}", std::strerror(errno))};
  }
  if (limit.rlim_cur >= needed) return std::uint64_t{limit.rlim_cur};
  if (limit.rlim_max < needed) {
    const auto possible =
        (std::max<std::uint64_t>(limit.rlim_max, kMargin) - kMargin) / (kPerDevice + 1);
    return Failure{fmt::format(
        "the run needs {} file descriptors and this process may have at most {}: raise the hard "
        "limit (`ulimit -Hn {}`, LimitNOFILE= of the service){}",
        needed, limit.rlim_max, needed,
        possible == 0 ? "" : fmt::format(", or run at most {} devices here", possible))};
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Failure{fmt::format("cannot raise the limit of open files to {}: {}", limit.rlim_max,
                               std::strerror(errno))};
  }
  return std::uint64_t{limit.rlim_cur};
}

}  // namespace probate::live
