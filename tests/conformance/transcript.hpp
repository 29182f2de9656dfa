// What the clients of a script got, step by step: as a value, as text, compared with another.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"
#include "tests/conformance/script.hpp"

namespace probate::conformance {

struct Event {
  std::string line;               // "PUBLISH w a qos1", "closed"
  std::optional<Duration> after;  // since the last step but `wait`; nothing: at once
};

struct StepEvents {
  std::string text;                                   // the step
  std::map<std::string, std::vector<Event>> clients;  // in the order in which each got them
};
using Transcript = std::vector<StepEvents>;

// What a client notes down of a packet; "" for a packet that is only an acknowledgement.
std::string line_of(const mqtt::Packet& packet, const std::string& prefix);
// What a client answers by itself: PUBACK, PUBREC, PUBREL, PUBCOMP.
std::optional<mqtt::Packet> answer_to(const mqtt::Packet& packet);

// Each step, and below it what came of it.
std::string to_text(const Transcript& transcript);
Transcript parse_transcript(std::string_view text);

// Every difference, as a sentence. Orders and texts must agree; what was waited for may differ by
// `slack`.
std::vector<std::string> differences(const Transcript& expected, const Transcript& actual,
                                     Duration slack);

}  // namespace probate::conformance
