// Before the ramp: does this broker publish wills at all, and what is it? After the run: tidy up.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/live/probe_client.hpp"

namespace probate::live {

// Connects a client with a will on a private topic, drops it with FIN and waits up to 1 s for the
// will. The error says which step failed and what that usually means.
Result<bool, std::string> check_wills(const BrokerAddress& address, const std::string& run_id);

// What $SYS/broker/version says ("mosquitto version 2.0.11"), "" if the broker does not tell.
std::string ask_version(const BrokerAddress& address, const std::string& run_id);

// The built-in profile that fits such a version text, "" if none is known.
std::string profile_for(const std::string& version);
// The profile of what the devices' version of MQTT asks for, where no broker's is known.
std::string specification_for(const scenario::Scenario& scenario);

// What a broker retains under the topics of a run: of each message only enough to tell whether it
// is another one later.
struct Retained {
  std::map<std::string, std::size_t> messages;  // by topic
  std::vector<std::string> failures;            // why there may be more
};

// On a broker that is not ours, before the run. Takes a minute at most, and ends when a signal that
// ends a run is pending.
Retained look_at_retained(const BrokerAddress& address, const scenario::Scenario& scenario,
                          const std::string& run_id);

struct Tidied {
  std::vector<std::string> left;  // a sentence for each thing that could not be removed
  // About messages that were there before and that the run wrote over; "" if it did not.
  std::string lost;
};

// Removes what the run left there: what is retained under its topics and was not before, and stored
// sessions. Takes as long as look_at_retained().
Tidied clear_state(const BrokerAddress& address, const scenario::Scenario& scenario,
                   const std::string& run_id, const Retained& before);

}  // namespace probate::live
