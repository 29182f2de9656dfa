// A stored journal, record by record.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/journal/ndjson.hpp"

namespace probate::report {

// Where a file is no journal. `unreadable`: the file itself, not what stands in it.
struct ReadError {
  std::string path;
  std::uint64_t line = 0;  // from 1; 0 = none
  std::size_t column = 0;  // from 1
  std::string message;
  bool unreadable = false;
};
// "events.ndjson.gz:17:5: unknown key …"
std::string to_text(const ReadError& error);

// Reads events.ndjson, gzipped or not; "-" is standard input. Empty lines are skipped.
// Limits: a line has at most kLineBytesMax bytes. Memory: the longest line.
class EventReader {
 public:
  static constexpr std::size_t kLineBytesMax = 16 * 1024 * 1024;

  static Result<EventReader, ReadError> open(const std::string& path);
  ~EventReader();
  EventReader(EventReader&&) noexcept;
  EventReader& operator=(EventReader&&) noexcept;

  const journal::Header& header() const { return header_; }
  // Of the record that next() gave last, from 1.
  std::uint64_t line() const { return number_; }
  // As messages call the file.
  const std::string& path() const;
  // The next record; nothing after the last. After an error, do not ask again.
  Result<std::optional<journal::Record>, ReadError> next();

 private:
  struct Source;
  explicit EventReader(std::unique_ptr<Source> source);
  // False at the end of the file.
  Result<bool, ReadError> read_line();
  ReadError at_line(const journal::ParseError& error) const;

  std::unique_ptr<Source> source_;
  std::string line_;
  std::uint64_t number_ = 0;
  journal::Header header_;
};

}  // namespace probate::report
