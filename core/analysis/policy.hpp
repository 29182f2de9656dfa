// Presence policies: how a back end decides who is offline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis {

enum class Belief : std::uint8_t { unknown, online, offline };

// What a back end can know of a message: whose it is as its bytes say, RETAIN, nothing else.
struct Heard {
  DeviceId device;
  journal::MessageKind kind{};
  Epoch epoch = 0;  // 0: not carried
  bool retain = false;
};

struct BeliefChange {
  Instant at{};
  DeviceId device;
  Belief belief{};
  // What changed it: the message itself, or for a timer the will that set it.
  journal::MessageKind because{};
  Instant because_at{};
};
using BeliefChanges = std::vector<BeliefChange>;

// One policy with its state for every device of the fleet; all begin unknown. Feed it what the back
// end received; it appends changes of belief. Retained copies are fed too: what to make of them is
// part of a policy.
//
// Threads: one owner. Determinism: same calls, same changes.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual void handle(Instant now, const Heard& heard, BeliefChanges& out) = 0;
  // Call it once `now` reaches next_timeout(). Changes are stamped with the time they were due.
  virtual void handle_timeout(Instant now, BeliefChanges& out);
  virtual std::optional<Instant> next_timeout() const { return std::nullopt; }
  // What it adds to every detection on purpose.
  virtual Duration patience() const { return {}; }
};

std::unique_ptr<Policy> make_naive_alarm(std::size_t devices);
std::unique_ptr<Policy> make_naive(std::size_t devices);
std::unique_ptr<Policy> make_debounce(std::size_t devices, Duration wait);
std::unique_ptr<Policy> make_epoch(std::size_t devices);
std::unique_ptr<Policy> make_policy(const scenario::PolicySpec& spec, std::size_t devices);

}  // namespace probate::analysis
