// The journal as lines of JSON: one header line, then one line per record. docs/journal.md is the
// reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/journal/level.hpp"
#include "core/journal/recipe.hpp"
#include "core/journal/records.hpp"

namespace probate::journal {

// Raised whenever a reader of the old form would misread the new one.
inline constexpr std::uint32_t kJournalVersion = 1;

// The first line: what a reader must know before the first record.
struct Header {
  std::uint32_t version = kJournalVersion;
  std::string program;     // version of the probate that wrote it
  std::string started_at;  // wall clock, RFC 3339; "" where there was none (virtual time)
  Recipe recipe;           // so that the journal can be judged again by itself
  // Which records it holds; nothing in journals that say nothing of it: all.
  std::optional<Level> level{};

  // Not written by a run of Probate: converted from somebody's log.
  bool is_foreign() const { return recipe.text.empty(); }

  bool operator==(const Header&) const = default;
};

// Where and why a line is no record. The reader of the file adds the line's number.
struct ParseError {
  std::size_t offset = 0;  // byte in the line
  std::string message;

  bool operator==(const ParseError&) const = default;
};

// Appends the line with its '\n'. Bytes that are not well-formed UTF-8 go into "<key>_base64".
void append_ndjson(const Record& record, std::string& out);
// The same with another number.
void append_ndjson(const Record& record, std::uint64_t sequence, std::string& out);
void append_ndjson(const Header& header, std::string& out);

// Reads back exactly what append_ndjson wrote; a '\n' at the end is allowed. Strict: a key or kind
// that this version does not know, a missing key and a number out of range are errors.
Result<Record, ParseError> parse_record(std::string_view line);
// A version above kJournalVersion is an error that says so.
Result<Header, ParseError> parse_header(std::string_view line);

}  // namespace probate::journal
