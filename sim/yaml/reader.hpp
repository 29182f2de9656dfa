// Typed reading of the tree. What cannot be read is reported and leaves the target as it was.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/distribution.hpp"
#include "core/base/template.hpp"
#include "core/base/time.hpp"
#include "sim/yaml/files.hpp"
#include "sim/yaml/keys.hpp"
#include "sim/yaml/node.hpp"
#include "sim/yaml/quantity.hpp"
#include "sim/yaml/source.hpp"

namespace probate::yaml {

// What every reader needs.
struct Context {
  std::span<const Key> keys;  // the table that the file is held to
  const Sources& sources;
  Problems& problems;
  const FileReader& read_file;
  const FileReader& read_secret;

  void error(Place place, ErrorCode code, std::string message) {
    problems.add(place, code, std::move(message));
  }
  void error(const Node& node, const QuantityError& error);
};

// A text; a bare word that YAML would take for a number, a boolean or nothing must be quoted.
std::optional<std::string> read_text(Context& context, const Node& node);
std::optional<Template> read_template(Context& context, const Node& node);
std::optional<bool> read_boolean(Context& context, const Node& node);
std::optional<std::uint64_t> read_whole(Context& context, const Node& node, std::uint64_t low,
                                        std::uint64_t high);
std::optional<double> read_number(Context& context, const Node& node);
std::optional<double> read_share(Context& context, const Node& node);
// Per second.
std::optional<double> read_rate(Context& context, const Node& node);
std::optional<std::uint64_t> read_bytes(Context& context, const Node& node);
// Bytes per second.
std::optional<std::uint64_t> read_byte_rate(Context& context, const Node& node);
std::optional<Duration> read_duration(Context& context, const Node& node);
std::optional<Distribution> read_distribution(Context& context, const Node& node);
// The index of the word in key.words.
std::optional<std::size_t> read_word(Context& context, const Node& node, const Key& key);
// True if the node is that very word.
bool is_word(const Node* node, std::string_view word);

// One map of the file, held to the keys that the table has below `path`.
//
// Every key must be asked for: finish() reports those that were not, because they have no effect
// where they stand. So no key is ever accepted and ignored.
class MapReader {
 public:
  // Reports a node that is no map, and keys that are unknown or not supported.
  MapReader(Context& context, const Node& node, std::string_view path);

  bool is_map() const { return node_.kind == NodeKind::map; }
  const Node& node() const { return node_; }
  Place place() const { return node_.place; }

  // Null if the key is absent. Requires: the table has the key.
  const Node* get(std::string_view key);
  // Reports an absent key.
  const Node* need(std::string_view key);
  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  // Reports `key` as something that has no effect here, unless it is absent.
  void refuse(std::string_view key, ErrorCode code, std::string message);

  void text(std::string_view key, std::string& target);
  void text_template(std::string_view key, Template& target);
  void boolean(std::string_view key, bool& target);
  void number(std::string_view key, double& target);
  void duration(std::string_view key, Duration& target);
  void byte_rate(std::string_view key, std::uint64_t& target);
  // The table's words, in its order, stand for `values`.
  template <typename T>
  void word(std::string_view key, T& target, std::initializer_list<T> values) {
    if (const auto index = word_index(key, values.size())) target = *(values.begin() + *index);
  }
  std::string path_of(std::string_view key) const;

  // `reason`: "do: drop", as in "`mode` has no effect with do: drop".
  void finish(std::string_view reason = {});

  Context& context() { return context_; }

 private:
  std::optional<std::size_t> word_index(std::string_view key, std::size_t count);
  void check_keys();

  Context& context_;
  const Node& node_;
  std::string path_;
  std::set<std::string_view> asked_;  // or already reported
};

// Calls read(item) for each item of a list; reports a node that is no list.
template <typename Read>
void for_each_item(Context& context, const Node& node, Read read) {
  if (node.kind != NodeKind::list) {
    context.error(node.place, ErrorCode::wrong_kind, "a list is needed here, as in [ … ]");
    return;
  }
  for (const Node& item : node.items) read(item);
}

}  // namespace probate::yaml
