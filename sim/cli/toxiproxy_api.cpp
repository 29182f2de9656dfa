#include "sim/cli/toxiproxy_api.hpp"

#include <algorithm>
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

ControlResponse toxi_answer(const json::value& value, unsigned status = 200) {
  ControlResponse response;
  response.status = status;
  response.body = json::serialize(value) + "\n";
  return response;
}

ControlResponse toxi_no_method() { return control_error(405, "this path has no such method"); }

// An object, or how it is answered that there is none.
Result<json::object, ControlResponse> object_of(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  return Failure{control_error(400, "the body must be a JSON object")};
}

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

void ToxiproxyApi::handle(const proxy::ControlRequest& request, const Answer& answer) {
  const std::string_view path{std::string_view{request.target}.substr(0, request.target.find('?'))};
  if (path == "/version") {
    return answer([] {
      return toxi_answer(
          json::object{{"version", fmt::format("{}-probate-{}", kSpokenVersion, PROBATE_VERSION)}});
    });
  }
  const bool posts = request.method == "POST";
  if (path == "/populate" || path == "/reset") {
    if (!posts) return answer(toxi_no_method);
    return path == "/reset" ? reset(answer) : populate(request, answer);
  }
  if (path == kProxies) return proxies(request, answer);
  const std::vector<std::string> parts = parts_of(path);
  Proxy* const of = parts.empty() ? nullptr : find(parts[0]);
  if (of == nullptr) return answer([] { return control_error(404, "proxy not found"); });
  if (parts.size() == 1) return one_proxy(request, *of, answer);
  if (parts[1] != "toxics" || parts.size() > 3) {
    return answer([] { return control_error(404, "there is nothing at this path"); });
  }
  if (parts.size() == 2) return toxics(request, *of, answer);
  one_toxic(request, *of, parts[2], answer);
}

namespace {

// All of them or none.
Result<std::vector<std::uint64_t>, std::string> add_all(live::Controlled& proxy,
                                                        const std::vector<live::HandOrder>& fresh) {
  std::vector<std::uint64_t> numbers;
  for (const live::HandOrder& order : fresh) {
    const auto added = proxy.add_fault(order);
    if (added) {
      numbers.push_back(added->number);
      continue;
    }
    for (const std::uint64_t number : numbers) proxy.heal_fault(number);
    return Failure{added.error().sentence};
  }
  return numbers;
}

}  // namespace

