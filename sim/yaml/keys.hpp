// Every key of the language, once: the loader, the JSON Schema and docs/scenario.md are held to it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace probate::yaml {

enum class Shape : std::uint8_t {
  map,        // of the keys below it
  named_map,  // names of the user's own → maps of the keys below `.*`
  list,       // of maps with the keys below `[]`
  rules,      // the same, or plain texts
  text,
  text_list,  // one text or a list of texts
  settings,   // names of the user's own → single values
  word,       // one of `words`
  whole,      // a number without a fraction
  number,     // a number without a unit
  boolean,
  duration,
  distribution,  // a duration or {uniform:…}, {exponential:…}, {lognormal:…}
  share,         // 10%
  rate,          // 20/s
  bytes,         // 64KiB
  byte_rate,     // 64KiB/s
  policies,      // the list under presence:
};

struct Key {
  std::string_view path;  // "devices.*.will.topic", "faults[].at"
  Shape shape{};
  std::string_view words;  // "fixed|exponential": what may stand there, also beside another shape
  std::string_view standard;  // the default as written; "required"; or "" for none
  std::string_view about;     // a sentence
  std::string_view later{};   // words that the language has and this version has not
  bool supported = true;      // false: the whole key is refused
};

// In the order of the documentation.
std::span<const Key> scenario_keys();
// Those of a broker profile.
std::span<const Key> profile_keys();

// Keys directly below a path of a table ("" is the top): names only.
std::vector<std::string_view> names_below(std::span<const Key> keys, std::string_view path);
// Null if the table has no such path.
const Key* find_key(std::span<const Key> keys, std::string_view path);
// "a|b" → {"a", "b"}.
std::vector<std::string_view> split_words(std::string_view words);

}  // namespace probate::yaml
