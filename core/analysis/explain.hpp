// Causal lines: one sentence per wrong will and per false offline, from journal facts alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/judge.hpp"

namespace probate::analysis {

// "+301.2 s"
std::string moment(Instant at);
// "0.1 s", "12 ms", "1h2m"
std::string span(Duration duration);

// "meter-00412#3: silent from +301.2 s (half_open) → will due +316.2 s … +322.3 s → none seen:
// missing (broker)". `reason` is the oracle's sentence.
std::string explain_will(const WillEntry& entry, const std::string& fault, const char* reason);
// A will that belongs to no connection we know.
std::string explain_stranger(const WillEntry& entry);
// "; will topic "/willmsg", back end subscribes to "willmsg""
std::string explain_mismatch(const std::string& topic, const std::vector<std::string>& filters);

// " NOT_DUE: 12.0 s left." Of an obligation whose window had that long to go when judging stopped.
std::string explain_not_due(Duration left);
// Makes the broker's ACL the cause of a missing will.
void blame_acl_for(WillEntry& entry);

// What a false offline grew from.
struct FalseOfflineFacts {
  std::string client_id;
  std::string policy;
  std::string fault;               // of the outage before, "" if none
  std::optional<Instant> down_at;  // the outage before
  EndCause down_cause = EndCause::none;
  std::optional<Instant> up_at;  // the connection in force
  bool same_client_id = true;
  bool first_connection = false;
  std::optional<Instant> will_at;        // the will that was believed
  EndCause will_cause = EndCause::none;  // how the connection of that will ended; none: it had not
  bool will_ghost = false;
  std::optional<Instant> last_heard_at;    // … or the last sign of life, if silence was believed
  std::optional<Instant> broker_event_at;  // … or the broker's own word
  Instant began_at{};
  std::optional<Instant> ended_at;
  const char* ended_by = "";  // "birth", "message", "down", ""
  Duration duration{};
};
std::string explain_false_offline(const FalseOfflineFacts& facts);

}  // namespace probate::analysis
