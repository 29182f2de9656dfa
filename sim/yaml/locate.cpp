#include "sim/yaml/locate.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace probate::yaml {
namespace {

std::optional<std::size_t> position_of(std::string_view step) {
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), position);
  if (error != std::errc{} || end != step.data() + step.size()) return std::nullopt;
  return position;
}

// The child that a step leads to, and where it is shown: at its key for a map or list, at its value
// for a single value.
struct Child {
  const Node* node = nullptr;
  Place place;
  Place key;
};

Child child_of(const Node& node, std::string_view step) {
  const auto position = position_of(step);
  if (node.kind == NodeKind::list) {
    const auto named = [step](const Node& item) {
      const Node* name = item.find("name");
      return name != nullptr && name->text == step;
    };
    const auto found = std::find_if(node.items.begin(), node.items.end(), named);
    const bool by_position = position && *position < node.items.size();
    if (!by_position && found == node.items.end()) return {};
    const Node& item = by_position ? node.items[*position] : *found;
    return {&item, item.place, item.place};
  }
  const Entry* entry = node.find_entry(step);
  if (entry == nullptr && position && *position < node.entries.size()) {
    entry = &node.entries[*position];
  }
  if (entry == nullptr) return {};
  const bool single = entry->value.kind == NodeKind::scalar;
  return {&entry->value, single ? entry->value.place : entry->place, entry->place};
}

}  // namespace

Located locate(const Node& root, std::string_view path) {
  Located located{root.place, {&root}, {}};
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of(".[]"), path.size());
    const std::string_view step = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (step.empty()) continue;
    const Child child = child_of(*located.chain.back(), step);
    if (child.node == nullptr) return located;
    located.keys.push_back(child.key);
    located.chain.push_back(child.node);
    located.place = child.place;
  }
  return located;
}

bool touches(const Node& node, const std::set<Place>& places) {
  if (places.contains(node.place)) return true;
  if (std::any_of(node.items.begin(), node.items.end(),
                  [&](const Node& item) { return touches(item, places); })) {
    return true;
  }
  return std::any_of(node.entries.begin(), node.entries.end(), [&](const Entry& entry) {
    return places.contains(entry.place) || touches(entry.value, places);
  });
}

bool is_doubtful(const Located& located, const std::set<Place>& known) {
  const auto reported = [&known](Place place) { return known.contains(place); };
  return touches(*located.chain.back(), known) ||
         std::any_of(located.keys.begin(), located.keys.end(), reported) ||
         std::any_of(located.chain.begin(), located.chain.end(),
                     [&](const Node* node) { return reported(node->place); });
}

}  // namespace probate::yaml
