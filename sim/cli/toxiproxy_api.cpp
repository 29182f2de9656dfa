#include "sim/cli/toxiproxy_api.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/toxics.hpp"
#include "sim/cli/version.hpp"

namespace probate::cli {
namespace json = boost::json;

namespace {

using proxy::control_error;
using proxy::ControlResponse;

constexpr std::string_view kProxies = "/proxies";
constexpr std::size_t kNameBytesMax = 100;
// Whose requests and answers these are.
constexpr const char* kSpokenVersion = "2.9.0";

constexpr const char* kNoMethod = "this path has no such method";
constexpr const char* kNeedsObject = "the body must be a JSON object";
constexpr const char* kNeedsAttributes = "attributes must be a JSON object";

std::string text_or(const json::object& object, std::string_view key, std::string otherwise) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// The port decides: localhost and 127.0.0.1 are the same, and so are 0.0.0.0 and what it stands
// for.
std::string_view port_in(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon == address.npos ? std::string_view{} : address.substr(colon + 1);
}

// "a", "toxics", "t" of "/proxies/a/toxics/t".
std::vector<std::string> parts_of(std::string_view target) {
  std::vector<std::string> parts;
  target = target.substr(0, target.find('?'));
  target.remove_prefix(std::min(kProxies.size() + 1, target.size()));
  while (!target.empty()) {
    const std::string_view part = target.substr(0, target.find('/'));
    parts.emplace_back(part);
    target.remove_prefix(std::min(part.size() + 1, target.size()));
  }
  return parts;
}

// What stands in a path as it is.
constexpr const char* kNeedsName =
    "a name has 1 to 100 letters, digits, '.', '_' and '-': it stands in paths";
bool is_toxi_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

bool is_change(const std::string& method) { return method == "POST" || method == "PATCH"; }

// Nothing: not given. Otherwise whether it is one.
std::optional<bool> is_one(const json::value* number) {
  if (number == nullptr) return std::nullopt;
  return number->is_number() && number->to_number<double>() == 1;
}
constexpr const char* kOnlyOne = "toxicity must be 1 here: /v1/faults takes a share of the devices";

// All of them or none.
Result<std::vector<std::uint64_t>, std::string> add_all(
    live::Controlled& faults, const std::vector<live::HandOrder>& orders) {
  std::vector<std::uint64_t> numbers;
  for (const live::HandOrder& order : orders) {
    const auto added = faults.add_fault(order);
    if (added) {
      numbers.push_back(added->number);
      continue;
    }
    for (const std::uint64_t number : numbers) faults.heal_fault(number);
    return Failure{added.error().sentence};
  }
  return numbers;
}

void heal_all(live::Controlled& faults, std::vector<std::uint64_t>& numbers) {
  for (const std::uint64_t number : numbers) faults.heal_fault(number);
  numbers.clear();
}

}  // namespace

ToxiproxyApi::ToxiproxyApi(live::AskControlled ask, const std::vector<Front>& fronts)
    : ask_{std::move(ask)} {
  for (const Front& front : fronts) {
    const std::size_t number = proxies_.size() + 1;
    proxies_.push_back(
        {.name = number == 1 ? "mqtt" : fmt::format("mqtt-{}", number), .front = front});
  }
}

bool ToxiproxyApi::knows(std::string_view path) {
  return path == "/version" || path == "/populate" || path == "/reset" || path == kProxies ||
         path.starts_with("/proxies/");
}

void ToxiproxyApi::handle(const proxy::ControlRequest& request,
                          const proxy::ControlServer::Answer& answer) {
  Asked asked{.method = request.method, .path = request.target.substr(0, request.target.find('?'))};
  boost::system::error_code error;
  json::value body = json::parse(request.body, error);
  if (!error) asked.body = std::move(body);
  ask_([this, asked = std::move(asked), answer](live::Controlled& faults) {
    answer([said = act(asked, faults)] {
      if (!said.refusal.empty()) return control_error(said.status, said.refusal);
      ControlResponse response;
      response.status = said.status;
      if (!said.document.is_null()) response.body = json::serialize(said.document) + "\n";
      return response;
    });
  });
}

ToxiproxyApi::Said ToxiproxyApi::refuse(unsigned status, std::string sentence) {
  return {.status = status, .refusal = std::move(sentence)};
}

void ToxiproxyApi::forget_healed(live::Controlled& faults) {
  std::set<std::uint64_t> standing;
  for (const live::FaultFacts& facts : faults.faults()) standing.insert(facts.number);
  for (Proxy& each : proxies_) {
    for (auto next = each.toxics.begin(); next != each.toxics.end();) {
      const auto toxic = next++;
      Numbers& numbers = toxic->second.faults;
      // One that does nothing has none.
      const bool is_whole = std::all_of(numbers.begin(), numbers.end(), [&](std::uint64_t number) {
        return standing.contains(number);
      });
      if (is_whole) continue;
      heal_all(faults, numbers);
      each.toxics.erase(toxic);
    }
  }
}

ToxiproxyApi::Said ToxiproxyApi::act(const Asked& asked, live::Controlled& faults) {
  forget_healed(faults);
  if (asked.path == "/version") {
    return {.document = json::object{
                {"version", fmt::format("{}-probate-{}", kSpokenVersion, PROBATE_VERSION)}}};
  }
  if (asked.path == "/populate" || asked.path == "/reset") {
    if (asked.method != "POST") return refuse(405, kNoMethod);
    if (asked.path == "/populate") return populate(asked, faults);
    const auto done = reset(faults);
    return done ? Said{.status = 204} : refuse(503, done.error());
  }
  if (asked.path == kProxies) return proxies(asked, faults);
  const std::vector<std::string> parts = parts_of(asked.path);
  Proxy* const of = parts.empty() ? nullptr : find(parts[0]);
  if (of == nullptr) return refuse(404, "proxy not found");
  if (parts.size() == 1) return one_proxy(asked, *of, faults);
  if (parts[1] != "toxics" || parts.size() > 3) {
    return refuse(404, "there is nothing at this path");
  }
  if (parts.size() == 2) return toxics(asked, *of, faults);
  return one_toxic(asked, *of, parts[2], faults);
}

// ---- proxies

json::object ToxiproxyApi::toxic_json(const std::string& name, const Toxic& toxic) {
  return {{"attributes", toxic.attributes},
          {"name", name},
          {"type", toxic.type},
          {"stream", toxic.stream},
          {"toxicity", 1}};
}

json::object ToxiproxyApi::proxy_json(const Proxy& of) {
  json::array all;
  for (const auto& [name, toxic] : of.toxics) all.push_back(toxic_json(name, toxic));
  return {{"name", of.name},
          {"listen", of.front.listen},
          {"upstream", of.front.upstream},
          {"enabled", of.enabled},
          {"toxics", std::move(all)}};
}

ToxiproxyApi::Proxy* ToxiproxyApi::find(std::string_view name) {
  const auto found = std::find_if(proxies_.begin(), proxies_.end(),
                                  [name](const Proxy& proxy) { return proxy.name == name; });
  return found == proxies_.end() ? nullptr : &*found;
}

Result<ToxiproxyApi::Proxy*, std::string> ToxiproxyApi::adopt(const json::value& wanted,
                                                              Proxy* only) {
  if (!wanted.is_object()) return Failure{std::string{"each proxy must be a JSON object"}};
  const json::object& document = wanted.get_object();
  const json::value* enabled = document.if_contains("enabled");
  if (enabled != nullptr && !enabled->is_bool()) {
    return Failure{std::string{"enabled must be true or false"}};
  }
  const std::string name = text_or(document, "name", only == nullptr ? "" : only->name);
  Proxy* ours = nullptr;
  for (Proxy& each : proxies_) {
    if (only != nullptr && only != &each) continue;
    const std::string listen = text_or(document, "listen", each.front.listen);
    const std::string upstream = text_or(document, "upstream", each.front.upstream);
    const bool is_it = port_in(listen) == port_in(each.front.listen) &&
                       port_in(upstream) == port_in(each.front.upstream);
    if (!is_it) continue;
    // Two listeners can have one port: of 127.0.0.1 and of ::1.
    if (ours == nullptr || listen == each.front.listen) ours = &each;
  }
  if (ours == nullptr) {
    const Front& front = (only == nullptr ? proxies_.front() : *only).front;
    return Failure{
        only == nullptr && proxies_.size() > 1
            ? fmt::format("none of the {} listeners of this process has these addresses: "
                          "begin another for other addresses",
                          proxies_.size())
            : fmt::format("this is the proxy {} to {}: begin another process for other "
                          "addresses",
                          front.listen, front.upstream)};
  }
  if (!is_toxi_name(name)) return Failure{std::string{kNeedsName}};
  const Proxy* const holder = find(name);
  if (holder != nullptr && holder != ours) {
    return Failure{fmt::format("the proxy {} is called {} already", holder->front.listen, name)};
  }
  ours->name = name;
  return ours;
}

Result<std::vector<ToxiproxyApi::Proxy*>, ToxiproxyApi::Said> ToxiproxyApi::obey(
    const json::array& documents, live::Controlled& faults, Proxy* only) {
  std::vector<std::pair<std::string, bool>> before;
  for (const Proxy& each : proxies_) before.emplace_back(each.name, each.enabled);
  const auto undo = [&](unsigned status, std::string why) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      proxies_[i].name = before[i].first;
      (void)enable(proxies_[i], before[i].second, faults);
    }
    return Failure{refuse(status, std::move(why))};
  };
  std::vector<Proxy*> ours;
  for (const json::value& document : documents) {
    const auto adopted = adopt(document, only);
    if (!adopted) return undo(400, adopted.error());
    ours.push_back(*adopted);
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const json::value* enabled = documents[i].get_object().if_contains("enabled");
    if (enabled == nullptr) continue;
    const auto done = enable(*ours[i], enabled->get_bool(), faults);
    if (!done) return undo(503, done.error());
  }
  return ours;
}

