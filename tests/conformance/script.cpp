#include "tests/conformance/script.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "tests/support/packets.hpp"

namespace probate::conformance {
namespace {

using mqtt::PropertyId;
using mqtt::QoS;
using mqtt::Version;

std::vector<std::string> split(const std::string& line) {
  std::istringstream stream{line};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

Version version_named(const std::string& name) {
  if (name == "v3.1") return Version::v3_1;
  if (name == "v3.1.1") return Version::v3_1_1;
  if (name == "v5") return Version::v5;
  give_up(fmt::format("no version of MQTT is called \"{}\"", name));
}

Step parse_step(const std::string& line) {
  Step step;
  step.text = line;
  std::vector<std::string> words = split(line);
  if (words[0] == "wait") {
    step.verb = "wait";
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) step.each.push_back(parse_step(line.substr(colon + 2)));
    step.words.assign(words.begin() + 1, words.end());
    return step;
  }
  if (words.size() < 2) give_up(fmt::format("\"{}\" is no step: CLIENT VERB …", line));
  step.client = words[0];
  step.verb = words[1];
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const bool is_flag = words[i] == "clean" || words[i] == "kept" || words[i] == "retain" ||
                         words[i] == "anonymous" || words[i] == "no_payload";
    if (step.verb != "bytes" && equals != std::string::npos) {
      step.options[words[i].substr(0, equals)] = words[i].substr(equals + 1);
    } else if (step.verb != "bytes" && is_flag) {
      step.options[words[i]] = "";
    } else {
      step.words.push_back(words[i]);
    }
  }
  return step;
}

// True if the line says something about the whole script.
bool read_heading(Script& script, const std::vector<std::string>& words) {
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words[0] == "versions") {
    for (const std::string& word : rest) script.versions.push_back(version_named(word));
  } else if (words[0] == "slack") {
    script.slack = duration_of(words.at(1));
  } else if (words[0] == "window") {
    script.window = true;
  } else if (words[0] == "unmodelled") {
    script.modelled = false;
  } else if (words[0] == "config") {
    script.own_broker = true;
    if (words.size() > 2) script.broker[words[1]] = words[2];
  } else if (words[0] == "user") {
    script.own_broker = true;
    script.users[words.at(1)] = words.at(2);
  } else if (words[0] == "denied") {
    script.own_broker = true;
    script.denied.push_back(words.at(1));
  } else {
    return false;
  }
  return true;
}

void add(mqtt::Properties& properties, PropertyId id, std::uint32_t value) {
  mqtt::Property& property = properties.emplace_back();
  property.id = id;
  property.value = value;
}

}  // namespace

void give_up(const std::string& reason) {
  fmt::print(stderr, "conformance: {}\n", reason);
  std::exit(2);
}

std::string Step::option(const std::string& key, const std::string& otherwise) const {
  const auto found = options.find(key);
  return found == options.end() ? otherwise : found->second;
}

std::uint32_t Step::number(const std::string& key, std::uint32_t otherwise) const {
  const auto found = options.find(key);
  if (found == options.end()) return otherwise;
  return static_cast<std::uint32_t>(std::stoul(found->second, nullptr, 0));
}

Duration duration_of(std::string_view text) {
  std::size_t used = 0;
  const double value = std::stod(std::string{text}, &used);
  const std::string_view unit = text.substr(used);
  if (unit == "s" || unit == "s:") return from_seconds(value);
  if (unit == "ms" || unit == "ms:") return from_seconds(value / 1000);
  give_up(fmt::format("\"{}\" is no duration", text));
}

Script read_script(const std::string& path) {
  std::ifstream file{path};
  if (!file) give_up(fmt::format("cannot read {}", path));
  Script script;
  script.name = std::filesystem::path{path}.stem().string();
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    const std::vector<std::string> words = split(line);
    // Only a whole line can be a comment: `#` is a filter, too.
    if (words.empty() || words[0].starts_with('#') || read_heading(script, words)) continue;
    script.steps.push_back(parse_step(line));
  }
  if (script.versions.empty()) script.versions.push_back(Version::v3_1_1);
  if (script.steps.empty()) give_up(fmt::format("{} has no steps", path));
  return script;
}

