#include "core/journal/doubled_key.hpp"

#include <set>
#include <vector>

namespace probate::journal {
namespace {

namespace json = boost::json;

std::size_t members_of(const json::value& value) {
  std::size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count += object->size();
    for (const auto& member : *object) count += members_of(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) count += members_of(item);
  }
  return count;
}

// Behind the closing quote of the string that begins at `begin`.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  std::size_t at = begin + 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return at + 1;
}

// A colon outside of a string stands behind a key, and nowhere else.
std::size_t keys_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = end_of_string(text, at);
    } else {
      count += text[at] == ':' ? 1U : 0U;
      ++at;
    }
  }
  return count;
}

DoubledKey first_doubled_key(std::string_view text) {
  std::vector<std::set<std::string_view>> open;  // keys of the objects around, none of arrays
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') open.emplace_back();
    if (c == '}' || c == ']') open.pop_back();
    if (c != '"') {
      ++at;
      continue;
    }
    const std::size_t end = end_of_string(text, at);
    const std::size_t behind = text.find_first_not_of(" \t\r\n", end);
    const bool is_key = behind != std::string_view::npos && text[behind] == ':';
    const std::string_view key = text.substr(at + 1, end - at - 2);
    if (is_key && !open.back().insert(key).second) return {at, std::string{key}};
    at = end;
  }
  return {0, "…"};  // written in two ways, one of them with escapes
}

}  // namespace

std::optional<DoubledKey> find_doubled_key(std::string_view text, const json::value& parsed) {
  if (keys_in(text) == members_of(parsed)) return std::nullopt;
  return first_doubled_key(text);
}

}  // namespace probate::journal
