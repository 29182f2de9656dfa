#include "sim/live/broker_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/leftovers.hpp"
#include "sim/live/signals.hpp"

namespace probate::live {
namespace {

constexpr Duration kPatience = 3s;
constexpr Duration kWillWait = 1s;
constexpr Duration kRetainedWait = 500ms;  // for the next retained message, after a SUBACK
constexpr std::size_t kRetainedMax = 1'000'000;
constexpr Duration kClearMax = 60s;
constexpr std::size_t kSentencesMax = 10;

// One sentence for each thing; of very many, the first.
class Failures {
 public:
  void note(std::string sentence) {
    ++count_;
    if (count_ <= kSentencesMax) sentences_.push_back(std::move(sentence));
  }
  std::size_t count() const { return count_; }
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

// When tidying up must come to an end.
class Limit {
 public:
  bool is_over() const { return pending_signal() != 0 || Clock::now() >= end_; }
  // Why it is, for a sentence.
  std::string why() const {
    if (const int signal = pending_signal()) return name_of_signal(signal);
    return fmt::format("not done within {}", to_text(kClearMax));
  }
  Duration patience(Duration most) const {
    return std::clamp(std::chrono::duration_cast<Duration>(end_ - Clock::now()), Duration{}, most);
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_ = Clock::now() + kClearMax;
};

// Every message that is retained under what was subscribed to, to `take`. Others publish there,
// too, and go on: only what was retained before is waited for.
void hear_retained(ProbeClient& listener, const Limit& limit, Failures& failures,
                   const std::function<void(const mqtt::Publish&)>& take) {
  const auto note = [&](const std::string& why) {
    failures.note(fmt::format("retained messages, if there are more: {}", why));
  };
  using Clock = std::chrono::steady_clock;
  std::size_t heard = 0;
  auto silence = Clock::now() + kRetainedWait;
  while (!limit.is_over()) {
    const auto left = std::chrono::duration_cast<Duration>(silence - Clock::now());
    const auto message = listener.receive(limit.patience(std::max(left, Duration{})));
    if (message && message->retain) {
      take(*message);
      silence = Clock::now() + kRetainedWait;
      if (++heard < kRetainedMax) continue;
      listener.leave();
      return note(fmt::format("the first {} were looked at", heard));
    }
    if (listener.is_lost()) return note("the connection was lost");
    if (!message && !limit.is_over()) return;
  }
  note(limit.why());
}

std::map<std::string, std::size_t> retained_messages(ProbeClient& listener,
                                                     const scenario::Leftovers& leftovers,
                                                     const Limit& limit, Failures& failures) {
  std::map<std::string, std::size_t> messages;
  if (leftovers.filters().empty()) return messages;
  for (const std::string& filter : leftovers.filters()) {
    if (auto heard = listener.subscribe(filter, limit.patience(kPatience)); !heard) {
      failures.note(fmt::format("what is retained under {}: {}", filter, heard.error()));
    }
  }
  hear_retained(listener, limit, failures, [&](const mqtt::Publish& message) {
    if (!leftovers.includes(message.topic)) return;
    messages[message.topic] = std::hash<std::string>{}(message.payload);
  });
  return messages;
}

// Those of `now` that were not there before.
std::set<std::string> new_topics(const std::map<std::string, std::size_t>& before,
                                 const std::map<std::string, std::size_t>& now) {
  std::set<std::string> topics;
  for (const auto& [topic, message] : now) {
    const auto old = before.find(topic);
    if (old == before.end() || old->second != message) topics.insert(topic);
  }
  return topics;
}

// About what was there before and is no longer.
std::string loss(const std::map<std::string, std::size_t>& before,
                 const std::map<std::string, std::size_t>& now) {
  std::uint64_t count = 0;
  std::string_view first;
  for (const auto& [topic, message] : before) {
    const auto left = now.find(topic);
    if (left != now.end() && left->second == message) continue;
    if (++count == 1) first = topic;
  }
  if (count == 0) return {};
  return fmt::format(
      "{} retained before the run, the first under {}: the run, or somebody meanwhile, "
      "wrote over what was there, and it cannot be restored",
      counted(count, "message that was", "messages that were"), first);
}

void clear_retained(const BrokerAddress& address, const std::string& client_id,
                    const std::set<std::string>& topics, const Limit& limit, Failures& failures) {
  ProbeClient janitor;
  const auto up = janitor.connect(address, connect_as(client_id), limit.patience(kPatience));
  const auto note = [&](const std::string& topic, const std::string& why) {
    failures.note(fmt::format("what is retained under {}: {}", topic, why));
  };
  for (const std::string& topic : topics) {
    if (!up || limit.is_over()) {
      note(topic, limit.is_over() ? limit.why() : up.error());
      continue;
    }
    mqtt::Publish empty;
    empty.topic = topic;
    empty.retain = true;
    auto sent = janitor.send(empty, limit.patience(kPatience));
    if (!sent) note(topic, sent.error());
  }
  if (up) janitor.leave();
}

void clear_sessions(const BrokerAddress& address, const scenario::Leftovers& leftovers,
                    const Limit& limit, Failures& failures) {
  for (const std::string& session : leftovers.sessions()) {
    if (limit.is_over()) {
      failures.note(fmt::format("the session of {}: {}", session, limit.why()));
      continue;
    }
    ProbeClient heir;  // a clean session of the same name ends the stored one
    auto taken = heir.connect(address, connect_as(session), limit.patience(kPatience));
    if (!taken) {
      failures.note(fmt::format("the session of {}: {}", session, taken.error()));
      continue;
    }
    heir.leave();
  }
}

}  // namespace

Retained look_at_retained(const BrokerAddress& address, const scenario::Scenario& scenario,
                          const std::string& run_id) {
  const scenario::Leftovers leftovers{scenario};
  if (leftovers.filters().empty()) return {};
  Failures failures;
  const Limit limit;
  ProbeClient listener;
  auto up = listener.connect(address, connect_as(fmt::format("probate-janitor-{}", run_id)),
                             limit.patience(kPatience));
  if (!up) return {{}, {up.error()}};
  Retained before;
  before.messages = retained_messages(listener, leftovers, limit, failures);
  before.failures = failures.take();
  listener.leave();
  return before;
}

Tidied clear_state(const BrokerAddress& address, const scenario::Scenario& scenario,
                   const std::string& run_id, const Retained& before) {
  Failures failures;
  const scenario::Leftovers leftovers{scenario};
  if (leftovers.empty()) return {};
  const Limit limit;
  // Another run may tidy up on the same broker.
  const std::string client_id = fmt::format("probate-janitor-{}", run_id);
  ProbeClient listener;
  auto up = listener.connect(address, connect_as(client_id), limit.patience(kPatience));
  if (!up) {
    failures.note(fmt::format("retained messages and sessions, if there are any: {}",
                              limit.is_over() ? limit.why() : up.error()));
    return {failures.take(), {}};
  }
  Tidied tidied;
  if (before.failures.empty()) {
    const auto now = retained_messages(listener, leftovers, limit, failures);
    const auto topics = new_topics(before.messages, now);
    if (failures.count() == 0) tidied.lost = loss(before.messages, now);
    if (!topics.empty()) clear_retained(address, client_id, topics, limit, failures);
  } else {
    failures.note(
        fmt::format("all that the run has retained, because nobody knows what was there before: {}",
                    before.failures.front()));
  }
  clear_sessions(address, leftovers, limit, failures);
  tidied.left = failures.take();
  return tidied;
}

}  // namespace probate::live
