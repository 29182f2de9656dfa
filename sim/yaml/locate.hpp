// From the path of a complaint ("faults[2].at") to its place in the files.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "sim/yaml/node.hpp"

namespace probate::yaml {

struct Located {
  Place place;                     // of the value; of its nearest parent if there is no such key
  std::vector<const Node*> chain;  // the nodes on the way, the root first
  std::vector<Place> keys;         // the places of their keys
};

// A list item is found by its position or by its `name`, a map entry by its key or position.
Located locate(const Node& root, std::string_view path);

// Whether any of these places lies in the subtree, keys included.
bool touches(const Node& node, const std::set<Place>& places);

// Whether something is wrong there already: a value that could not be read was left at its default,
// and a complaint about that would be about our default.
bool is_doubtful(const Located& located, const std::set<Place>& known);

}  // namespace probate::yaml
