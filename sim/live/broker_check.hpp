// Before the ramp: does this broker publish wills at all, and what is it? After the run: tidy up.
#pragma once

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

// Removes what the run left on a broker that is not ours: everything retained under its topics, and
// stored sessions. Returns one sentence for each thing that could not be removed. Takes a minute at
// most, and ends when a signal that ends a run is pending.
std::vector<std::string> clear_state(const BrokerAddress& address,
                                     const scenario::Scenario& scenario, const std::string& run_id);

}  // namespace probate::live
