#include "sim/live/broker_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "core/scenario/leftovers.hpp"

namespace probate::live {
namespace {

constexpr Duration kPatience = 3s;
constexpr Duration kWillWait = 1s;
constexpr Duration kRetainedWait = 500ms;  // for the next retained message, after a SUBACK
constexpr std::size_t kRetainedMax = 1'000'000;
constexpr std::size_t kSentencesMax = 10;

// One sentence for each thing; of very many, the first.
class Failures {
 public:
  void note(std::string sentence) {
    ++count_;
    if (count_ <= kSentencesMax) sentences_.push_back(std::move(sentence));
  }
  std::vector<std::string> take() {
    if (count_ > kSentencesMax) {
      sentences_.push_back(fmt::format("and {} more", count_ - kSentencesMax));
    }
    return std::move(sentences_);
  }

 private:
  std::vector<std::string> sentences_;
  std::size_t count_ = 0;
};

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

namespace {

// The topics under which the run's messages are retained.
std::set<std::string> retained_topics(ProbeClient& listener, const scenario::Leftovers& leftovers,
                                      Failures& failures) {
  for (const std::string& filter : leftovers.filters()) {
    if (auto heard = listener.subscribe(filter, kPatience); !heard) {
      failures.note(fmt::format("what is retained under {}: {}", filter, heard.error()));
    }
  }
  std::set<std::string> topics;
  std::size_t heard = 0;
  while (const auto message = listener.receive(kRetainedWait)) {
    if (message->retain && leftovers.includes(message->topic)) topics.insert(message->topic);
    if (++heard < kRetainedMax) continue;
    failures.note(fmt::format("more than {} retained messages: not all were looked at", heard));
    listener.leave();
    break;
  }
  return topics;
}

void clear_retained(const BrokerAddress& address, const std::set<std::string>& topics,
                    Failures& failures) {
  ProbeClient janitor;
  const auto up = janitor.connect(address, connect_as("probate-janitor"), kPatience);
  const auto note = [&](const std::string& topic, const std::string& why) {
    failures.note(fmt::format("what is retained under {}: {}", topic, why));
  };
  for (const std::string& topic : topics) {
    if (!up) {
      note(topic, up.error());
      continue;
    }
    mqtt::Publish empty;
    empty.topic = topic;
    empty.retain = true;
    if (auto sent = janitor.send(empty, kPatience); !sent) note(topic, sent.error());
  }
  if (up) janitor.leave();
}

}  // namespace

std::vector<std::string> clear_state(const BrokerAddress& address,
                                     const scenario::Scenario& scenario) {
  Failures failures;
  const scenario::Leftovers leftovers{scenario};
  if (leftovers.empty()) return {};
  ProbeClient listener;
  if (auto up = listener.connect(address, connect_as("probate-janitor"), kPatience); !up) {
    failures.note(fmt::format("retained messages and sessions, if there are any: {}", up.error()));
    return failures.take();
  }
  std::set<std::string> topics;
  if (!leftovers.filters().empty()) topics = retained_topics(listener, leftovers, failures);
  if (!topics.empty()) clear_retained(address, topics, failures);
  for (const std::string& client_id : leftovers.sessions()) {
    ProbeClient heir;  // a clean session of the same name ends the stored one
    if (auto up = heir.connect(address, connect_as(client_id), kPatience); !up) {
      failures.note(fmt::format("the session of {}: {}", client_id, up.error()));
      continue;
    }
    heir.leave();
  }
  return failures.take();
}

}  // namespace probate::live
