// Plays a script on the broker model.
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/broker/broker.hpp"
#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"
#include "tests/conformance/arms.hpp"

namespace probate::conformance {
namespace {

using broker::Broker;

constexpr const char* kNobody = "(nobody)";

struct Client {
  ConnectionId connection = kNoConnection;
  mqtt::Version version{};
  Bytes unread;  // bytes of a packet that is not complete
  bool open = false;
  bool holds = false;  // keeps its acknowledgements to itself
  bool mute = false;   // notes nothing down but its end
  std::deque<mqtt::Packet> held;
  std::uint16_t last_packet_id = 0;
};

class ModelArm {
 public:
  ModelArm(const Script& script, mqtt::Version version, broker::BrokerConfig config)
      : version_{version}, prefix_{prefix_of(script, version)}, broker_{std::move(config)} {}

  Transcript play(const Script& script) {
    for (const Step& step : script.steps) {
      transcript_.push_back({step.text, {}});
      if (step.verb == "wait") {
        wait(step);
        continue;
      }
      step_at_ = now_;
      waiting_ = false;
      perform(step);
    }
    return std::move(transcript_);
  }

 private:
  void wait(const Step& step) {
    waiting_ = true;
    const Instant end = now_ + duration_of(step.words.at(0));
    const Duration every = step.each.empty() ? Duration{} : duration_of(step.words.at(2));
    while (!step.each.empty() && now_ + every <= end) {
      run_until(now_ + every);
      if (client(step.each[0]).open) perform(step.each[0]);
    }
    run_until(end);
  }
  void run_until(Instant end) {
    for (auto due = broker_.next_timeout(); due && *due <= end; due = broker_.next_timeout()) {
      now_ = std::max(now_, *due);
      broker_.handle_timeout(now_, actions_);
      obey();
    }
    now_ = end;
  }

  Client& client(const Step& step) { return clients_[step.client]; }

  void perform(const Step& step) {
    if (step.client == "broker") return perform_on_broker(step);
    Client& who = client(step);
    if (step.verb == "opens" || step.verb == "connect") {
      open(step.client, version_of(step, version_));
      if (step.verb == "connect") send(who, connect_of(step, version_, prefix_));
    } else if (step.verb == "subscribe") {
      send(who, subscribe_of(step, prefix_));
    } else if (step.verb == "unsubscribe") {
      send(who, unsubscribe_of(step, prefix_));
    } else if (step.verb == "publish") {
      for (std::uint32_t n = step.number("times", 1); n > 0; --n) {
        send(who, publish_of(step, prefix_, ++who.last_packet_id));
      }
    } else if (step.verb == "ping") {
      send(who, mqtt::Pingreq{});
    } else if (step.verb == "disconnect") {
      if (resets_at_once(step)) forget(who);
      send(who, disconnect_of(step));
    } else if (step.verb == "bytes") {
      feed(who, bytes_of(step));
    } else if (step.verb == "fin" || step.verb == "rst" || step.verb == "half_close") {
      who.open = false;
      broker_.handle_closed(now_, who.connection, actions_);
      obey();
    } else if (step.verb == "mutes") {
      who.mute = true;
    } else if (step.verb == "holds") {
      who.holds = true;
    } else if (step.verb == "releases") {
      who.holds = false;
      for (auto held = std::exchange(who.held, {}); !held.empty(); held.pop_front()) {
        send(who, held.front());
      }
    } else {
      give_up(fmt::format("no client can \"{}\"", step.verb));
    }
  }
  void perform_on_broker(const Step& step) {
    if (step.verb == "stops" || step.verb == "interrupted") {
      broker_.shutdown(now_, actions_);
    } else if (step.verb == "killed") {
      broker_.crash(now_, actions_);
    } else {
      broker_.restart(now_, actions_);
    }
    obey();
  }

