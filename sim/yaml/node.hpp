// YAML as a plain tree: every value knows where it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/yaml/source.hpp"

namespace probate::yaml {

enum class NodeKind : std::uint8_t { null, scalar, list, map };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::null;
  Place place;
  std::string text;          // of a scalar
  bool quoted = false;       // "…", '…', | or >
  bool substituted = false;  // holds the value of a ${VAR}; read by its text alone
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the file's order; merged ones (<<) last

  // Null if there is none, or this is no map.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Entry* find_entry(std::string_view key) const;
};

struct Entry {
  std::string key;
  Place place;  // of the key
  Node value;
};

// "a map", "a list", "a text"…, for messages.
std::string_view to_text(NodeKind kind);

}  // namespace probate::yaml