void ToxiproxyApi::exchange(std::vector<std::uint64_t> old, Faults fresh,
                            std::function<ControlResponse(std::vector<std::uint64_t>)> done,
                            const Answer& answer) {
  ask_([old = std::move(old), fresh = std::move(fresh), done = std::move(done),
        answer](live::Controlled& proxy) {
    for (const std::uint64_t number : old) proxy.heal_fault(number);
    const auto numbers = add_all(proxy, fresh);
    if (!numbers) {
      return answer([why = numbers.error()] { return control_error(503, why); });
    }
    answer([done, numbers = *numbers] { return done(numbers); });
  });
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

Result<ToxiproxyApi::Proxy*, std::string> ToxiproxyApi::adopt(const json::object& proxy,
                                                              Proxy* only) {
  const std::string name = text_or(proxy, "name", "");
  Proxy* ours = nullptr;
  for (Proxy& each : proxies_) {
    if (only != nullptr && only != &each) continue;
    const std::string listen = text_or(proxy, "listen", each.front.listen);
    const std::string upstream = text_or(proxy, "upstream", each.front.upstream);
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

void ToxiproxyApi::proxies(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method == "GET") {
    return answer([this] {
      json::object all;
      for (const Proxy& each : proxies_) all[each.name] = proxy_json(each);
      return toxi_answer(all);
    });
  }
  if (request.method != "POST") return answer(toxi_no_method);
  answer([this, body = request.body] {
    const auto asked = object_of(body);
    if (!asked) return asked.error();
    const auto ours = adopt(*asked);
    return ours ? toxi_answer(proxy_json(**ours), 201) : control_error(400, ours.error());
  });
}

void ToxiproxyApi::populate(const proxy::ControlRequest& request, const Answer& answer) {
  answer([this, body = request.body] {
    boost::system::error_code error;
    const json::value value = json::parse(body, error);
    const json::array* all = error ? nullptr : value.if_array();
    if (all == nullptr || all->empty()) {
      return control_error(400, "the body must be a JSON list of proxies");
    }
    json::array made;
    for (const json::value& each : *all) {
      if (!each.is_object()) return control_error(400, "each proxy must be a JSON object");
      const auto ours = adopt(each.get_object());
      if (!ours) return control_error(400, ours.error());
      made.push_back(proxy_json(**ours));
    }
    return toxi_answer(json::object{{"proxies", std::move(made)}}, 201);
  });
}

void ToxiproxyApi::one_proxy(const proxy::ControlRequest& request, Proxy& of,
                             const Answer& answer) {
  const auto show = [&of] { return toxi_answer(proxy_json(of)); };
  if (request.method == "GET") return answer(show);
  if (request.method == "DELETE") {
    return answer([] {
      return control_error(400,
                           "this process is the proxy: it ends with SIGTERM, and a disabled "
                           "one ({\"enabled\": false}) lets nobody in");
    });
  }
  if (!is_change(request.method)) return answer(toxi_no_method);
  auto asked = object_of(request.body);
  if (!asked) return answer([refused = asked.error()] { return refused; });
  asked->emplace("name", of.name);
  if (const auto ours = adopt(*asked, &of); !ours) {
    return answer([why = ours.error()] { return control_error(400, why); });
  }
  const json::value* enabled = asked->if_contains("enabled");
  const bool wanted = enabled == nullptr || !enabled->is_bool() ? of.enabled : enabled->get_bool();
  if (wanted == of.enabled) return answer(show);
  enable(of, wanted, answer);
}

void ToxiproxyApi::narrow(Faults& faults, const Proxy& of) const {
  if (proxies_.size() == 1) return;
  for (live::HandOrder& each : faults) each.fault.spec.on.listener = of.front.listen;
}

// Nobody is let in, and whoever is there is cut.
void ToxiproxyApi::enable(Proxy& of, bool enabled, const Answer& answer) {
  Faults fresh;
  if (!enabled) {
    scenario::HandFault refuse;
    refuse.spec.name = "disabled";
    refuse.spec.what = fault::Refuse{};
    refuse.newcomers = refuse.forever = true;
    scenario::HandFault drop;
    drop.spec.name = "disabled-now";
    drop.spec.what = fault::Drop{.how = fault::CutHow::fin};
    fresh = {{std::move(refuse), {}}, {std::move(drop), {}}};
    narrow(fresh, of);
  }
  const auto done = [&of, enabled](std::vector<std::uint64_t> numbers) {
    of.enabled = enabled;
    of.disabling = std::move(numbers);
    return toxi_answer(proxy_json(of));
  };
  exchange(of.disabling, std::move(fresh), done, answer);
}

void ToxiproxyApi::reset(const Answer& answer) {
  std::vector<std::uint64_t> old;
  for (const Proxy& each : proxies_) {
    old.insert(old.end(), each.disabling.begin(), each.disabling.end());
    for (const auto& [name, toxic] : each.toxics) {
      old.insert(old.end(), toxic.faults.begin(), toxic.faults.end());
    }
  }
  const auto done = [this](const std::vector<std::uint64_t>&) {
    for (Proxy& each : proxies_) {
      each.toxics.clear();
      each.disabling.clear();
      each.enabled = true;
    }
    return ControlResponse{.status = 204};
  };
  exchange(std::move(old), {}, done, answer);
}

// ---- toxics

void ToxiproxyApi::toxics(const proxy::ControlRequest& request, Proxy& of, const Answer& answer) {
  if (request.method == "POST") return add_toxic(request, of, answer);
  if (request.method != "GET") return answer(toxi_no_method);
  answer([&of] { return toxi_answer(*proxy_json(of).if_contains("toxics")); });
}

void ToxiproxyApi::add_toxic(const proxy::ControlRequest& request, Proxy& of,
                             const Answer& answer) {
  const auto refuse = [&answer](unsigned status, std::string why) {
    answer([status, why = std::move(why)] { return control_error(status, why); });
  };
  const auto asked = object_of(request.body);
  if (!asked) return answer([refused = asked.error()] { return refused; });
  Toxic toxic;
  toxic.type = text_or(*asked, "type", "");
  toxic.stream = text_or(*asked, "stream", "downstream");
  const std::string name = text_or(*asked, "name", toxic.type + "_" + toxic.stream);
  if (!is_toxi_name(name)) return refuse(400, kNeedsName);
  if (toxic.stream != "upstream" && toxic.stream != "downstream") {
    return refuse(400, "stream is upstream or downstream");
  }
  const json::value* toxicity = asked->if_contains("toxicity");
  if (toxicity != nullptr && !(toxicity->is_number() && toxicity->to_number<double>() == 1)) {
    return refuse(400, "toxicity must be 1 here: /v1/faults takes a share of the devices");
  }
  const json::value* attributes = asked->if_contains("attributes");
  if (attributes != nullptr && !attributes->is_object()) {
    return refuse(400, "attributes must be a JSON object");
  }
  if (attributes != nullptr) toxic.attributes = attributes->get_object();
  if (of.toxics.contains(name)) return refuse(409, "toxic already exists");
  if (of.toxics.size() >= kToxicsMax) return refuse(409, "there are too many toxics: remove some");
  set_toxic(of, name, std::move(toxic), answer);
}

void ToxiproxyApi::set_toxic(Proxy& of, const std::string& name, Toxic toxic,
                             const Answer& answer) {
  auto faults = faults_of_toxic(toxic.type, toxic.stream, toxic.attributes, name);
  if (!faults) return answer([why = faults.error()] { return control_error(400, why); });
  narrow(*faults, of);
  // In its place from now on, so that nobody else takes the name meanwhile.
  std::vector<std::uint64_t> old = std::exchange(of.toxics[name].faults, {});
  of.toxics[name] = std::move(toxic);
  const auto done = [&of, name](std::vector<std::uint64_t> numbers) {
    Toxic& made = of.toxics[name];
    made.faults = std::move(numbers);
    return toxi_answer(toxic_json(name, made));
  };
  exchange(std::move(old), std::move(*faults), done, answer);
}

void ToxiproxyApi::one_toxic(const proxy::ControlRequest& request, Proxy& of,
                             const std::string& name, const Answer& answer) {
  const auto found = of.toxics.find(name);
  if (found == of.toxics.end()) {
    return answer([] { return control_error(404, "toxic not found"); });
  }
  if (request.method == "GET") {
    return answer([name, toxic = found->second] { return toxi_answer(toxic_json(name, toxic)); });
  }
  if (request.method == "DELETE") return remove_toxic(of, name, answer);
  if (!is_change(request.method)) return answer(toxi_no_method);
  const auto asked = object_of(request.body);
  if (!asked) return answer([refused = asked.error()] { return refused; });
  Toxic toxic = found->second;
  const json::value* attributes = asked->if_contains("attributes");
  if (attributes != nullptr && attributes->is_object()) {
    for (const auto& each : attributes->get_object()) {
      toxic.attributes.insert_or_assign(each.key(), each.value());
    }
  }
  set_toxic(of, name, std::move(toxic), answer);
}

void ToxiproxyApi::remove_toxic(Proxy& of, const std::string& name, const Answer& answer) {
  std::vector<std::uint64_t> old = std::move(of.toxics[name].faults);
  of.toxics.erase(name);
  exchange(
      std::move(old), {}, [](const auto&) { return ControlResponse{.status = 204}; }, answer);
}

}  // namespace probate::cli
