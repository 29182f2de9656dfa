#include "sim/cli/fault_text.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/base/time.hpp"
#include "core/scenario/real_devices.hpp"

namespace probate::cli {
namespace json = boost::json;

namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// Texts that the user means as they stand; everything else is YAML.
bool is_plain_text(std::string_view key) {
  return key == "devices" || key == "group" || key == "username" || key == "source" ||
         key == "listener" || key == "sni" || key == "name";
}

std::string entry(std::string_view key, std::string_view value) {
  if (!is_plain_text(key)) return fmt::format("{}: {}", key, value);
  return fmt::format("{}: {}", key, json::serialize(json::string{value}));
}

struct KeyValue {
  std::string_view key;
  std::string_view value;
};

std::optional<KeyValue> split(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || !is_key(text.substr(0, equals))) return std::nullopt;
  return KeyValue{text.substr(0, equals), text.substr(equals + 1)};
}

Result<std::string, std::string> selector(const std::vector<std::string>& on) {
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  for (const std::string& each : on) {
    std::string_view rest = each;
    if (rest.find('=') == rest.npos) {
      add(entry("devices", rest));
      continue;
    }
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      const auto found = split(part);
      if (!found) {
        return Failure{fmt::format("--on {}: \"{}\" is no KEY=VALUE", each, part)};
      }
      add(entry(found->key, found->value));
    }
  }
  return out;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return "";
  if (value->is_string()) return {value->get_string().data(), value->get_string().size()};
  return json::serialize(*value);
}

std::string seconds_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return "";
  return fmt::format("{:.1f}s", value->to_number<double>());
}

// "2 no_link, 1 not_powered"
std::string skipped_of(const json::object& fault) {
  const json::value* skipped = fault.if_contains("skipped");
  std::string out;
  if (skipped == nullptr || !skipped->is_object()) return out;
  for (const auto& [reason, count] : skipped->get_object()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", json::serialize(count),
                       std::string_view{reason.data(), reason.size()});
  }
  return out;
}

std::string joined(const json::object& object, std::string_view key) {
  const json::value* list = object.if_contains(key);
  std::string out;
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& each : list->get_array()) {
    if (!each.is_string()) continue;
    out +=
        (out.empty() ? "" : ", ") + std::string{each.get_string().data(), each.get_string().size()};
  }
  return out;
}

// What a terminal would obey is not printed as it is.
std::string tame(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Result<std::string, std::string> fault_text(const FaultWords& words) {
  if (words.words.empty()) {
    return Failure{
        std::string{"`probate fault add` needs a fault: stall, drop, half_open, … "
                    "(`probate list faults`)"}};
  }
  const std::string& what = words.words[0];
  if (!is_key(what)) {
    return Failure{fmt::format("\"{}\" is no fault: `probate list faults` shows them", what)};
  }
  std::string text = "{do: " + what;
  auto on = selector(words.on);
  if (!on) return on;
  if (!on->empty()) text += fmt::format(", on: {{{}}}", *on);
  for (std::size_t i = 1; i < words.words.size(); ++i) {
    const auto found = split(words.words[i]);
    if (!found) {
      return Failure{fmt::format("\"{}\" is no KEY=VALUE, as in for=30s", words.words[i])};
    }
    text += ", " + entry(found->key, found->value);
  }
  if (!words.name.empty()) text += ", " + entry("name", words.name);
  if (words.newcomers) text += ", newcomers: true";
  if (words.forever) text += ", forever: true";
  return text + "}";
}

std::string links_target(std::string_view pattern, std::uint64_t after) {
  std::string target = "/v1/links?devices=";
  for (const char c : pattern) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    target += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (after > 0) target += fmt::format("&after={}", after);
  return target;
}

std::string fault_line(const json::object& fault) {
  const std::string id = text_of(fault, "id");
  std::string line = id.empty() ? "scenario" : id;
  line += fmt::format("  {}: {}, on {}: ", text_of(fault, "name"), text_of(fault, "what"),
                      text_of(fault, "on"));
  if (!id.empty()) line += text_of(fault, "hit") + " hit, ";
  line += text_of(fault, "active") + " active";
  if (const std::string skipped = skipped_of(fault); !skipped.empty()) {
    line += fmt::format(", skipped {}", skipped);
  }
  const std::string left = seconds_of(fault, "left_s");
  if (left == "0.0s" && text_of(fault, "active") == "0") {
    line += ", over";
  } else if (!left.empty()) {
    line += fmt::format(", {} left", left);
  }
  if (const std::string why = text_of(fault, "nobody"); !why.empty()) line += ": " + why;
  return tame(std::move(line));
}

std::string fault_lines(const json::object& answer) {
  const json::value* faults = answer.if_contains("faults");
  if (faults == nullptr || !faults->is_array() || faults->get_array().empty()) return "no faults\n";
  std::string out;
  for (const json::value& each : faults->get_array()) {
    if (each.is_object()) out += fault_line(each.get_object()) + "\n";
  }
  return out;
}

std::vector<std::string> ids_named(const json::object& answer, std::string_view name) {
  std::vector<std::string> ids;
  const json::value* faults = answer.if_contains("faults");
  if (faults == nullptr || !faults->is_array()) return ids;
  for (const json::value& each : faults->get_array()) {
    const json::object* fault = each.if_object();
    if (fault == nullptr || text_of(*fault, "name") != name) continue;
    if (std::string id = text_of(*fault, "id"); !id.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

std::string why_not_healed(const json::object& answer, std::string_view name) {
  const json::value* faults = answer.if_contains("faults");
  const bool is_a_list = faults != nullptr && faults->is_array();
  const auto is_of_scenario = [name](const json::value& each) {
    const json::object* fault = each.if_object();
    return fault != nullptr && text_of(*fault, "name") == name && text_of(*fault, "by") != "hand";
  };
  if (is_a_list &&
      std::any_of(faults->get_array().begin(), faults->get_array().end(), is_of_scenario)) {
    return fmt::format(
        "\"{}\" is a fault of the scenario, and none by hand is called so: take it out of the "
        "file, then `probate fault reload`",
        name);
  }
  return fmt::format(
      "no fault by hand is called \"{}\": `probate fault list` shows ids and names; one of the "
      "scenario is changed in its file",
      name);
}

std::string link_lines(const json::array& links) {
  std::string out;
  for (const json::value& each : links) {
    const json::object* link = each.if_object();
    if (link == nullptr) continue;
    const std::string client_id = text_of(*link, "client_id");
    const std::string sni = text_of(*link, "sni");
    std::string name = client_id.empty() ? text_of(*link, "speaks") : client_id;
    if (client_id.empty() && !sni.empty()) name += " " + sni;
    const std::string faults = joined(*link, "faults");
    const std::string group = text_of(*link, "group");
    const bool is_in_one = !group.empty() && group != scenario::kRealDevicesGroup;
    out += tame(fmt::format("{:<24} {:<10} {:<22} to {:<22} {:>9} {:>10} up {:>10} down{}{}",
                            name.empty() || name == "mqtt" ? "?" : name, text_of(*link, "state"),
                            text_of(*link, "source"), text_of(*link, "listener"),
                            seconds_of(*link, "age_s"), text_of(*link, "bytes_up"),
                            text_of(*link, "bytes_down"), is_in_one ? "  in " + group : "",
                            faults.empty() ? "" : "  " + faults)) +
           "\n";
  }
  return out.empty() ? "no links\n" : out;
}

}  // namespace probate::cli
