#include <fmt/format.h>

#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using device::DeviceConfig;

void read_retry(MapReader& connect, device::RetryConfig& retry) {
  const Node* node = connect.get("retry");
  if (node == nullptr) return;
  MapReader map{connect.context(), *node, connect.path_of("retry")};
  using device::Jitter;
  using device::RetryPolicy;
  map.word("policy", retry.policy, {RetryPolicy::fixed, RetryPolicy::exponential});
  if (retry.policy == RetryPolicy::fixed) {
    map.duration("every", retry.every);
    return map.finish("policy: fixed");
  }
  map.duration("base", retry.base);
  map.duration("max", retry.max);
  map.word("jitter", retry.jitter, {Jitter::none, Jitter::full});
  map.finish("policy: exponential");
}

void read_connect(MapReader& device, device::ConnectConfig& connect) {
  const Node* node = device.get("connect");
  if (node == nullptr) return;
  MapReader map{device.context(), *node, device.path_of("connect")};
  map.duration("tcp_timeout", connect.tcp_timeout);
  map.duration("connack_timeout", connect.connack_timeout);
  read_retry(map, connect.retry);
  map.finish();
}

// The map below `key`, unless it is absent or says none.
const Node* map_or_none(MapReader& map, std::string_view key) {
  const Node* node = map.get(key);
  return is_word(node, "none") ? nullptr : node;
}

// `encoding: sparkplug` makes it that payload of Sparkplug B.
void read_state_message(MapReader& map, device::Encoding sparkplug,
                        device::MessageConfig& message) {
  map.word("encoding", message.encoding, {device::Encoding::text, sparkplug});
  if (message.encoding == device::Encoding::text) return read_message(map, message);
  map.refuse("payload", ErrorCode::conflicting_keys,
             "with `encoding: sparkplug` the payload is made for you, with {bdseq} in it");
  read_message(map, message);
  message.payload = Template::parse("{bdseq}").value();
}

void read_will(MapReader& device, DeviceConfig& config) {
  const Node* node = map_or_none(device, "will");
  if (node == nullptr) return;
  MapReader map{device.context(), *node, device.path_of("will")};
  device::WillConfig will;
  read_state_message(map, device::Encoding::ndeath, will);
  map.duration("delay", will.delay);
  map.finish();
  config.will = std::move(will);
}

void read_birth(MapReader& device, DeviceConfig& config) {
  const Node* node = map_or_none(device, "birth");
  if (node == nullptr) return;
  MapReader map{device.context(), *node, device.path_of("birth")};
  device::BirthConfig birth;
  read_state_message(map, device::Encoding::nbirth, birth);
  map.word("when", birth.when, {device::BirthWhen::connect, device::BirthWhen::boot});
  map.finish();
  config.birth = std::move(birth);
}

void read_farewell(MapReader& device, DeviceConfig& config) {
  const Node* node = map_or_none(device, "farewell");
  if (node == nullptr) return;
  MapReader map{device.context(), *node, device.path_of("farewell")};
  device::MessageConfig farewell;
  read_message(map, farewell);
  map.finish();
  config.farewell = std::move(farewell);
}

void read_subscribe(MapReader& device, DeviceConfig& config) {
  read_qos(device, "subscribe_qos", config.subscribe_qos);
  const Node* node = device.get("subscribe");
  if (node == nullptr) return;
  Context& context = device.context();
  for_each_text(context, *node, [&](const Node& item) {
    if (auto filter = read_template(context, item)) config.subscribe.push_back(std::move(*filter));
  });
}

void read_publish(MapReader& device, DeviceConfig& config) {
  const Node* node = device.get("publish");
  if (node == nullptr) return;
  Context& context = device.context();
  for_each_item(context, *node, [&](const Node& item) {
    MapReader map{context, item, device.path_of("publish[]")};
    device::PublishConfig publish;
    read_message(map, publish);
    map.need("every");
    map.duration("every", publish.every);
    map.finish();
    config.publish.push_back(std::move(publish));
  });
}

void read_loop_message(MapReader& loop, std::string_view key, device::MessageConfig& message) {
  const Node* node = loop.need(key);
  if (node == nullptr) return;
  MapReader map{loop.context(), *node, loop.path_of(key)};
  read_message(map, message);
  map.finish();
}