  void open(const std::string& name, mqtt::Version version) {
    Client& who = clients_[name];
    who = Client{};
    who.connection = ConnectionId{++last_connection_};
    who.version = version;
    who.open = true;
    names_[who.connection] = name;
  }
  void send(Client& who, const mqtt::Packet& packet) {
    if (!who.open) return;
    broker_.handle_packet(now_, who.connection, packet, actions_);
    obey();
  }
  // What the broker says to it from now on nobody notes down.
  void forget(Client& who) {
    names_[who.connection] = kNobody;
    clients_[kNobody] = who;
    clients_[kNobody].mute = true;
  }
  void feed(Client& who, const Bytes& bytes) {
    who.unread.insert(who.unread.end(), bytes.begin(), bytes.end());
    while (who.open && !who.unread.empty()) {
      mqtt::FrameScanner scanner;
      const auto step = scanner.advance(who.unread);
      if (!step) return malformed(who);
      if (!step->complete) return broker_.handle_bytes(now_, who.connection);
      const Bytes frame(who.unread.begin(),
                        who.unread.begin() + static_cast<std::ptrdiff_t>(step->consumed));
      who.unread.erase(who.unread.begin(),
                       who.unread.begin() + static_cast<std::ptrdiff_t>(step->consumed));
      const auto packet = mqtt::decode(frame, who.version, mqtt::Direction::uplink);
      if (!packet) return malformed(who);
      send(who, *packet);
    }
  }
  void malformed(Client& who) {
    broker_.handle_malformed(now_, who.connection, actions_);
    obey();
  }

  void obey() {
    const broker::Actions actions = std::exchange(actions_, {});
    for (const broker::Action& action : actions) {
      if (const auto* sent = std::get_if<broker::SendPacket>(&action)) {
        receive(names_.at(sent->connection), sent->packet);
      } else if (const auto* delivery = std::get_if<broker::Deliver>(&action)) {
        receive(names_.at(delivery->connection), broker::to_publish(*delivery));
      } else if (const auto* closed = std::get_if<broker::Close>(&action)) {
        const std::string& name = names_.at(closed->connection);
        if (clients_[name].connection != closed->connection) continue;
        if (name != kNobody) note(name, "closed");
        clients_[name].open = false;
      }
    }
    while (!answers_.empty()) {
      auto [name, packet] = std::move(answers_.front());
      answers_.pop_front();
      send(clients_[name], packet);
    }
  }
  void receive(const std::string& name, const mqtt::Packet& packet) {
    Client& who = clients_[name];
    if (const std::string line = line_of(packet, prefix_); !line.empty() && !who.mute) {
      note(name, line);
    }
    auto answer = answer_to(packet);
    if (!answer) return;
    if (who.holds) {
      who.held.push_back(std::move(*answer));
    } else {
      answers_.emplace_back(name, std::move(*answer));
    }
  }
  void note(const std::string& name, const std::string& line) {
    Event event{line, std::nullopt};
    if (waiting_) event.after = now_ - step_at_;
    transcript_.back().clients[name].push_back(std::move(event));
  }

  mqtt::Version version_;
  std::string prefix_;
  Broker broker_;
  broker::Actions actions_;
  Instant now_ = kRunStart;
  Instant step_at_ = kRunStart;
  bool waiting_ = false;
  std::uint64_t last_connection_ = 0;
  std::map<std::string, Client> clients_;
  std::map<ConnectionId, std::string> names_;
  std::deque<std::pair<std::string, mqtt::Packet>> answers_;
  Transcript transcript_;
};

}  // namespace

Transcript play_on_model(const Script& script, mqtt::Version version,
                         const broker::Profile& profile, Duration phase) {
  broker::BrokerConfig config;
  config.profile = profile;
  config.phase = phase;
  config.users = script.users;
  for (const std::string& filter : script.denied) {
    config.denied.push_back(prefix_of(script, version) + filter);
  }
  const auto queued = script.broker.find("max_queued_messages");
  if (queued != script.broker.end()) {
    config.limits.queued_max = static_cast<std::uint32_t>(std::stoul(queued->second));
  }
  const auto keep_alive_max = script.broker.find("max_keepalive");
  if (keep_alive_max != script.broker.end()) {
    config.profile.mechanics.server_keep_alive =
        std::chrono::seconds{std::stoul(keep_alive_max->second)};
  }
  const auto persistence = script.broker.find("persistence");
  config.persistence = persistence != script.broker.end() && persistence->second == "true";
  return ModelArm{script, version, std::move(config)}.play(script);
}

}  // namespace probate::conformance
