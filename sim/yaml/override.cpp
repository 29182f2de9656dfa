#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/yaml/compose.hpp"
#include "sim/yaml/keys.hpp"

namespace probate::yaml {
namespace {

// One step of a path: a key, or the position or name of a list item.
struct Step {
  std::string_view text;
  std::uint32_t column = 0;
};

// What is wrong with a path, and where.
struct PathMistake {
  std::size_t offset = 0;
  std::string message;
};

// "a.b[0].c" → a, b, 0, c.
Result<std::vector<Step>, PathMistake> steps_of(std::string_view path) {
  const auto mistake = [](std::size_t at, std::string message) {
    return Failure{PathMistake{at, std::move(message)}};
  };
  std::vector<Step> steps;
  std::size_t at = 0;
  while (at < path.size()) {
    const bool is_item = path[at] == '[';
    if (is_item && steps.empty()) return mistake(at, "a path begins with a key");
    const std::size_t begin = is_item ? at + 1 : at;
    std::size_t end = path.find_first_of(is_item ? "[]" : ".[]", begin);
    if (is_item && (end == std::string_view::npos || path[end] == '[')) {
      return mistake(at, "this [ has no ]: a list item is PATH[POSITION] or PATH[NAME]");
    }
    if (end == std::string_view::npos) end = path.size();
    if (end < path.size() && !is_item && path[end] == ']') {
      return mistake(end, "this ] closes nothing");
    }
    if (end == begin) return mistake(begin, "a key is missing here");
    steps.push_back({path.substr(begin, end - begin), static_cast<std::uint32_t>(begin)});
    at = is_item ? end + 1 : end;
    if (at == path.size() || path[at] == '[') continue;
    if (path[at] != '.') return mistake(at, "expected . or [ after ]");
    if (++at == path.size()) return mistake(at - 1, "a key is missing after the .");
  }
  return steps;
}

Node* item_of(Node& list, std::string_view step) {
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), position);
  if (error == std::errc{} && end == step.data() + step.size()) {
    return position < list.items.size() ? &list.items[position] : nullptr;
  }
  const auto found = std::find_if(list.items.begin(), list.items.end(), [step](const Node& item) {
    const Node* name = item.find("name");
    return name != nullptr && name->kind == NodeKind::scalar && name->text == step;
  });
  return found == list.items.end() ? nullptr : &*found;
}

std::string no_item(const Node& list, std::string_view step) {
  std::vector<std::string_view> names;
  for (const Node& item : list.items) {
    const Node* name = item.find("name");
    if (name != nullptr && name->kind == NodeKind::scalar) names.emplace_back(name->text);
  }
  return fmt::format("the list has {} and none is \"{}\"{}",
                     counted(list.items.size(), "item", "items"), step, suggestion(step, names));
}

// Whether the names below that key are the user's own.
bool holds_names(std::string_view key) {
  const Key* known = find_key(scenario_keys(), key);
  return known != nullptr && known->shape == Shape::named_map;
}

std::string not_there(const Node& map, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Entry& entry : map.entries) names.emplace_back(entry.key);
  return fmt::format("; \"{}\" was not there before{}", name, suggestion(name, names));
}

// Whether all of an argument's value stands in this tree, and not only a part of it.
bool is_whole_value(const Sources& sources, const Node& tree) {
  const Source& source = sources.at(tree.place.source);
  if (tree.kind == NodeKind::null || source.kind != SourceKind::option) return false;
  return tree.place.column == source.text.find_first_not_of(' ', source.text.find('=') + 1);
}

// An argument that set this tree or something in it.
const Source* option_in(const Sources& sources, const Node& tree) {
  if (is_whole_value(sources, tree)) return &sources.at(tree.place.source);
  for (const Entry& entry : tree.entries) {
    if (const Source* found = option_in(sources, entry.value)) return found;
  }
  for (const Node& item : tree.items) {
    if (const Source* found = option_in(sources, item)) return found;
  }
  return nullptr;
}