void read_workload(MapReader& device, DeviceConfig& config) {
  using device::Workload;
  device.word("workload", config.workload, {Workload::periodic, Workload::luat_loop});
  if (config.workload == Workload::periodic) {
    device.refuse("luat_loop", ErrorCode::conflicting_keys,
                  "`luat_loop` has no effect without workload: luat_loop");
    return;
  }
  config.luat_loop.emplace();
  const Node* node = device.need("luat_loop");
  if (node == nullptr) return;
  MapReader map{device.context(), *node, device.path_of("luat_loop")};
  map.duration("receive_timeout", config.luat_loop->receive_timeout);
  map.duration("publish_every", config.luat_loop->publish_every);
  read_loop_message(map, "report", config.luat_loop->report);
  read_loop_message(map, "response", config.luat_loop->response);
  map.finish();
}

// [MQTT5] §3.1.2.11.2: 0xFFFFFFFF says that the session does not expire.
void read_session_expiry(MapReader& device, Duration& expiry) {
  if (is_word(device.get("session_expiry"), "never")) {
    expiry = kDurationMax;
    return;
  }
  device.duration("session_expiry", expiry);
}

DeviceConfig read_device(Context& context, const Node& node, const std::string& name) {
  DeviceConfig config;
  config.name = name;
  MapReader map{context, node, "devices.*"};
  if (!map.is_map()) return config;
  map.get("preset");  // merged already
  map.need("client_id");
  map.text_template("client_id", config.client_id);
  using mqtt::Version;
  map.word("protocol", config.protocol, {Version::v3_1, Version::v3_1_1, Version::v5});
  map.boolean("clean", config.clean);
  read_session_expiry(map, config.session_expiry);
  map.duration("keep_alive", config.keep_alive);
  read_connect(map, config.connect);
  read_will(map, config);
  read_birth(map, config);
  read_farewell(map, config);
  read_subscribe(map, config);
  read_publish(map, config);
  read_workload(map, config);
  using device::OnError;
  map.word("on_error", config.on_error, {OnError::disconnect, OnError::close, OnError::reset});
  if (!is_word(map.get("pingresp_timeout"), "none") && map.has("pingresp_timeout")) {
    Duration timeout{};
    map.duration("pingresp_timeout", timeout);
    config.pingresp_timeout = timeout;
  }
  map.text("username", config.username);
  read_password(map, config.password);
  map.finish();
  return config;
}

}  // namespace

void read_qos(MapReader& map, std::string_view key, mqtt::QoS& qos) {
  const Node* node = map.get(key);
  if (node == nullptr) return;
  if (const auto level = read_whole(map.context(), *node, 0, 2)) {
    qos = static_cast<mqtt::QoS>(*level);
  }
}

void read_message(MapReader& map, device::MessageConfig& message) {
  map.need("topic");
  map.text_template("topic", message.topic);
  map.text_template("payload", message.payload);
  read_qos(map, "qos", message.qos);
  map.boolean("retain", message.retain);
}

void read_password(MapReader& map, std::string& password) {
  const Node* node = map.get("password_file");
  if (node == nullptr) return;
  Context& context = map.context();
  const auto name = read_text(context, *node);
  if (!name) return;
  const std::string path = beside(context.sources.at(node->place.source).name, *name);
  auto content = context.read_secret(path);
  if (!content) {
    context.error(node->place, ErrorCode::file_unreadable,
                  fmt::format("cannot read \"{}\": {}", path, content.error()));
    return;
  }
  constexpr std::size_t kPasswordBytesMax = 65'535;
  password = std::move(content).value();
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  if (password.size() <= kPasswordBytesMax) return;
  context.error(node->place, ErrorCode::out_of_range,
                fmt::format("a password has at most {} bytes", kPasswordBytesMax));
}

std::vector<device::DeviceConfig> read_devices(Context& context, const Node& node) {
  std::vector<DeviceConfig> devices;
  if (node.kind != NodeKind::map) {
    context.error(node.place, ErrorCode::wrong_kind,
                  "a map of devices by name is needed here, as in {meter: {client_id: …}}");
    return devices;
  }
  for (const Entry& entry : node.entries) {
    if (entry.value.kind == NodeKind::null && !context.problems.at(entry.value.place)) {
      context.error(entry.place, ErrorCode::wrong_kind,
                    fmt::format("`{}` has no value", entry.key));
    }
    devices.push_back(entry.value.kind == NodeKind::null
                          ? DeviceConfig{}
                          : read_device(context, entry.value, entry.key));
    devices.back().name = entry.key;
  }
  return devices;
}

}  // namespace probate::yaml