ToxiproxyApi::Said ToxiproxyApi::proxies(const Asked& asked, live::Controlled& faults) {
  if (asked.method == "GET") {
    json::object all;
    for (const Proxy& each : proxies_) all[each.name] = proxy_json(each);
    return {.document = std::move(all)};
  }
  if (asked.method != "POST") return refuse(405, kNoMethod);
  if (!asked.body || !asked.body->is_object()) return refuse(400, kNeedsObject);
  const auto ours = obey({*asked.body}, faults);
  if (!ours) return ours.error();
  return {.status = 201, .document = proxy_json(*ours->front())};
}

ToxiproxyApi::Said ToxiproxyApi::populate(const Asked& asked, live::Controlled& faults) {
  const json::array* all = asked.body ? asked.body->if_array() : nullptr;
  if (all == nullptr || all->empty()) return refuse(400, "the body must be a JSON list of proxies");
  const auto ours = obey(*all, faults);
  if (!ours) return ours.error();
  json::array made;
  for (const Proxy* each : *ours) made.push_back(proxy_json(*each));
  return {.status = 201, .document = json::object{{"proxies", std::move(made)}}};
}

ToxiproxyApi::Said ToxiproxyApi::one_proxy(const Asked& asked, Proxy& of,
                                           live::Controlled& faults) {
  if (asked.method == "GET") return {.document = proxy_json(of)};
  if (asked.method == "DELETE") {
    return refuse(400,
                  "this process is the proxy: it ends with SIGTERM, and a disabled one "
                  "({\"enabled\": false}) lets nobody in");
  }
  if (!is_change(asked.method)) return refuse(405, kNoMethod);
  if (!asked.body || !asked.body->is_object()) return refuse(400, kNeedsObject);
  const auto ours = obey({*asked.body}, faults, &of);
  if (!ours) return ours.error();
  return {.document = proxy_json(of)};
}

