#include "sim/cli/control_api.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/mqtt/utf8.hpp"
#include "sim/cli/version.hpp"
#include "sim/yaml/hand_fault.hpp"

namespace probate::cli {
namespace {

namespace json = boost::json;
using proxy::control_error;
using proxy::ControlResponse;

constexpr std::string_view kLinks = "/v1/links";
constexpr std::string_view kListeners = "/v1/listeners";
constexpr std::string_view kFaults = "/v1/faults";
constexpr std::string_view kReload = "/v1/reload";

// JSON is UTF-8; what a message cuts off, or a client names itself, need not be.
std::string as_utf8(std::string text) {
  for (auto fault = mqtt::find_utf8_fault(text); fault; fault = mqtt::find_utf8_fault(text)) {
    text[fault->offset] = '?';
  }
  return text;
}

ControlResponse answer_of(const json::value& value, unsigned status = 200) {
  ControlResponse response;
  response.status = status;
  response.body = json::serialize(value) + "\n";
  return response;
}

ControlResponse wrong_method(std::string allowed) {
  ControlResponse response = control_error(405, "this path takes " + allowed);
  response.fields.emplace_back("Allow", std::move(allowed));
  return response;
}

template <typename T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{value} : std::nullopt;
}

// %41 → A. Nothing: it is none.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    unsigned byte = 0;
    const char* begin = text.data() + i + 1;
    const auto parsed = std::from_chars(begin, begin + 2, byte, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != begin + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// What a query asks; nothing, and why, if it asks what nobody knows.
Result<live::LinkQuery, std::string> link_query(std::string_view text) {
  live::LinkQuery query;
  query.most = ControlApi::kLinksMax;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, equals);
    const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    const auto found = whole<std::uint64_t>(value.value_or(""));
    const std::uint64_t number = found.value_or(0);
    if (key == "devices" && value) {
      query.devices = *value;
    } else if (key == "after" && found) {
      query.after = ConnectionId{number};
    } else if (key == "limit" && number > 0 && number <= ControlApi::kLinksMax) {
      query.most = static_cast<std::size_t>(number);
    } else {
      return Failure{
          fmt::format("links takes devices=PATTERN, after=CONNECTION and limit=N, at most {}",
                      ControlApi::kLinksMax)};
    }
  }
  return query;
}

json::value seconds(const std::optional<Duration>& duration) {
  return duration ? json::value(to_seconds(*duration)) : json::value(nullptr);
}

json::object fault_json(const live::FaultFacts& facts) {
  json::object fault;
  const bool is_by_hand = facts.number > 0;
  fault["by"] = is_by_hand ? "hand" : "scenario";
  if (is_by_hand) fault["id"] = facts.number;
  fault["name"] = facts.name;
  fault["what"] = facts.what;
  fault["on"] = facts.on;
  fault["active"] = facts.active;
  if (!is_by_hand) return fault;
  fault["age_s"] = seconds(facts.age);
  fault["left_s"] = seconds(facts.left);
  fault["newcomers"] = facts.newcomers;
  fault["hit"] = facts.hit;
  json::object skipped;
  for (const auto& [reason, count] : facts.skipped) skipped[reason] = count;
  fault["skipped"] = std::move(skipped);
  if (!facts.nobody.empty()) fault["nobody"] = facts.nobody;
  return fault;
}

json::object faults_json(const std::vector<live::FaultFacts>& all) {
  json::array faults;
  for (const live::FaultFacts& facts : all) faults.push_back(fault_json(facts));
  return {{"faults", std::move(faults)}};
}

json::object links_json(const live::LinkPage& page) {
  json::array links;
  for (const live::LinkFacts& facts : page.links) {
    links.push_back(
        json::object{{"connection", facts.connection.value},
                     {"client_id", as_utf8(facts.client_id)},
                     {"group", facts.group},
                     {"source", facts.source},
                     {"listener", facts.listener},
                     {"speaks", facts.speaks},
                     {"sni", facts.sni},
                     {"age_s", to_seconds(facts.age)},
                     {"state", facts.state},
                     {"bytes_up", facts.bytes_up},
                     {"bytes_down", facts.bytes_down},
                     {"faults", json::array(facts.faults.begin(), facts.faults.end())}});
  }
  json::object out{{"links", std::move(links)}};
  if (page.more) out["after"] = page.links.back().connection.value;
  return out;
}

json::object listeners_json(const std::vector<live::ListenerFacts>& all) {
  json::array listeners;
  for (const live::ListenerFacts& facts : all) {
    json::object refused;
    for (const auto& [reason, count] : facts.refused) refused[reason] = count;
    listeners.push_back(json::object{{"listen", facts.listen},
                                     {"upstream", facts.upstream},
                                     {"accepted", facts.accepted},
                                     {"dial_errors", facts.dial_errors},
                                     {"refused", std::move(refused)}});
  }
  return {{"listeners", std::move(listeners)}};
}

ControlResponse mistakes(const std::vector<yaml::Diagnostic>& all) {
  json::array list;
  for (const yaml::Diagnostic& each : all) {
    list.push_back(json::object{{"file", as_utf8(each.file)},
                                {"line", each.line},
                                {"column", each.column},
                                {"code", each.code},
                                {"message", as_utf8(each.message)},
                                {"source", as_utf8(each.source_line)}});
  }
  const yaml::Diagnostic& first = all.front();
  return answer_of(
      json::object{{"error", as_utf8(fmt::format("{}:{}: {} [{}]", first.line, first.column,
                                                 first.message, first.code))},
                   {"mistakes", std::move(list)}},
      400);
}

