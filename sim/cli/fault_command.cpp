// `probate fault` and `probate links`: talk to a running proxy.
#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/control_options.hpp"
#include "sim/cli/fault_text.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/yaml/diagnostic.hpp"

namespace probate::cli {
namespace po = boost::program_options;
namespace json = boost::json;

namespace {

po::options_description fault_flags() {
  po::options_description flags{"Flags"};
  auto add = flags.add_options();
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("on", po::value<std::vector<std::string>>()->value_name("SELECTOR"),
      "add: whom, as KEY=VALUE,… of `on:`; a pattern alone is devices=PATTERN (default: all)");
  add("name", text("NAME"), "add: what reports call it (default: hand-1, hand-2, …)");
  add("newcomers", po::bool_switch(),
      "add: also hit, once each, who appears or returns while it lasts");
  add("forever", po::bool_switch(), "add: until it is healed (default: 5 minutes, or for=TIME)");
  add("all", po::bool_switch(), "heal: every fault by hand");
  add("json", po::bool_switch(), "print what the API answered");
  add_control_flags(flags);
  return flags;
}

po::options_description links_flags() {
  po::options_description flags{"Flags"};
  auto add = flags.add_options();
  add("devices", po::value<std::string>()->value_name("PATTERN"), "only these ClientIDs: * and ?");
  add("json", po::bool_switch(), "print JSON");
  add_control_flags(flags);
  return flags;
}

ExitCode misused(std::string_view sentence) {
  complain(sentence);
  return ExitCode::usage;
}

std::optional<std::string> text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string{value->get_string().data(), value->get_string().size()};
}

std::uint32_t number_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? static_cast<std::uint32_t>(value->get_int64()) : 0;
}

// Each mistake below the text that was sent.
std::string shown_mistakes(const json::array& mistakes, const std::string& sent) {
  std::vector<yaml::Diagnostic> all;
  for (const json::value& each : mistakes) {
    const json::object* mistake = each.if_object();
    if (mistake == nullptr) continue;
    all.push_back({.file = text_in(*mistake, "file").value_or("fault"),
                   .line = number_in(*mistake, "line"),
                   .column = number_in(*mistake, "column"),
                   .code = text_in(*mistake, "code").value_or(""),
                   .message = text_in(*mistake, "message").value_or(""),
                   .source_line = text_in(*mistake, "source").value_or(sent)});
  }
  return yaml::render(all, use_color(ColorChoice::automatic, STDERR_FILENO));
}

// One question; what came, or an exit code after the reason was said.
Result<json::object, ExitCode> ask(const ControlEnd& end, proxy::ControlQuestion question) {
  question.token = end.token;
  const auto response = proxy::ask_control(end.address, question);
  if (!response) {
    complain(response.error());
    return Failure{ExitCode::environment};
  }
  boost::system::error_code error;
  const json::value value = json::parse(response->body, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) {
    complain(fmt::format("what answers at {}:{} is no control API of probate", end.address.host,
                         end.address.port));
    return Failure{ExitCode::environment};
  }
  if (response->status < 300) return *object;
  const json::value* mistakes = object->if_contains("mistakes");
  if (mistakes != nullptr && mistakes->is_array()) {
    tell(shown_mistakes(mistakes->get_array(), question.body));
    return Failure{ExitCode::invalid_scenario};
  }
  complain(text_in(*object, "error").value_or(fmt::format("HTTP status {}", response->status)));
  // Refused for what was asked; otherwise for who asks, how often, or when.
  const bool is_about_it = response->status == 404 || response->status == 409;
  return Failure{is_about_it ? ExitCode::invalid_scenario : ExitCode::environment};
}

ExitCode add_fault(const Arguments& arguments, const ControlEnd& end) {
  FaultWords words;
  words.words = {arguments.positional.begin() + 1, arguments.positional.end()};
  const po::variables_map& values = arguments.values;
  if (values.count("on") > 0) words.on = values["on"].as<std::vector<std::string>>();
  if (values.count("name") > 0) words.name = values["name"].as<std::string>();
  words.newcomers = values["newcomers"].as<bool>();
  words.forever = values["forever"].as<bool>();
  const auto text = fault_text(words);
  if (!text) return misused(text.error());
  const auto added = ask(end, {.method = "POST", .target = "/v1/faults", .body = *text});
  if (!added) return added.error();
  if (values["json"].as<bool>()) {
    fmt::print("{}\n", json::serialize(*added));
  } else {
    fmt::print("{}\n", fault_line(*added));
  }
  const bool waits = added->contains("newcomers") && added->at("newcomers") == json::value(true);
  if (number_in(*added, "hit") > 0 || waits) return ExitCode::pass;
  complain("the fault hit nobody, and is over");
  return ExitCode::inconclusive;
}

ExitCode list_faults(const Arguments& arguments, const ControlEnd& end) {
  if (arguments.positional.size() > 1) return misused("`probate fault list` takes no more words");
  const auto all = ask(end, {.target = "/v1/faults"});
  if (!all) return all.error();
  if (arguments.values["json"].as<bool>()) {
    fmt::print("{}\n", json::serialize(*all));
  } else {
    fmt::print("{}", fault_lines(*all));
  }
  return ExitCode::pass;
}