// Where the steps lead; what is not there yet is made. Null if they lead nowhere, which is
// reported.
Node* target_of(Node& root, const std::vector<Step>& steps, SourceId source, Problems& problems) {
  Node* node = &root;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const Place place{source, 0, step.column};
    if (node->kind == NodeKind::list) {
      Node* item = item_of(*node, step.text);
      if (item == nullptr) {
        problems.add(place, ErrorCode::bad_override, no_item(*node, step.text));
        return nullptr;
      }
      node = item;
      continue;
    }
    if (node->kind == NodeKind::scalar) {
      problems.add(
          place, ErrorCode::bad_override,
          fmt::format("\"{}\" cannot be set: what stands above it is a single value", step.text));
      return nullptr;
    }
    node->kind = NodeKind::map;
    const auto found = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&step](const Entry& entry) { return entry.key == step.text; });
    if (found != node->entries.end()) {
      node = &found->value;
      continue;
    }
    if (i == 1 && holds_names(steps[0].text)) problems.hint(place, not_there(*node, step.text));
    Node empty;
    empty.place = place;
    node->entries.push_back({std::string{step.text}, place, std::move(empty)});
    node = &node->entries.back().value;
  }
  return node;
}

}  // namespace

void Composer::apply_override(Node& root, const std::string& argument, const char* flag) {
  const SourceId source = sources_.add(flag, argument, SourceKind::option);
  const auto place = [source](std::size_t column) {
    return Place{source, 0, static_cast<std::uint32_t>(column)};
  };
  const std::size_t equals = argument.find('=');
  const std::string_view whole = argument;
  if (equals == std::string::npos || equals == 0) {
    problems_.add(place(0), ErrorCode::bad_override,
                  fmt::format("{} takes PATH=VALUE, as in fleet.city.count=500", flag));
    return;
  }
  const auto steps = steps_of(whole.substr(0, equals));
  if (!steps) {
    problems_.add(place(steps.error().offset), ErrorCode::bad_override, steps.error().message);
    return;
  }
  if (whole.find_first_not_of(' ', equals + 1) == std::string_view::npos) {
    problems_.add(place(equals), ErrorCode::bad_override, "no value stands after the =");
    return;
  }
  if (steps->size() == 1 && steps->front().text == "include") {
    problems_.add(
        place(0), ErrorCode::bad_override,
        fmt::format("files are included before {} sets anything: write `include` into the "
                    "scenario",
                    flag));
    return;
  }
  auto value = read(source, equals + 1);
  if (!value) return;
  Node* node = target_of(root, *steps, source, problems_);
  if (node == nullptr) return;
  // A point that is not what its --set says must not be shown as if it were.
  const bool is_point = std::string_view{flag} == kVaryFlag;
  if (const Source* other = is_point ? option_in(sources_, *node) : nullptr) {
    problems_.add(place(0), ErrorCode::bad_override,
                  fmt::format("{} {} sets this value already: give only one of them", other->name,
                              other->text));
    return;
  }
  *node = std::move(*value);
}

namespace {

void set_rules(Node& root, Node rules) {
  const Place place = rules.place;
  std::erase_if(root.entries, [](const Entry& entry) { return entry.key == "gate"; });
  root.entries.push_back({"gate", place, std::move(rules)});
}

}  // namespace

void Composer::replace_rules(Node& root, const std::string& path, const FileReader& read_file) {
  const auto source = open(path, read_file, Place{}, ErrorCode::include_not_found);
  if (!source) return;
  auto tree = read(*source);
  if (!tree) return;
  // What none of the rules asked for must not pass for having held.
  const auto take = [&](Node& rules) {
    if (rules.kind == NodeKind::list && rules.items.empty()) {
      return problems_.add(rules.place, ErrorCode::empty_file,
                           "no rules: there is nothing to hold");
    }
    set_rules(root, std::move(rules));
  };
  if (tree->kind == NodeKind::list) return take(*tree);
  Node* gate = tree->kind == NodeKind::map ? tree->find("gate") : nullptr;
  if (gate != nullptr && tree->entries.size() == 1) return take(*gate);
  problems_.add(tree->place, ErrorCode::wrong_kind,
                "a file of rules is a list of rules, or a map with the key `gate` and no other");
}

void Composer::replace_rules(Node& root, const std::vector<std::string>& expect) {
  Node rules;
  rules.kind = NodeKind::list;
  for (const std::string& text : expect) {
    Node rule;
    rule.kind = NodeKind::scalar;
    rule.place = {sources_.add("--expect", text, SourceKind::option), 0, 0};
    rule.text = text;
    rules.items.push_back(std::move(rule));
  }
  rules.place = rules.items.front().place;
  set_rules(root, std::move(rules));
}

}  // namespace probate::yaml