void ToxiproxyApi::narrow(Orders& orders, const Proxy& of) const {
  if (proxies_.size() == 1) return;
  for (live::HandOrder& each : orders) each.fault.spec.on.listener = of.front.listen;
}

Result<bool, std::string> ToxiproxyApi::enable(Proxy& of, bool enabled,
                                               live::Controlled& faults) const {
  if (enabled == of.enabled) return true;
  if (enabled) {
    auto reopened = faults.reopen_listener(of.front.listen);
    if (!reopened) return reopened;
    heal_all(faults, of.disabling);
    of.enabled = true;
    return true;
  }
  // So that the journal says why they end.
  scenario::HandFault cut;
  cut.spec.name = "disabled";
  cut.spec.what = fault::Drop{.how = fault::CutHow::fin};
  Orders orders{{std::move(cut), {}}};
  narrow(orders, of);
  auto numbers = add_all(faults, orders);
  if (!numbers) return Failure{numbers.error()};
  of.disabling = std::move(*numbers);
  of.enabled = false;
  auto shut = faults.shut_listener(of.front.listen);
  if (!shut) (void)enable(of, true, faults);
  return shut;
}

Result<bool, std::string> ToxiproxyApi::reset(live::Controlled& faults) {
  Result<bool, std::string> done = true;
  for (Proxy& each : proxies_) {
    if (auto enabled = enable(each, true, faults); !enabled) done = std::move(enabled);
    for (auto& [name, toxic] : each.toxics) heal_all(faults, toxic.faults);
    each.toxics.clear();
  }
  return done;
}