ControlResponse refused(const live::Refusal& refusal) {
  switch (refusal.why) {
    case live::Refusal::Why::too_many:
    case live::Refusal::Why::impossible:
      return control_error(409, refusal.sentence);
    case live::Refusal::Why::draining:
      break;
  }
  return control_error(503, refusal.sentence);
}

ControlResponse no_such_fault(std::string_view number) {
  return control_error(
      404, fmt::format("no fault by hand has the id {}: it is over, or never was", number));
}

json::array names_json(const std::vector<std::string>& names) {
  json::array all;
  for (const std::string& name : names) all.emplace_back(name);
  return all;
}

ControlResponse reloaded(const Reloader::Outcome& outcome) {
  if (!outcome) {
    const Reloader::Trouble& trouble = outcome.error();
    if (!trouble.what.mistakes.empty()) return mistakes(trouble.what.mistakes);
    return control_error(trouble.is_for_now ? 503 : 409, trouble.what.sentence);
  }
  const live::FaultsChange& faults = outcome->facts.faults;
  return answer_of(json::object{{"faults", json::object{{"kept", faults.kept},
                                                        {"added", names_json(faults.added)},
                                                        {"changed", names_json(faults.changed)},
                                                        {"removed", names_json(faults.removed)},
                                                        {"past", names_json(faults.past)}}},
                                {"certificates", outcome->facts.certificates},
                                {"said", as_utf8(outcome->said)}});
}

}  // namespace

void ControlApi::handle(const proxy::ControlRequest& request, const Answer& answer) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string query{target.substr(std::min(mark + 1, target.size()))};
  const bool reads = request.method == "GET";
  const auto say = [&answer](ControlResponse response) {
    answer([response = std::move(response)] { return response; });
  };
  if (path == "/-/healthy") {
    return say(reads ? ControlResponse{.body = "ok\n", .type = "text/plain"} : wrong_method("GET"));
  }
  if (path == "/v1/version") {
    return say(reads ? answer_of(json::object{{"version", PROBATE_VERSION}, {"api", 1}})
                     : wrong_method("GET"));
  }
  if (path == kLinks) return reads ? links(query, answer) : say(wrong_method("GET"));
  if (path == kListeners) return reads ? listeners(answer) : say(wrong_method("GET"));
  if (path == kFaults) return faults(request, answer);
  if (path == kReload) return reload(request, answer);
  if (path.starts_with(kFaults) && path[kFaults.size()] == '/') {
    return one_fault(request, std::string{path.substr(kFaults.size() + 1)}, answer);
  }
  if (ToxiproxyApi::knows(path)) return toxiproxy_.handle(request, answer);
  say(control_error(404,
                    "there is nothing at this path: /v1/links, /v1/listeners, /v1/faults, "
                    "/v1/reload, /v1/version and /-/healthy are answered"));
}

void ControlApi::links(const std::string& query, const Answer& answer) {
  auto asked = link_query(query);
  if (!asked) return answer([why = asked.error()] { return control_error(400, why); });
  ask_([asked = std::move(*asked), answer](live::Controlled& proxy) {
    answer([page = proxy.links(asked)] { return answer_of(links_json(page)); });
  });
}

void ControlApi::listeners(const Answer& answer) {
  ask_([answer](live::Controlled& proxy) {
    answer([all = proxy.listeners()] { return answer_of(listeners_json(all)); });
  });
}

void ControlApi::reload(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method != "POST") return answer([] { return wrong_method("POST"); });
  if (!request.body.empty()) {
    return answer([] { return control_error(400, "a reload reads files: it takes no body"); });
  }
  read_again_([answer](const Reloader::Outcome& outcome) {
    answer([outcome] { return reloaded(outcome); });
  });
}

void ControlApi::faults(const proxy::ControlRequest& request, const Answer& answer) {
  if (request.method == "GET") {
    return ask_([answer](live::Controlled& proxy) {
      answer([all = proxy.faults()] { return answer_of(faults_json(all)); });
    });
  }
  if (request.method == "DELETE") {
    return ask_([answer](live::Controlled& proxy) {
      answer([all = proxy.heal_faults()] { return answer_of(faults_json(all)); });
    });
  }
  if (request.method == "POST") return add_fault(request, answer);
  answer([] { return wrong_method("GET, POST, DELETE"); });
}

void ControlApi::add_fault(const proxy::ControlRequest& request, const Answer& answer) {
  auto fault = yaml::load_hand_fault(request.body, "fault", groups_);
  if (!fault) return answer([all = fault.error()] { return mistakes(all); });
  ask_([fault = std::move(*fault), answer](live::Controlled& proxy) {
    answer([added = proxy.add_fault({fault, {}})] {
      return added ? answer_of(fault_json(*added), 201) : refused(added.error());
    });
  });
}

void ControlApi::one_fault(const proxy::ControlRequest& request, const std::string& number,
                           const Answer& answer) {
  const bool heals = request.method == "DELETE";
  if (!heals && request.method != "GET") return answer([] { return wrong_method("GET, DELETE"); });
  const auto id = whole<std::uint64_t>(number);
  if (!id || *id == 0) return answer([] { return control_error(404, "a fault's id is a number"); });
  ask_([id = *id, heals, answer](live::Controlled& proxy) {
    std::optional<live::FaultFacts> found;
    if (heals) {
      found = proxy.heal_fault(id);
    } else {
      for (live::FaultFacts& facts : proxy.faults()) {
        if (facts.number == id) found = std::move(facts);
      }
    }
    answer([id, found = std::move(found)] {
      return found ? answer_of(fault_json(*found)) : no_such_fault(std::to_string(id));
    });
  });
}

}  // namespace probate::cli
