// Packet scripts: what clients do to a broker, one step per line. docs/broker-model.md has the
// words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::conformance {

struct Step {
  std::string text;                            // as it stands in the script
  std::string client;                          // "" for `wait`; "broker"
  std::string verb;                            // wait connect subscribe publish …
  std::vector<std::string> words;              // what follows
  std::map<std::string, std::string> options;  // key=value, or a key alone
  std::vector<Step> each;                      // wait: what is repeated

  bool has(const std::string& key) const { return options.contains(key); }
  std::string option(const std::string& key, const std::string& otherwise) const;
  std::uint32_t number(const std::string& key, std::uint32_t otherwise) const;
};

struct Script {
  std::string name;
  std::vector<mqtt::Version> versions;  // it is played once with each
  Duration slack = 700ms;               // what two runs of one broker may differ by
  bool window = false;   // what is waited for must lie in the profile's keep-alive window
  bool modelled = true;  // `unmodelled`: recorded, but the model does not claim it
  // A broker of its own, with these lines in its configuration; else one that scripts share.
  bool own_broker = false;
  std::map<std::string, std::string> broker;
  std::map<std::string, std::string> users;
  std::vector<std::string> denied;
  std::vector<Step> steps;
};

// Ends the program with FILE:LINE and the reason if the file is not a script.
Script read_script(const std::string& path);

// Every script has client ids and topics of its own, so that many can share a broker.
std::string prefix_of(const Script& script, mqtt::Version version);

// The packets of the steps; `version` is the one that the script is played with.
mqtt::Connect connect_of(const Step& step, mqtt::Version version, const std::string& prefix);
mqtt::Version version_of(const Step& step, mqtt::Version version);
mqtt::Subscribe subscribe_of(const Step& step, const std::string& prefix);
mqtt::Unsubscribe unsubscribe_of(const Step& step, const std::string& prefix);
mqtt::Publish publish_of(const Step& step, const std::string& prefix, std::uint16_t packet_id);
mqtt::Disconnect disconnect_of(const Step& step);
// `disconnect rst`: RST behind it, with nothing read in between.
bool resets_at_once(const Step& step);
// `bytes 10 [ <MQTT> 04 ]`: hex, and the notation of tests/support/packets.hpp.
Bytes bytes_of(const Step& step);
Duration duration_of(std::string_view text);

[[noreturn]] void give_up(const std::string& reason);

}  // namespace probate::conformance
