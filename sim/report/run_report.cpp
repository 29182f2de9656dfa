#include "sim/report/run_report.hpp"

#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace probate::report {

const char* to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::aborted:
      return "aborted";
    case Verdict::environment:
      return "environment";
  }
  return "";
}

HostLimits read_host_limits() {
  HostLimits host;
  utsname name{};
  if (uname(&name) == 0) {
    host.system = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  }
  host.processors = std::thread::hardware_concurrency();
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    host.memory_bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) host.descriptors_max = limit.rlim_cur;
  return host;
}

std::string RunReport::fault_name(FaultId fault) const {
  return fault.index() < faults.size() ? faults[fault.index()] : "none";
}

}  // namespace probate::report
