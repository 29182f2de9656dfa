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
  if (parts.empty() || parts[0] != name_) {
    return answer([] { return control_error(404, "proxy not found"); });
  }
  if (parts.size() == 1) return one_proxy(request, answer);
  if (parts[1] != "toxics" || parts.size() > 3) {
    return answer([] { return control_error(404, "there is nothing at this path"); });
  }
  if (parts.size() == 2) return toxics(request, answer);
  one_toxic(request, parts[2], answer);
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

json::object ToxiproxyApi::proxy_json() const {
  json::array all;
  for (const auto& [name, toxic] : toxics_) all.push_back(toxic_json(name, toxic));
  return {{"name", name_},
          {"listen", front_.listen},
          {"upstream", front_.upstream},
          {"enabled", enabled_},
          {"toxics", std::move(all)}};
}

std::string ToxiproxyApi::adopt(const json::object& proxy) {
  const std::string name = text_or(proxy, "name", "");
  const std::string listen = text_or(proxy, "listen", front_.listen);
  const std::string upstream = text_or(proxy, "upstream", front_.upstream);
  const bool is_ours =
      port_in(listen) == port_in(front_.listen) && port_in(upstream) == port_in(front_.upstream);
  if (!is_ours) {
    return fmt::format("this process is one proxy, {} to {}: begin another for other addresses",
                       front_.listen, front_.upstream);
  }
  if (!is_toxi_name(name)) return kNeedsName;
  name_ = name;
  return {};
}

void ToxiproxyApi::proxies(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method == "GET") {
    return answer([this] { return toxi_answer(json::object{{name_, proxy_json()}}); });
  }
  if (request.method != "POST") return answer(toxi_no_method);
  answer([this, body = request.body] {
    const auto asked = object_of(body);
    if (!asked) return asked.error();
    const std::string why = adopt(*asked);
    return why.empty() ? toxi_answer(proxy_json(), 201) : control_error(400, why);
  });
}

void ToxiproxyApi::populate(const proxy::ControlRequest& request, const Answer& answer) {
  answer([this, body = request.body] {
    boost::system::error_code error;
    const json::value value = json::parse(body, error);
    const json::array* all = error ? nullptr : value.if_array();
    if (all == nullptr || all->size() != 1 || !all->front().is_object()) {
      return control_error(400, "the body must be a JSON list of one proxy: this process is one");
    }
    const std::string why = adopt(all->front().get_object());
    if (!why.empty()) return control_error(400, why);
    return toxi_answer(json::object{{"proxies", json::array{proxy_json()}}}, 201);
  });
}

void ToxiproxyApi::one_proxy(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method == "GET") return answer([this] { return toxi_answer(proxy_json()); });
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
  asked->emplace("name", name_);
  if (const std::string why = adopt(*asked); !why.empty()) {
    return answer([why] { return control_error(400, why); });
  }
  const json::value* enabled = asked->if_contains("enabled");
  const bool wanted = enabled == nullptr || !enabled->is_bool() ? enabled_ : enabled->get_bool();
  if (wanted == enabled_) return answer([this] { return toxi_answer(proxy_json()); });
  enable(wanted, answer);
}

// Nobody is let in, and whoever is there is cut.
void ToxiproxyApi::enable(bool enabled, const Answer& answer) {
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
  }
  const auto done = [this, enabled](std::vector<std::uint64_t> numbers) {
    enabled_ = enabled;
    disabling_ = std::move(numbers);
    return toxi_answer(proxy_json());
  };
  exchange(disabling_, std::move(fresh), done, answer);
}

void ToxiproxyApi::reset(const Answer& answer) {
  std::vector<std::uint64_t> old = disabling_;
  for (const auto& [name, toxic] : toxics_) {
    old.insert(old.end(), toxic.faults.begin(), toxic.faults.end());
  }
  const auto done = [this](const std::vector<std::uint64_t>&) {
    toxics_.clear();
    disabling_.clear();
    enabled_ = true;
    return ControlResponse{.status = 204};
  };
  exchange(std::move(old), {}, done, answer);
}

// ---- toxics

void ToxiproxyApi::toxics(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method == "POST") return add_toxic(request, answer);
  if (request.method != "GET") return answer(toxi_no_method);
  answer([this] { return toxi_answer(*proxy_json().if_contains("toxics")); });
}

void ToxiproxyApi::add_toxic(const proxy::ControlRequest& request, const Answer& answer) {
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
  if (toxics_.contains(name)) return refuse(409, "toxic already exists");
  if (toxics_.size() >= kToxicsMax) return refuse(409, "there are too many toxics: remove some");
  set_toxic(name, std::move(toxic), answer);
}

void ToxiproxyApi::set_toxic(const std::string& name, Toxic toxic, const Answer& answer) {
  auto faults = faults_of_toxic(toxic.type, toxic.stream, toxic.attributes, name);
  if (!faults) return answer([why = faults.error()] { return control_error(400, why); });
  // In its place from now on, so that nobody else takes the name meanwhile.
  std::vector<std::uint64_t> old = std::exchange(toxics_[name].faults, {});
  toxics_[name] = std::move(toxic);
  const auto done = [this, name](std::vector<std::uint64_t> numbers) {
    Toxic& made = toxics_[name];
    made.faults = std::move(numbers);
    return toxi_answer(toxic_json(name, made));
  };
  exchange(std::move(old), std::move(*faults), done, answer);
}

void ToxiproxyApi::one_toxic(const proxy::ControlRequest& request, const std::string& name,
                             const Answer& answer) {
  const auto found = toxics_.find(name);
  if (found == toxics_.end()) {
    return answer([] { return control_error(404, "toxic not found"); });
  }
  if (request.method == "GET") {
    return answer([name, toxic = found->second] { return toxi_answer(toxic_json(name, toxic)); });
  }
  if (request.method == "DELETE") return remove_toxic(name, answer);
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
  set_toxic(name, std::move(toxic), answer);
}

void ToxiproxyApi::remove_toxic(const std::string& name, const Answer& answer) {
  std::vector<std::uint64_t> old = std::move(toxics_[name].faults);
  toxics_.erase(name);
  exchange(
      std::move(old), {}, [](const auto&) { return ControlResponse{.status = 204}; }, answer);
}

}  // namespace probate::cli