// ---- toxics

ToxiproxyApi::Said ToxiproxyApi::toxics(const Asked& asked, Proxy& of, live::Controlled& faults) {
  if (asked.method == "POST") return add_toxic(asked, of, faults);
  if (asked.method != "GET") return refuse(405, kNoMethod);
  return {.document = proxy_json(of)["toxics"]};
}

ToxiproxyApi::Said ToxiproxyApi::add_toxic(const Asked& asked, Proxy& of,
                                           live::Controlled& faults) {
  const json::object* wanted = asked.body ? asked.body->if_object() : nullptr;
  if (wanted == nullptr) return refuse(400, kNeedsObject);
  Toxic toxic;
  toxic.type = text_or(*wanted, "type", "");
  toxic.stream = text_or(*wanted, "stream", "downstream");
  const std::string name = text_or(*wanted, "name", toxic.type + "_" + toxic.stream);
  if (!is_toxi_name(name)) return refuse(400, kNeedsName);
  if (toxic.stream != "upstream" && toxic.stream != "downstream") {
    return refuse(400, "stream is upstream or downstream");
  }
  if (!is_one(wanted->if_contains("toxicity")).value_or(true)) return refuse(400, kOnlyOne);
  const json::value* attributes = wanted->if_contains("attributes");
  if (attributes != nullptr && !attributes->is_object()) return refuse(400, kNeedsAttributes);
  if (attributes != nullptr) toxic.attributes = attributes->get_object();
  if (of.toxics.contains(name)) return refuse(409, "toxic already exists");
  if (of.toxics.size() >= kToxicsMax) return refuse(409, "there are too many toxics: remove some");
  return set_toxic(of, name, std::move(toxic), faults);
}

ToxiproxyApi::Said ToxiproxyApi::set_toxic(Proxy& of, const std::string& name, Toxic toxic,
                                           live::Controlled& faults) {
  auto orders = faults_of_toxic(toxic.type, toxic.stream, toxic.attributes, name);
  if (!orders) return refuse(400, orders.error());
  narrow(*orders, of);
  // Before the old ones are healed: those stay if these are refused.
  auto numbers = add_all(faults, *orders);
  if (!numbers) return refuse(503, numbers.error());
  Toxic& place = of.toxics[name];
  heal_all(faults, place.faults);
  toxic.faults = std::move(*numbers);
  place = std::move(toxic);
  return {.document = toxic_json(name, place)};
}

ToxiproxyApi::Said ToxiproxyApi::one_toxic(const Asked& asked, Proxy& of, const std::string& name,
                                           live::Controlled& faults) {
  const auto found = of.toxics.find(name);
  if (found == of.toxics.end()) return refuse(404, "toxic not found");
  if (asked.method == "GET") return {.document = toxic_json(name, found->second)};
  if (is_change(asked.method)) return change_toxic(asked, of, name, faults);
  if (asked.method != "DELETE") return refuse(405, kNoMethod);
  heal_all(faults, found->second.faults);
  of.toxics.erase(found);
  return {.status = 204};
}

ToxiproxyApi::Said ToxiproxyApi::change_toxic(const Asked& asked, Proxy& of,
                                              const std::string& name, live::Controlled& faults) {
  const json::object* wanted = asked.body ? asked.body->if_object() : nullptr;
  if (wanted == nullptr) return refuse(400, kNeedsObject);
  Toxic toxic = of.toxics.at(name);
  // Some clients send all that they know of it.
  const std::array<std::pair<const char*, std::string>, 3> fixed{
      {{"name", name}, {"type", toxic.type}, {"stream", toxic.stream}}};
  for (const auto& [key, value] : fixed) {
    if (text_or(*wanted, key, value) == value) continue;
    return refuse(
        400, fmt::format("the {} of a toxic stays {}: remove it and add another one", key, value));
  }
  if (!is_one(wanted->if_contains("toxicity")).value_or(true)) return refuse(400, kOnlyOne);
  const json::value* attributes = wanted->if_contains("attributes");
  if (attributes != nullptr && !attributes->is_object()) return refuse(400, kNeedsAttributes);
  if (attributes != nullptr) {
    for (const auto& each : attributes->get_object()) {
      toxic.attributes.insert_or_assign(each.key(), each.value());
    }
  }
  return set_toxic(of, name, std::move(toxic), faults);
}

}  // namespace probate::cli