std::string prefix_of(const Script& script, Version version) {
  return fmt::format("{}-{}/", script.name, static_cast<int>(version));
}

Version version_of(const Step& step, Version version) {
  for (const std::string& word : step.words) return version_named(word);
  return version;
}

mqtt::Connect connect_of(const Step& step, Version version, const std::string& prefix) {
  mqtt::Connect connect;
  connect.version = version_of(step, version);
  connect.clean_start = !step.has("kept");
  connect.keep_alive = static_cast<std::uint16_t>(step.number("keep_alive", 0));
  if (!step.has("anonymous")) connect.client_id = prefix + step.option("id", step.client);
  if (step.has("user")) connect.username = step.option("user", "");
  if (step.has("password")) connect.password = step.option("password", "");
  if (step.has("expiry")) {
    add(connect.properties, PropertyId::session_expiry_interval, step.number("expiry", 0));
  }
  if (!step.has("will")) return connect;
  mqtt::Will& will = connect.will.emplace();
  will.topic = prefix + step.option("will", "");
  if (!step.has("no_payload")) will.payload = step.option("payload", step.client);
  will.qos = static_cast<QoS>(step.number("qos", 0));
  will.retain = step.has("retain");
  if (step.has("expires")) {
    add(will.properties, PropertyId::message_expiry_interval, step.number("expires", 0));
  }
  if (step.has("delay")) {
    add(will.properties, PropertyId::will_delay_interval, step.number("delay", 0));
  }
  return connect;
}

mqtt::Subscribe subscribe_of(const Step& step, const std::string& prefix) {
  mqtt::Subscribe subscribe;
  subscribe.packet_id = 1;
  for (const std::string& filter : step.words) {
    mqtt::Subscription& wanted = subscribe.subscriptions.emplace_back();
    wanted.filter = prefix + filter;
    wanted.qos = static_cast<QoS>(step.number("qos", 2));
    wanted.retain_handling = static_cast<std::uint8_t>(step.number("retain_handling", 0));
    wanted.no_local = step.number("no_local", 0) != 0;
    wanted.retain_as_published = step.number("as_published", 0) != 0;
  }
  return subscribe;
}

mqtt::Unsubscribe unsubscribe_of(const Step& step, const std::string& prefix) {
  mqtt::Unsubscribe unsubscribe;
  unsubscribe.packet_id = 2;
  for (const std::string& filter : step.words) unsubscribe.filters.push_back(prefix + filter);
  return unsubscribe;
}

mqtt::Publish publish_of(const Step& step, const std::string& prefix, std::uint16_t packet_id) {
  mqtt::Publish publish;
  publish.topic = prefix + step.words.at(0);
  if (step.words.size() > 1) publish.payload = step.words[1];
  publish.qos = static_cast<QoS>(step.number("qos", 0));
  publish.retain = step.has("retain");
  if (publish.qos != QoS::at_most_once) publish.packet_id = packet_id;
  return publish;
}

mqtt::Disconnect disconnect_of(const Step& step) {
  mqtt::Disconnect disconnect;
  disconnect.reason = static_cast<std::uint8_t>(step.number("reason", 0));
  if (step.has("expiry")) {
    add(disconnect.properties, PropertyId::session_expiry_interval, step.number("expiry", 0));
  }
  return disconnect;
}

bool resets_at_once(const Step& step) { return !step.words.empty() && step.words[0] == "rst"; }

Bytes bytes_of(const Step& step) {
  return test::wire(fmt::format("{}", fmt::join(step.words, " "))).bytes;
}

}  // namespace probate::conformance
