#include "sim/cli/estimate_text.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/cli/runner.hpp"
#include "sim/live/preflight.hpp"
#include "sim/report/numbers.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

// Of a live run, as docs/performance.md has them.
constexpr double kLiveBytes = 16.0 * (1 << 20);
constexpr double kLiveBytesPerDevice = 3'600;

std::string length_text(const virtual_time::Estimate& estimate) {
  if (estimate.shortest == estimate.longest) return report::seconds_text(estimate.longest);
  return fmt::format("about {}, at most {}", report::seconds_text(estimate.shortest),
                     report::seconds_text(estimate.longest));
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 4> kUnits{"B", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 && unit > 0 ? 1 : 0, kUnits.at(unit));
}

std::string about_text(double count) {
  constexpr double kThousand = 1e3;
  constexpr double kMillion = 1e6;
  constexpr double kBillion = 1e9;
  if (count >= kBillion) return fmt::format("{:.1f} G", count / kBillion);
  if (count >= kMillion) return fmt::format("{:.1f} M", count / kMillion);
  if (count >= kThousand) return fmt::format("{:.0f} k", count / kThousand);
  return fmt::format("{:.0f}", count);
}

std::vector<std::string> estimate_lines(const scenario::Scenario& scenario) {
  const scenario::Schedule schedule{scenario};
  const auto profile = yaml::load_profile(model_profile(scenario));
  const virtual_time::Estimate sum = virtual_time::estimate(
      scenario, schedule, {}, profile ? profile->keep_alive : broker::KeepAliveWindow{});
  const double live_bytes = kLiveBytes + kLiveBytesPerDevice * static_cast<double>(sum.devices);
  std::vector<std::string> lines{
      fmt::format("about {} connects, {} on at most {}; {}",
                  about_text(static_cast<double>(sum.connects)),
                  counted(sum.firings, "firing", "firings"),
                  counted(sum.strikes, "device", "devices"), length_text(sum)),
      fmt::format("in virtual time: {} events, {} of one core, {} of memory",
                  about_text(sum.events), report::seconds_text(sum.core_seconds),
                  bytes_text(sum.memory_bytes)),
      fmt::format("live: {}, {} file descriptors, {} of memory", length_text(sum),
                  live::descriptors_needed(scenario),
                  bytes_text(static_cast<std::uint64_t>(live_bytes)))};
  for (const std::string& note : sum.notes) lines.push_back("note: " + note);
  return lines;
}

std::vector<std::string> estimate_assumptions(const virtual_time::Estimate& sum) {
  const virtual_time::Costs costs;
  std::vector<std::string> lines{
      "each strike costs one more connect; `where: online` strikes as many as if all were online; "
      "who is kept away by sim_arrears, outage or broker_restart dials as its `retry` says",
      "a ramp ends with the last first connect, a wait for devices when the last is back that a "
      "fault keeps away; `for: auto` takes the longest will delay, what the broker needs to "
      "miss a device where a fault can leave a silence, and the patience of the judge and of the "
      "slowest policy; the longer figure is their time-outs",
      fmt::format("{:g} B for each device, {:g} B more for each policy, {} for the rest",
                  costs.bytes_per_device, costs.bytes_per_track,
                  bytes_text(static_cast<std::uint64_t>(costs.bytes_of_a_run))),
      fmt::format("{:g} µs of one core for each event, as measured on a busy machine",
                  costs.seconds_per_event * 1e6)};
  lines.emplace_back(
      sum.skips ? "what undisturbed devices send is skipped: six minutes are played around "
                  "each strike and at each start, and what a fault holds for as long as it does"
                : "little is skipped: a policy counts messages, a fault waits for idle links, "
                  "or devices never rest");
  return lines;
}

std::string memory_refusal(const virtual_time::Estimate& sum, std::uint64_t available) {
  if (sum.memory_bytes <= available) return {};
  std::string text =
      fmt::format("the run needs about {} of memory ({}, {}) and {} are available here",
                  bytes_text(sum.memory_bytes), counted(sum.devices, "device", "devices"),
                  counted(sum.policies, "policy", "policies"), bytes_text(available));
  const std::uint64_t fitting = virtual_time::devices_for(sum, available);
  if (fitting == 0) return text + ": free some, or use another machine";
  return text + fmt::format(
                    ": run at most {} devices (--set fleet.GROUP.count=…), or use a "
                    "machine with more memory",
                    fitting);
}

}  // namespace probate::cli