bool is_id(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Ids as they are, and those of the faults by hand that have such a name.
Result<std::vector<std::string>, ExitCode> ids_of(const std::vector<std::string>& words,
                                                  const ControlEnd& end) {
  std::vector<std::string> ids;
  std::optional<json::object> all;
  for (const std::string& word : words) {
    if (is_id(word)) {
      ids.push_back(word);
      continue;
    }
    if (!all) {
      auto listed = ask(end, {.target = "/v1/faults"});
      if (!listed) return Failure{listed.error()};
      all = std::move(*listed);
    }
    const std::vector<std::string> named = ids_named(*all, word);
    if (named.empty()) {
      complain(why_not_healed(*all, word));
      return Failure{ExitCode::invalid_scenario};
    }
    ids.insert(ids.end(), named.begin(), named.end());
  }
  return ids;
}

ExitCode heal_faults(const Arguments& arguments, const ControlEnd& end) {
  const bool all = arguments.values["all"].as<bool>();
  const std::vector<std::string> words{arguments.positional.begin() + 1,
                                       arguments.positional.end()};
  if (all != words.empty()) return misused("`probate fault heal` takes ids or names, or --all");
  const auto ids = ids_of(words, end);
  if (!ids) return ids.error();
  std::vector<std::string> targets;
  for (const std::string& id : *ids) targets.push_back("/v1/faults/" + id);
  if (all) targets.emplace_back("/v1/faults");
  for (const std::string& target : targets) {
    const auto healed = ask(end, {.method = "DELETE", .target = target});
    if (!healed) return healed.error();
    if (arguments.values["json"].as<bool>()) {
      fmt::print("{}\n", json::serialize(*healed));
    } else {
      fmt::print("healed: {}", all ? fault_lines(*healed) : fault_line(*healed) + "\n");
    }
  }
  return ExitCode::pass;
}

ExitCode read_again(const Arguments& arguments, const ControlEnd& end) {
  if (arguments.positional.size() > 1) return misused("`probate fault reload` takes no more words");
  const auto answer = ask(end, {.method = "POST", .target = "/v1/reload"});
  if (!answer) return answer.error();
  if (arguments.values["json"].as<bool>()) {
    fmt::print("{}\n", json::serialize(*answer));
  } else {
    fmt::print("read again: {}\n", text_in(*answer, "said").value_or(""));
  }
  return ExitCode::pass;
}

// A flag that only another subcommand has; "" if there is none.
std::string misplaced_flag(const Arguments& arguments, std::string_view what) {
  struct Owned {
    const char* flag;
    std::string_view by;
  };
  constexpr std::array<Owned, 5> kOwned{
      {{"on", "add"}, {"name", "add"}, {"newcomers", "add"}, {"forever", "add"}, {"all", "heal"}}};
  for (const Owned& each : kOwned) {
    if (each.by == what || !arguments.typed.contains(each.flag)) continue;
    return fmt::format("--{} is of `probate fault {}`: `probate fault {}` does nothing with it",
                       each.flag, each.by, what);
  }
  return {};
}

}  // namespace

std::string fault_flags_help() {
  std::ostringstream text;
  text << fault_flags();
  return text.str();
}

std::string links_flags_help() {
  std::ostringstream text;
  text << links_flags();
  return text.str();
}

ExitCode fault_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, fault_flags());
  if (!arguments) return misused(arguments.error());
  const auto end = control_end(*arguments);
  if (!end) return misused(end.error());
  constexpr const char* kWhat = "`probate fault` takes add, list, heal or reload";
  if (arguments->positional.empty()) return misused(kWhat);
  const std::string& what = arguments->positional[0];
  constexpr std::array<std::string_view, 4> kSubcommands{"add", "list", "heal", "reload"};
  if (std::find(kSubcommands.begin(), kSubcommands.end(), what) == kSubcommands.end()) {
    return misused(fmt::format("{}, not \"{}\"{}", kWhat, what, suggestion(what, kSubcommands)));
  }
  const std::string misplaced = misplaced_flag(*arguments, what);
  if (!misplaced.empty()) return misused(misplaced);
  if (what == "add") return add_fault(*arguments, *end);
  if (what == "list") return list_faults(*arguments, *end);
  if (what == "reload") return read_again(*arguments, *end);
  return heal_faults(*arguments, *end);
}

ExitCode links_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, links_flags());
  if (!arguments) return misused(arguments.error());
  if (!arguments->positional.empty()) {
    return misused(fmt::format("links takes no \"{}\"; a pattern is given with --devices",
                               arguments->positional[0]));
  }
  const auto end = control_end(*arguments);
  if (!end) return misused(end.error());
  const bool has_pattern = arguments->values.count("devices") > 0;
  const std::string pattern =
      has_pattern ? arguments->values["devices"].as<std::string>() : std::string{"*"};
  json::array links;
  std::uint64_t after = 0;
  do {
    const auto page = ask(*end, {.target = links_target(pattern, after)});
    if (!page) return page.error();
    const json::value* some = page->if_contains("links");
    if (some != nullptr && some->is_array()) {
      links.insert(links.end(), some->get_array().begin(), some->get_array().end());
    }
    const json::value* next = page->if_contains("after");
    after = next != nullptr && next->is_int64() ? static_cast<std::uint64_t>(next->get_int64()) : 0;
  } while (after > 0);
  if (arguments->values["json"].as<bool>()) {
    fmt::print("{}\n", json::serialize(json::object{{"links", std::move(links)}}));
  } else {
    fmt::print("{}", link_lines(links));
  }
  return ExitCode::pass;
}

}  // namespace probate::cli
