// The part of validate() about topics and filters, filled in for real devices.
#include <set>

#include <fmt/format.h>

#include "core/mqtt/topics.hpp"
#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

// [MQTT-1.5.3-2] forbids NUL; of the other control characters U+0001 to U+001F and U+007F to U+009F
// [MQTT5-1.5.4] lets a receiver treat the packet as malformed, and mosquitto does.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next >= 0x80 && next <= 0x9F) return true;
  }
  return false;
}

using device::MessageConfig;

// The topics of one device. Each path is complained about once.
class TopicChecks {
 public:
  TopicChecks(const Scenario& scenario, Complaints& out) : scenario_{scenario}, out_{out} {}

  void check_device(DeviceId device) {
    const device::DeviceConfig& kind = scenario_.kind_of(device);
    const std::string id = scenario_.client_id_of(device);
    values_ = scenario_.values_of(device, id);
    values_.epoch = 1;
    prefix_ = "devices." + kind.name;
    check_client_id(id);
    const BackendSpec& backend = scenario_.backend;
    if (kind.will) check("will", *kind.will, backend.wills.empty());
    if (kind.birth) check("birth", *kind.birth, backend.births.empty());
    const bool derived = backend.messages.empty();
    if (kind.farewell) check("farewell", *kind.farewell, derived);
    for (std::size_t i = 0; i < kind.publish.size(); ++i) {
      check(fmt::format("publish[{}]", i), kind.publish[i], derived);
    }
    if (kind.luat_loop) {
      check("luat_loop.report", kind.luat_loop->report, derived);
      check("luat_loop.response", kind.luat_loop->response, derived);
    }
    for (std::size_t i = 0; i < kind.subscribe.size(); ++i) {
      check_filter(fmt::format("{}.subscribe[{}]", prefix_, i), kind.subscribe[i].expand(values_));
    }
    if (!scenario_.backend.presence.empty()) {
      if (kind.will) check_reads_back("will", *kind.will);
      if (kind.birth) check_reads_back("birth", *kind.birth);
      if (kind.farewell) check_reads_back("farewell", *kind.farewell);
    }
    prefix_ = "backend";
    for (std::size_t i = 0; i < backend.publish.size(); ++i) {
      check(fmt::format("publish[{}]", i), backend.publish[i].message, false);
    }
  }

 private:
  void add(std::string path, ErrorCode code, std::string message) {
    if (reported_.insert(path).second) out_.add(std::move(path), code, std::move(message));
  }

  void check_client_id(const std::string& id) {
    // [MQTT-1.5.3-2] [MQTT5-1.5.4-2]
    if (!has_control_character(id)) return;
    add(prefix_ + ".client_id", ErrorCode::bad_client_id,
        "a ClientID cannot contain a control character: a broker may close the connection for it");
  }

  void check(const std::string& key, const MessageConfig& message, bool filter_derived) {
    if (message.topic.empty()) return;  // complained about already
    const std::string topic = message.topic.expand(values_);
    std::string path = fmt::format("{}.{}.topic", prefix_, key);
    if (has_control_character(topic)) {
      return add(
          std::move(path), ErrorCode::bad_topic,
          "a topic cannot contain a control character: a broker may close the connection for "
          "it");
    }
    if (!mqtt::is_topic_name(topic)) {
      return add(
          std::move(path), ErrorCode::bad_topic,
          fmt::format("\"{}\" cannot be published to: a topic has 1 to 65,535 bytes, no `+`, "
                      "no `#` and no NUL",
                      topic));
    }
    const std::string filter = message.topic.to_filter();
    if (!filter_derived || mqtt::matches(filter, topic)) return;
    add(std::move(path), ErrorCode::bad_topic,
        fmt::format("the back end would derive the filter \"{}\", which does not match \"{}\"; "
                    "give it filters of its own under `backend`",
                    filter, topic));
  }

  void check_filter(std::string path, const std::string& filter) {
    if (mqtt::is_topic_filter(filter)) return;
    add(std::move(path), ErrorCode::bad_filter,
        fmt::format("\"{}\" is no topic filter: `+` fills a level, `#` is the last one", filter));
  }

  // A back end that decides about presence reads device and epoch back out of wills and births.
  void check_reads_back(const std::string& key, const MessageConfig& message) {
    TemplateValues later = values_;
    later.epoch = 123'456;
    for (const auto& [name, text] :
         {std::pair{"topic", &message.topic}, std::pair{"payload", &message.payload}}) {
      for (const TemplateValues& values : {values_, later}) {
        if (reads_back(*text, values)) continue;
        add(fmt::format("{}.{}.{}", prefix_, key, name), ErrorCode::bad_template,
            fmt::format("a back end cannot read \"{}\" back: where a text or a number ends is not "
                        "to be seen; put something that they do not contain between them",
                        text->text()));
      }
    }
  }

  static bool reads_back(const Template& text, const TemplateValues& values) {
    const auto match = text.invert(text.expand(values));
    if (!match) return false;
    if (match->client_id && *match->client_id != values.client_id) return false;
    if (match->index && *match->index != values.index) return false;
    return !match->epoch || *match->epoch == values.epoch;
  }

  const Scenario& scenario_;
  Complaints& out_;
  TemplateValues values_;
  std::string prefix_;
  std::set<std::string> reported_;
};

}  // namespace

void check_topics(const Scenario& scenario, Complaints& out) {
  TopicChecks checks{scenario, out};
  std::uint32_t first = 0;
  for (const GroupSpec& group : scenario.fleet) {
    if (group.count > 0 && !scenario.devices[group.device].client_id.empty()) {
      checks.check_device(DeviceId{first});
      checks.check_device(DeviceId{first + group.count - 1});
    }
    first += group.count;
  }
}

}  // namespace probate::scenario
