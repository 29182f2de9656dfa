// Presence policies: how a back end decides who is offline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/prefetch.hpp"
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
  std::optional<std::uint8_t> bdseq{};  // as carried; a carried epoch implies it
};

// Why a belief changed: what was heard, or for how long nothing was.
enum class Because : std::uint8_t {
  message,       // the message itself
  wait,          // the wait that a will began is over
  silence,       // nothing was heard for too long: a suspicion
  broker_event,  // the broker's own word, or the wait that it began
};

struct BeliefChange {
  Instant at{};
  DeviceId device;
  Belief belief{};
  // What changed it: the message itself, or for a timer the will that set it.
  journal::MessageKind because{};
  Instant because_at{};  // silence: when the device was last heard
  Because why = Because::message;

  bool is_of_a_will() const {
    return because == journal::MessageKind::will &&
           (why == Because::message || why == Because::wait);
  }
};
using BeliefChanges = std::vector<BeliefChange>;

// One policy with its state for every device of the fleet; all begin unknown. Feed it what the back
// end received; it appends changes of belief. Retained copies are fed too: what to make of them is
// part of a policy. Messages of kind unknown are not fed.
//
// Threads: one owner. Determinism: same calls, same changes.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual void handle(Instant now, const Heard& heard, BeliefChanges& out) = 0;
  // Requires: event.device is of the fleet.
  virtual void handle_broker_event(Instant now, const journal::BrokerEvent& event,
                                   BeliefChanges& out);
  // From here on the device is heard at its intervals and nothing tells of it; or that is over, and
  // it was heard at most one of them ago.
  virtual void handle_rest(Instant /*now*/, DeviceId, bool /*is_over*/) {}
  // Call it once `now` reaches next_timeout(). Changes are stamped with the time they were due.
  virtual void handle_timeout(Instant now, BeliefChanges& out);
  virtual std::optional<Instant> next_timeout() const { return std::nullopt; }
  // Within what time of an outage's begin it must have said offline, given the
  // broker's own bound (nothing: the broker may never notice). Nothing: it need
  // not.
  virtual std::optional<Duration> detection_bound(std::optional<Duration> broker) const {
    return broker;
  }
  // Something is about to be heard of the device.
  virtual void prefetch(DeviceId) const {}
  // Wills it ignored because they were not about the connection it knows.
  std::uint64_t stale_wills() const { return stale_wills_; }

 protected:
  std::uint64_t stale_wills_ = 0;
};

// The sequence number that a message carries in eight bits.
std::optional<std::uint8_t> bdseq_of(const Heard& heard);

std::unique_ptr<Policy> make_naive_alarm(std::size_t devices);
std::unique_ptr<Policy> make_naive(std::size_t devices);
std::unique_ptr<Policy> make_naive_birth(std::size_t devices);
std::unique_ptr<Policy> make_debounce(std::size_t devices, Duration wait);
std::unique_ptr<Policy> make_epoch(std::size_t devices);
std::unique_ptr<Policy> make_sparkplug(std::size_t devices);
std::unique_ptr<Policy> make_retained(std::size_t devices);
// Offline after more than `limit` without a word.
std::unique_ptr<Policy> make_last_seen(std::size_t devices, Duration limit);
// … or if nothing is heard within `check` after a will.
std::unique_ptr<Policy> make_last_seen_will(std::size_t devices, Duration limit, Duration check);
std::unique_ptr<Policy> make_hybrid(std::size_t devices, Duration wait, Duration limit);
std::unique_ptr<Policy> make_aws_lifecycle(std::size_t devices, Duration wait);
std::unique_ptr<Policy> make_broker_events(std::size_t devices);
std::unique_ptr<Policy> make_policy(const scenario::PolicySpec& spec, std::size_t devices);

}  // namespace probate::analysis
