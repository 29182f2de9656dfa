#include "sim/virtual/virtual_run.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "core/scenario/policies.hpp"
#include "sim/virtual/engine.hpp"

namespace probate::virtual_time {
namespace {

// Handed to the judge whenever so many wait: few enough to be in the caches still, as far as what
// the judge does once for each batch, which grows with the fleet, allows.
std::size_t records_per_batch(std::uint32_t devices) {
  constexpr std::uint32_t kDevicesPerRecord = 20;
  return std::clamp<std::size_t>(devices / kDevicesPerRecord, 512, 4'096);
}
// How often rules that end the run are looked at, where there are any.
constexpr Duration kAbortLook = 100ms;

// A single event can write more than that: the last one closes every link of the fleet. A record
// has a quarter of a kilobyte.
constexpr std::size_t kRecordsMax = 8'192;

// Numbers the records and keeps them for the judge.
class Journal final : public journal::Sink {
 public:
  // Called when kRecordsMax wait; it hands them over.
  void set_when_full(std::function<void()> when_full) { when_full_ = std::move(when_full); }

  void write(Instant at, journal::Body body) override { keep(at, std::move(body)); }
  void keep(Instant at, journal::Body&& body) override {
    journal::Record& record = records_.emplace_back();
    record.at = at;
    record.sequence = sequence_++;
    record.body = std::move(body);
    if (records_.size() >= kRecordsMax && when_full_) when_full_();
  }
  std::size_t size() const { return records_.size(); }
  std::uint64_t written() const { return sequence_; }
  const std::vector<journal::Record>& records() const { return records_; }
  void clear() { records_.clear(); }

 private:
  std::vector<journal::Record> records_;
  std::uint64_t sequence_ = 0;
  std::function<void()> when_full_;
};

Result<std::uint32_t, std::string> number(const std::string& key, const std::string& text) {
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc{} && parsed.ptr == end) return value;
  return Failure{fmt::format("broker.config.{}: {}: expected a whole number", key, text)};
}

}  // namespace

Result<broker::BrokerConfig, std::string> broker_config(const scenario::Scenario& scenario,
                                                        const broker::Profile& profile) {
  if (!scenario.broker.publishes_wills) {
    return Failure{
        std::string{"broker.wills: none is not supported by --engine virtual: its broker model "
                    "publishes wills; use --engine live"}};
  }
  broker::BrokerConfig config;
  config.profile = profile;
  for (const auto& [key, text] : scenario.broker.config) {
    if (key == "persistence") {
      if (text != "true" && text != "false") {
        return Failure{fmt::format("broker.config.{}: {}: expected true or false", key, text)};
      }
      config.persistence = text == "true";
      continue;
    }
    const bool inflight = key == "max_inflight_messages";
    if (!inflight && key != "max_queued_messages") {
      return Failure{fmt::format(
          "broker.config.{} is not supported by --engine virtual: its broker model knows "
          "max_inflight_messages, max_queued_messages and persistence; use --engine live",
          key)};
    }
    const auto value = number(key, text);
    if (!value) return Failure{value.error()};
    if (inflight && (*value == 0 || *value > 0xffff)) {
      return Failure{fmt::format("broker.config.{}: {}: expected 1 to 65535", key, text)};
    }
    if (inflight) {
      config.limits.inflight_max = static_cast<std::uint16_t>(*value);
    } else {
      config.limits.queued_max = *value;
    }
  }
  return config;
}

VirtualEnding run(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                  BrokerHostConfig broker, Audience& audience, const VirtualOptions& options) {
  Journal journal;
  Loop loop{journal};
  const auto judge = [&](Instant until) {
    const std::uint64_t open = audience.judge(journal.records(), until);
    journal.clear();
    return open;
  };
  // In the middle of an event nothing can be said about the time.
  journal.set_when_full([&judge] { judge(kNever); });
  if (scenario.broker.capacity) broker.capacity = *scenario.broker.capacity;
  const auto& presence = scenario.backend.presence;
  broker.tells_events = std::any_of(presence.begin(), presence.end(), [](const auto& policy) {
    return scenario::needs_broker_events(policy.name);
  });
  Engine engine{loop, scenario, schedule, std::move(broker), judge};
  if (options.skip) engine.skip_steady_traffic();
  loop.write(options.begin);
  engine.start();
  const bool aborts = std::any_of(scenario.gate.begin(), scenario.gate.end(),
                                  [](const auto& rule) { return rule.abort; });
  Instant looks_at = aborts ? kRunStart : kNever;
  const std::size_t batch = records_per_batch(scenario.device_count());
  while (loop.step()) {
    if (journal.size() >= batch) judge(loop.now());
    const bool ticks = loop.fired() % kEventsPerTick == 0;
    if (!ticks && loop.now() < looks_at) continue;
    judge(loop.now());
    if (aborts) looks_at = loop.now() + kAbortLook;
    if (ticks) {
      loop.counters().events_written = journal.written();
      audience.tick(loop.now(), loop.counters());
    }
    if (std::string reason = audience.ending(); !reason.empty()) engine.abort(std::move(reason));
  }
  judge(kNever);
  loop.counters().events_written = journal.written();
  audience.tick(loop.now(), loop.counters());
  return {engine.start_failure(), loop.fired(), engine.naps()};
}

}  // namespace probate::virtual_time
