// What `do: mqtt` says.
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

using fault::PacketAct;

constexpr std::array kActs{PacketAct::swallow, PacketAct::hold,       PacketAct::duplicate,
                           PacketAct::reorder, PacketAct::cut_inside, PacketAct::rewrite,
                           PacketAct::inject};

std::string path_of_act(PacketAct act) { return fmt::format("faults[].{}", to_text(act)); }

// "connack" and so on, as the language spells them.
mqtt::PacketType packet_named(std::string_view word) {
  auto type = mqtt::PacketType::connect;
  while (fault::to_word(type) != word) {
    type = static_cast<mqtt::PacketType>(static_cast<int>(type) + 1);
  }
  return type;
}

// Exactly one of them says what is done, and to which packet.
bool read_act(MapReader& map, fault::Mqtt& what) {
  Context& context = map.context();
  int given = 0;
  bool is_read = false;
  for (const PacketAct act : kActs) {
    const Node* node = map.get(to_text(act));
    if (node == nullptr) continue;
    ++given;
    const Key& key = *find_key(context.keys, path_of_act(act));
    const auto index = read_word(context, *node, key);
    if (!index) continue;
    is_read = true;
    what.act = act;
    what.packet = packet_named(split_words(key.words)[*index]);
    what.direction = fault::ways_of(what.packet);
  }
  if (given == 1) return is_read;
  context.error(map.place(), given == 0 ? ErrorCode::missing_key : ErrorCode::conflicting_keys,
                "do: mqtt needs exactly one of `swallow`, `hold`, `duplicate`, `reorder`, "
                "`cut_inside`, `rewrite` and `inject`");
  return false;
}

// 135 or 0x87.
std::optional<std::uint8_t> read_code(Context& context, const Node& node) {
  const std::string_view text = node.text;
  const bool is_hex = node.kind == NodeKind::scalar && !node.quoted &&
                      (text.starts_with("0x") || text.starts_with("0X"));
  if (!is_hex) {
    const auto code = read_whole(context, node, 0, 0xff);
    return code ? std::optional{static_cast<std::uint8_t>(*code)} : std::nullopt;
  }
  std::uint8_t code = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, code, 16);
  if (error == std::errc{} && stop == end) return code;
  context.error(node.place, ErrorCode::out_of_range,
                fmt::format("{} is not between 0x00 and 0xff", text));
  return std::nullopt;
}

void read_conditions(MapReader& map, fault::Mqtt& what) {
  Context& context = map.context();
  read_direction(map, what.direction);
  if (const Node* nth = map.get("nth")) {
    const auto value = read_whole(context, *nth, 1, 0xffff'ffff);
    if (value) what.nth = static_cast<std::uint32_t>(*value);
  }
  if (const Node* topic = map.get("topic")) what.topic = read_text(context, *topic);
  if (map.has("qos")) {
    mqtt::QoS qos{};
    read_qos(map, "qos", qos);
    what.qos = qos;
  }
}

}  // namespace

fault::Mqtt read_mqtt(MapReader& map) {
  fault::Mqtt what;
  if (!read_act(map, what)) {
    // What the other keys mean depends on it.
    for (const char* key :
         {"direction", "nth", "topic", "qos", "reason", "delay", "bytes", "how"}) {
      map.get(key);
    }
    return what;
  }
  const bool says_something = what.act == PacketAct::rewrite || what.act == PacketAct::inject;
  if (what.act != PacketAct::inject) read_conditions(map, what);
  const Node* reason = says_something ? map.need("reason") : map.get("reason");
  if (reason != nullptr) what.reason = read_code(map.context(), *reason);
  if (what.act == PacketAct::hold) {
    map.need("delay");
    map.duration("delay", what.delay);
  }
  if (what.act != PacketAct::cut_inside) return what;
  if (const Node* bytes = map.need("bytes")) {
    what.bytes = read_bytes(map.context(), *bytes).value_or(what.bytes);
  }
  read_cut_how(map, what.how);
  return what;
}

}  // namespace probate::yaml
