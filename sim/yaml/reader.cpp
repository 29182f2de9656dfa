#include "sim/yaml/reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/base/text.hpp"

namespace probate::yaml {

MapReader::MapReader(Context& context, const Node& node, std::string_view path)
    : context_{context}, node_{node}, path_{path} {
  if (node.kind == NodeKind::map) {
    check_keys();
    return;
  }
  const auto names = names_below(context.keys, path_);
  context.error(node.place, ErrorCode::wrong_kind,
                fmt::format("a map is needed here, as in {{{}: …}}, not {}",
                            names.empty() ? "key" : names.front(), to_text(node.kind)));
}

void MapReader::check_keys() {
  const auto names = names_below(context_.keys, path_);
  for (const Entry& entry : node_.entries) {
    const Key* key = find_key(context_.keys, path_of(entry.key));
    if (key != nullptr && key->supported) continue;
    asked_.insert(entry.key);
    if (key != nullptr) {
      context_.error(entry.place, ErrorCode::not_supported,
                     fmt::format("`{}` is not supported by this version", entry.key));
    } else if (entry.key == "password") {
      context_.error(entry.place, ErrorCode::unknown_key,
                     "a password does not stand in a scenario; name a file with `password_file`");
    } else {
      const std::string meant = context_.problems.full() ? "" : suggestion(entry.key, names);
      context_.error(entry.place, ErrorCode::unknown_key,
                     fmt::format("unknown key \"{}\"{}", entry.key, meant));
    }
  }
}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

const Node* MapReader::get(std::string_view key) {
  const Key* known = find_key(context_.keys, path_of(key));
  CHECK(known != nullptr && known->supported);
  const Entry* entry = node_.find_entry(key);
  if (entry == nullptr) return nullptr;
  asked_.insert(entry->key);
  if (entry->value.kind == NodeKind::null) {
    context_.error(entry->place, ErrorCode::wrong_kind, fmt::format("`{}` has no value", key));
    return nullptr;
  }
  return &entry->value;
}

const Node* MapReader::need(std::string_view key) {
  if (is_map() && !has(key)) {
    context_.error(node_.place, ErrorCode::missing_key, fmt::format("`{}` is missing here", key));
  }
  return get(key);
}

void MapReader::refuse(std::string_view key, ErrorCode code, std::string message) {
  const Entry* entry = node_.find_entry(key);
  if (entry == nullptr || !asked_.insert(entry->key).second) return;
  context_.error(entry->place, code, std::move(message));
}

void MapReader::text(std::string_view key, std::string& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (auto read = read_text(context_, *value)) target = std::move(*read);
}

void MapReader::text_template(std::string_view key, Template& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (auto read = read_template(context_, *value)) target = std::move(*read);
}

void MapReader::boolean(std::string_view key, bool& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (const auto read = read_boolean(context_, *value)) target = *read;
}

void MapReader::number(std::string_view key, double& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (const auto read = read_number(context_, *value)) target = *read;
}

void MapReader::duration(std::string_view key, Duration& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (const auto read = read_duration(context_, *value)) target = *read;
}

void MapReader::byte_rate(std::string_view key, std::uint64_t& target) {
  const Node* value = get(key);
  if (value == nullptr) return;
  if (const auto read = read_byte_rate(context_, *value)) target = *read;
}

std::optional<std::size_t> MapReader::word_index(std::string_view key, std::size_t count) {
  const Node* value = get(key);
  const Key* known = find_key(context_.keys, path_of(key));
  CHECK(split_words(known->words).size() == count);
  if (value == nullptr) return std::nullopt;
  return read_word(context_, *value, *known);
}

void MapReader::finish(std::string_view reason) {
  for (const Entry& entry : node_.entries) {
    if (asked_.contains(entry.key)) continue;
    context_.error(entry.place, ErrorCode::conflicting_keys,
                   fmt::format("`{}` has no effect with {}", entry.key, reason));
  }
}

}  // namespace probate::yaml
