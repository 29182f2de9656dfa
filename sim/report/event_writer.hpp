// The journal into a compressed file while the run goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/journal/ndjson.hpp"
#include "sim/report/file.hpp"

namespace probate::report {

// Writes events.ndjson.gz: the header, then the records in the order given, all of them or those
// that its level keeps. The file appears at finish(); a run that dies leaves none. A full disk is
// an error value and never stops a run.
//
// Threads: one owner. Memory: one block of text and one of gzip, 64 KiB each, and zlib's own.
class EventWriter {
 public:
  EventWriter(const std::string& path, const journal::Header& header);
  ~EventWriter();

  void write(const journal::Record& record);
  // Why records are lost since then, "" while all is well.
  const std::string& error() const;
  // In the file.
  std::uint64_t records() const { return records_; }
  // Once, after the last record.
  Written finish();

 private:
  struct Gzip;
  std::unique_ptr<Gzip> gzip_;
  std::optional<journal::Notable> notable_;  // at that level
  std::string text_;
  std::uint64_t records_ = 0;
};

}  // namespace probate::report
