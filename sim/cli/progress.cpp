#include "sim/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "core/device/machine.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/terminal.hpp"

namespace probate::cli {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

std::uint64_t online(const journal::LoopCounters& counters) {
  std::uint64_t sum = 0;
  for (const auto& group : counters.groups) {
    sum += group.devices_by_state[static_cast<std::size_t>(device::DeviceState::subscribing)];
    sum += group.devices_by_state[static_cast<std::size_t>(device::DeviceState::online)];
  }
  return sum;
}

}  // namespace

std::string Progress::line(Instant now, const analysis::Totals& totals,
                           const journal::LoopCounters& counters) const {
  std::uint64_t injected = 0;
  for (const auto& fault : totals.faults) injected += fault.injected;
  std::string text =
      fmt::format("{:>7.1f} s  {:<8} online {}", to_seconds(now), phase_, online(counters));
  // How many real devices there are is nobody's plan.
  if (devices_ > 0) text += fmt::format("/{}", devices_);
  text += fmt::format("  faults {}  wills {}/{}", injected, totals.wills.observed,
                      totals.wills.expected);
  if (!totals.policies.empty()) {
    const auto& policy = totals.policies.front();
    text += fmt::format("  false offlines ({}) {}", policy.label, policy.all.false_offlines);
  }
  return text + fmt::format("  lag {:.0f} ms", to_seconds(totals.lag_max) * 1e3);
}

void Progress::show(Instant now, const analysis::Totals& totals,
                    const journal::LoopCounters& counters) {
  const Duration interval = style_ == Style::live ? kLiveInterval : kPlainInterval;
  if (style_ == Style::none) return;
  const auto read_at = std::chrono::steady_clock::now();
  if (read_at - shown_at_ < interval) return;
  shown_at_ = read_at;
  std::string text = line(now, totals, counters);
  if (style_ == Style::plain) {
    tell(fmt::format("{}\n", text));
    return;
  }
  const unsigned width = terminal_width(STDERR_FILENO);
  if (text.size() >= width) text.resize(width - 1);
  tell(fmt::format("{}{}", kClearLine, text));
  live_shown_ = true;
}

void Progress::clear() {
  if (!live_shown_) return;
  tell(kClearLine);
  live_shown_ = false;
}

}  // namespace probate::cli
