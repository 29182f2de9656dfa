#include "sim/live/preflight.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/resource.h>

#include "core/base/text.hpp"

namespace probate::live {
namespace {
constexpr std::uint64_t kPerDevice = 3;
// Observers, listener, metrics, files, dials under way, and what the proxy leaves to others.
constexpr std::uint64_t kMargin = 128;
// Of `probate proxy` without a link: what it has open, and what links leave to others.
constexpr std::uint64_t kProxyItself = 40;

// Whether a link's end can reach the broker late or never, while its device is back already; or
// whether somebody else is there beside it.
bool doubles_legs(const fault::What& what) {
  if (const auto* drop = std::get_if<fault::Drop>(&what)) {
    return drop->leg == fault::LegChoice::device;
  }
  return !std::holds_alternative<fault::Leave>(what) &&
         !std::holds_alternative<fault::Limit>(what) &&
         !std::holds_alternative<fault::Refuse>(what) &&
         !std::holds_alternative<fault::ConnectDelay>(what) &&
         !std::holds_alternative<fault::BrokerRestart>(what);
}

}  // namespace

std::uint64_t descriptors_needed(const scenario::Scenario& scenario) {
  const auto& faults = scenario.faults;
  const auto doubling = static_cast<std::uint64_t>(
      std::count_if(faults.begin(), faults.end(),
                    [](const fault::FaultSpec& fault) { return doubles_legs(fault.what); }));
  std::uint64_t needed = kMargin;
  for (const scenario::GroupSpec& group : scenario.fleet) {
    const bool is_renamed = scenario.devices[group.device].client_id.uses(Placeholder::epoch);
    const std::uint64_t extra_legs = is_renamed ? doubling : std::min<std::uint64_t>(doubling, 1);
    needed += group.count * (kPerDevice + extra_legs);
  }
  return needed;
}

std::uint64_t raise_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

Result<std::uint64_t, std::string> room_for_devices(std::uint64_t descriptors,
                                                    std::size_t listeners) {
  // A listener and its reserve; a link's two legs.
  const std::uint64_t own = kProxyItself + 2 * listeners;
  const std::uint64_t needed = own + 2;
  if (descriptors >= needed) return (descriptors - own) / 2;
  return Failure{fmt::format(
      "a proxy with {} needs {} file descriptors to let a single device in, and this process may "
      "have at most {}: raise the hard limit (`ulimit -Hn 65536`, LimitNOFILE= of the service)",
      counted(listeners, "listener", "listeners"), needed, descriptors)};
}

Result<std::uint64_t, std::string> ensure_descriptors(std::uint64_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Failure{fmt::format("cannot read the limit of open files: {}", std::strerror(errno))};
  }
  if (limit.rlim_max < needed) {
    const auto possible =
        (std::max<std::uint64_t>(limit.rlim_max, kMargin) - kMargin) / (kPerDevice + 1);
    return Failure{fmt::format(
        "the run needs {} file descriptors and this process may have at most {}: raise the hard "
        "limit (`ulimit -Hn {}`, LimitNOFILE= of the service){}",
        needed, limit.rlim_max, needed,
        possible == 0 ? "" : fmt::format(", or run at most {} devices here", possible))};
  }
  const std::uint64_t raised = raise_descriptors();
  if (raised >= needed) return raised;
  return Failure{
      fmt::format("cannot raise the limit of open files from {} to {}", raised, limit.rlim_max)};
}

}  // namespace probate::live
