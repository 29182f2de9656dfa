#include <algorithm>

#include <fmt/format.h>

#include "core/base/host_port.hpp"
#include "sim/yaml/profiles.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}
bool has_blank(std::string_view text) {
  return has_control(text) || text.find(' ') != std::string_view::npos;
}

void read_address(MapReader& map, scenario::BrokerSpec& broker) {
  const Node* node = map.get("address");
  if (node == nullptr) return;
  const auto text = read_text(map.context(), *node);
  if (!text) return;
  broker.managed = false;
  auto address = parse_host_port(*text, {.port = broker.port});
  if (address) {
    broker.host = std::move(address->host);
    broker.port = address->port;
    return;
  }
  map.context().error(node->place, ErrorCode::bad_broker,
                      fmt::format("\"{}\" is no HOST:PORT with a port from 1 to 65535", *text));
}

// The file is read when the run begins; here only whether it can be.
void read_pem(MapReader& tls, std::string_view key, std::string& path) {
  const Node* node = tls.get(key);
  if (node == nullptr) return;
  Context& context = tls.context();
  const auto name = read_text(context, *node);
  if (!name) return;
  path = beside(context.sources.at(node->place.source).name, *name);
  const auto content = context.read_secret(path);
  if (content) return;
  context.error(node->place, ErrorCode::file_unreadable,
                fmt::format("cannot read \"{}\": {}", path, content.error()));
}

void read_tls(MapReader& map, scenario::BrokerSpec& broker) {
  constexpr std::uint16_t kTlsPort = 8883;  // IANA's for MQTT over TLS
  const Node* node = map.get("tls");
  if (node == nullptr) return;
  MapReader inner{map.context(), *node, map.path_of("tls")};
  if (!inner.is_map()) return;
  const auto refuse = [&map](const Entry& entry, std::string why) {
    map.context().error(entry.place, ErrorCode::conflicting_keys, std::move(why));
  };
  if (!map.has("address")) {
    return refuse(*map.node().find_entry("tls"),
                  "the managed broker speaks plain MQTT; `tls` is of one at an `address`");
  }
  broker.port = kTlsPort;
  scenario::BrokerTls tls;
  inner.text("sni", tls.name);
  read_pem(inner, "ca", tls.ca);
  read_pem(inner, "cert", tls.certificate);
  read_pem(inner, "key", tls.key);
  bool insecure = false;
  inner.boolean("insecure", insecure);
  tls.verifies = !insecure;
  if (inner.has("cert") != inner.has("key")) {
    refuse(*node->find_entry(inner.has("cert") ? "cert" : "key"),
           "`cert` and `key` belong together");
  }
  if (insecure && inner.has("ca")) {
    refuse(*node->find_entry("ca"),
           "with `insecure: true` any certificate will do, so that `ca` has no effect");
  }
  inner.finish();
  broker.tls = std::move(tls);
}

void read_config(MapReader& map, scenario::BrokerSpec& broker) {
  const Node* node = map.get("config");
  if (node == nullptr) return;
  Context& context = map.context();
  if (node->kind != NodeKind::map) {
    context.error(node->place, ErrorCode::wrong_kind,
                  "a map of settings is needed here, as in {max_queued_messages: 100}");
    return;
  }
  for (const Entry& entry : node->entries) {
    // Each becomes a line of the broker's configuration file.
    const bool line = !has_control(entry.value.text) && !has_blank(entry.key);
    if (entry.value.kind != NodeKind::scalar || !line) {
      context.error(entry.place, ErrorCode::wrong_kind,
                    fmt::format("the setting `{}` takes a single value on one line", entry.key));
      continue;
    }
    broker.config[entry.key] = entry.value.text;
  }
}

constexpr double kConnectsMin = 0.01;
constexpr double kConnectsMax = 1e7;
constexpr std::uint64_t kBacklogMax = 1'000'000;

void read_capacity(MapReader& map, scenario::BrokerSpec& broker) {
  const Node* node = map.get("capacity");
  if (node == nullptr) return;
  Context& context = map.context();
  MapReader inner{context, *node, map.path_of("capacity")};
  scenario::BrokerCapacity capacity;
  if (const Node* connects = inner.get("connects")) {
    const auto rate = read_rate(context, *connects);
    if (rate && *rate >= kConnectsMin && *rate <= kConnectsMax) {
      capacity.connects_per_second = *rate;
    } else if (rate) {
      context.error(connects->place, ErrorCode::out_of_range,
                    fmt::format("{}/s is out of range: a broker accepts {}/s to {:.0f}/s", *rate,
                                kConnectsMin, kConnectsMax));
    }
  }
  if (const Node* backlog = inner.get("backlog")) {
    const auto count = read_whole(context, *backlog, 0, kBacklogMax);
    if (count) capacity.backlog = static_cast<std::uint32_t>(*count);
  }
  inner.finish();
  broker.capacity = capacity;
}

void read_profile_name(MapReader& map, scenario::BrokerSpec& broker) {
  const Node* node = map.get("profile");
  if (node == nullptr) return;
  Context& context = map.context();
  const auto name = read_text(context, *node);
  if (!name) return;
  broker.profile = *name;
  if (names_a_file(*name)) {
    broker.profile = beside(context.sources.at(node->place.source).name, *name);
  }
  const auto profile = load_profile(broker.profile, context.read_file);
  if (profile) return;
  for (const Diagnostic& diagnostic : profile.error()) {
    const bool here = diagnostic.line == 0;
    const std::string place =
        here ? "" : fmt::format("{}:{}:{}: ", diagnostic.file, diagnostic.line, diagnostic.column);
    context.error(node->place, ErrorCode::unknown_profile, place + diagnostic.message);
  }
}

}  // namespace

scenario::BrokerSpec read_broker(Context& context, const Node& node) {
  scenario::BrokerSpec broker;
  MapReader map{context, node, "broker"};
  read_tls(map, broker);
  read_address(map, broker);
  read_config(map, broker);
  read_capacity(map, broker);
  read_profile_name(map, broker);
  read_password(map, broker.password);
  map.text("username", broker.username);
  map.word("wills", broker.publishes_wills, {true, false});
  bool managed = false;
  map.word("managed", managed, {true});
  if (managed && !broker.managed) {
    context.error(node.find_entry("managed")->place, ErrorCode::conflicting_keys,
                  "the broker is either `managed` or at an `address`");
  }
  map.finish();
  return broker;
}

}  // namespace probate::yaml
