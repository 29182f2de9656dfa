#include "sim/cli/proxy_audience.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/scenario/real_devices.hpp"
#include "sim/cli/command.hpp"

namespace probate::cli {

void ProxyAudience::tick(Instant now, const journal::LoopCounters& counters) {
  judge_.tick(now, counters);
  if (counters.links.dial_errors > 0 && !std::exchange(is_dial_error_told_, true)) {
    complain(fmt::format(
        "the broker {} did not take a connection: the device got RST, as will others until it does",
        broker_));
  }
  if (run_.untracked() > 0 && !std::exchange(is_untracked_told_, true)) {
    complain(fmt::format(
        "more than {} ClientIDs: further ones pass, but no fault hits them and nothing of them is "
        "judged",
        scenario::kRealDevicesMax));
  }
}

}  // namespace probate::cli
