#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/yaml/compose.hpp"

namespace probate::yaml {
namespace {

// One step of a path: a key, or the position or name of a list item.
struct Step {
  std::string_view text;
  std::uint32_t column = 0;
};

// "a.b[0].c" → a, b, 0, c; empty if the path is malformed.
std::vector<Step> steps_of(std::string_view path) {
  std::vector<Step> steps;
  std::size_t start = 0;
  const auto end_step = [&](std::size_t end) {
    if (end > start) {
      steps.push_back({path.substr(start, end - start), static_cast<std::uint32_t>(start)});
    }
  };
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (c != '.' && c != '[' && c != ']') continue;
    const bool after_bracket = at > 0 && path[at - 1] == ']';
    if (at == start && !(after_bracket && c != ']')) return {};
    end_step(at);
    start = at + 1;
  }
  if (start >= path.size() && !path.ends_with(']')) return {};
  end_step(path.size());
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
  return fmt::format("the list has {} items and none is \"{}\"{}", list.items.size(), step,
                     suggestion(step, names));
}

}  // namespace

void Composer::apply_override(Node& root, const std::string& argument) {
  const SourceId source = sources_.add("--set", argument, SourceKind::option);
  const auto place = [source](std::size_t column) {
    return Place{source, 0, static_cast<std::uint32_t>(column)};
  };
  const std::size_t equals = argument.find('=');
  const std::string_view whole = argument;
  const auto steps = steps_of(whole.substr(0, equals));
  if (equals == std::string::npos || steps.empty()) {
    problems_.add(place(0), ErrorCode::bad_override,
                  "--set takes PATH=VALUE, as in fleet.city.count=500");
    return;
  }
  if (whole.find_first_not_of(' ', equals + 1) == std::string_view::npos) {
    problems_.add(place(equals), ErrorCode::bad_override, "no value stands after the =");
    return;
  }
  auto value = read(source, equals + 1);
  if (!value) return;
  Node* node = &root;
  for (const Step& step : steps) {
    if (node->kind == NodeKind::list) {
      Node* item = item_of(*node, step.text);
      if (item == nullptr) {
        problems_.add(place(step.column), ErrorCode::bad_override, no_item(*node, step.text));
        return;
      }
      node = item;
      continue;
    }
    if (node->kind == NodeKind::scalar) {
      problems_.add(
          place(step.column), ErrorCode::bad_override,
          fmt::format("\"{}\" cannot be set: what stands above it is a single value", step.text));
      return;
    }
    node->kind = NodeKind::map;
    const auto found = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&step](const Entry& entry) { return entry.key == step.text; });
    if (found != node->entries.end()) {
      node = &found->value;
      continue;
    }
    Node empty;
    empty.place = place(step.column);
    node->entries.push_back({std::string{step.text}, place(step.column), std::move(empty)});
    node = &node->entries.back().value;
  }
  *node = std::move(*value);
}

}  // namespace probate::yaml
