#include "sim/live/broker_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace probate::live {
namespace {

constexpr Duration kPatience = 3s;
constexpr Duration kWillWait = 1s;
constexpr std::size_t kSentencesMax = 10;

mqtt::Connect connect_as(std::string client_id) {
  mqtt::Connect connect;
  connect.client_id = std::move(client_id);
  connect.keep_alive = 60;
  return connect;
}

}  // namespace

Result<bool, std::string> check_wills(const BrokerAddress& address, const std::string& run_id) {
  const std::string topic = fmt::format("probate/{}/self-test", run_id);
  ProbeClient watcher;
  auto connected =
      watcher.connect(address, connect_as(fmt::format("probate-watch-{}", run_id)), kPatience);
  if (!connected) return Failure{connected.error()};
  auto subscribed = watcher.subscribe(topic, kPatience);
  if (!subscribed) return subscribed;

  ProbeClient testator;
  mqtt::Connect connect = connect_as(fmt::format("probate-will-{}", run_id));
  connect.will =
      mqtt::Will{.topic = topic, .payload = run_id, .qos = {}, .retain = false, .properties = {}};
  auto accepted = testator.connect(address, connect, kPatience);
  if (!accepted) return Failure{accepted.error()};
  testator.drop();
  const auto will = watcher.receive(kWillWait);
  watcher.leave();
  if (will && will->payload == run_id) return true;
  return Failure{fmt::format(
      "the broker {}:{} published no will within {} of a FIN (topic {}): wills are switched off, "
      "or "
      "its ACL denies the topic; if that is what you test, say `broker: {{wills: none}}`",
      address.host, address.port, to_text(kWillWait), topic)};
}

std::string ask_version(const BrokerAddress& address, const std::string& run_id) {
  ProbeClient client;
  if (!client.connect(address, connect_as(fmt::format("probate-version-{}", run_id)), kPatience)) {
    return {};
  }
  if (!client.subscribe("$SYS/broker/version", kPatience)) return {};
  const auto version = client.receive(500ms);
  client.leave();
  return version ? version->payload : std::string{};
}

std::string profile_for(const std::string& version) {
  constexpr std::string_view kPrefix = "mosquitto version ";
  if (!version.starts_with(kPrefix)) return {};
  std::array<int, 3> parts{};
  const char* at = version.data() + kPrefix.size();
  const char* const end = version.data() + version.size();
  for (int& part : parts) {
    const auto read = std::from_chars(at, end, part);
    if (read.ec != std::errc{}) return {};
    at = read.ptr == end ? end : read.ptr + 1;
  }
  // 2.0.0 to 2.0.2 published no will at any takeover; 2.0.21 replaced the six-second scan.
  if (parts < std::array{2, 0, 3}) return {};
  return parts < std::array{2, 0, 21} ? "mosquitto-2.0.11" : "mosquitto-2.0.22";
}

std::string specification_for(const scenario::Scenario& scenario) {
  const bool speaks_5 =
      std::any_of(scenario.devices.begin(), scenario.devices.end(),
                  [](const auto& kind) { return kind.protocol == mqtt::Version::v5; });
  return speaks_5 ? "spec-5.0" : "spec-3.1.1";
}

std::vector<std::string> clear_state(const BrokerAddress& address,
                                     const scenario::Scenario& scenario) {
  std::vector<std::string> failures;
  const auto note = [&](std::string sentence) {
    if (failures.size() < kSentencesMax) failures.push_back(std::move(sentence));
  };
  ProbeClient janitor;
  if (auto up = janitor.connect(address, connect_as("probate-janitor"), kPatience); !up) {
    note(up.error());
    return failures;
  }
  std::set<std::string> cleared;
  for (std::uint32_t i = 0; i < scenario.device_count(); ++i) {
    const DeviceId device{i};
    const auto& kind = scenario.kind_of(device);
    const std::string client_id = scenario.client_id_of(device);
    const TemplateValues values = scenario.values_of(device, client_id);
    const auto clear = [&](const device::MessageConfig& message) {
      if (!message.retain) return;
      std::string topic = message.topic.expand(values);
      if (!cleared.insert(topic).second) return;
      mqtt::Publish empty;
      empty.topic = std::move(topic);
      empty.retain = true;
      if (auto sent = janitor.send(empty, kPatience); !sent) note(sent.error());
    };
    if (kind.will) clear(*kind.will);
    if (kind.birth) clear(*kind.birth);
    if (kind.farewell) clear(*kind.farewell);
    if (kind.clean && kind.session_expiry == Duration{}) continue;
    ProbeClient heir;  // a clean session of the same name ends the stored one
    if (auto up = heir.connect(address, connect_as(client_id), kPatience); !up) {
      note(up.error());
      continue;
    }
    heir.leave();
  }
  janitor.leave();
  return failures;
}

}  // namespace probate::live
