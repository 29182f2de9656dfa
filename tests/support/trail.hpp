// Where a journal has come to at some of its records, so that one run can be told apart from
// another that is not there: in another build, or of last week.
#pragma once

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/journal/text.hpp"

namespace probate::test {

// kPoints hashes of everything up to a record, evenly spread over the journal, in its text form.
class Trail {
 public:
  static constexpr std::size_t kPoints = 64;

  explicit Trail(const std::vector<journal::Record>& records) : records_{records} {}

  // "7701 records" and the hashes, sixteen in a line.
  std::string text() const {
    std::string all = fmt::format("{} records\n", records_.size());
    Walk walk{records_};
    for (std::size_t i = 0; i < kPoints; ++i) {
      const char* end = (i + 1) % kPerLine == 0 ? "\n" : " ";
      all += walk.hash_up_to(point(i, records_.size())) + end;
    }
    return all;
  }

  // The first records that are not those of a run that left `other`; "" if none is seen to differ.
  std::string first_difference(const std::string& other) const {
    std::istringstream words{other};
    std::size_t count = 0;
    std::string word;
    words >> count >> word;
    Walk walk{records_};
    std::size_t same = 0;
    for (std::size_t i = 0; i < kPoints && words >> word; ++i) {
      const std::size_t end = point(i, count);
      if (end > records_.size() || walk.hash_up_to(end) != word) return story(same, end);
      same = end;
    }
    return count == records_.size() ? "" : story(same, records_.size());
  }

 private:
  static constexpr std::size_t kPerLine = 16;
  static constexpr std::size_t kShown = 5;

  // FNV-1a over the records' text form; run_began says what was asked for, not what happened.
  struct Walk {
    const std::vector<journal::Record>& records;
    std::size_t next = 0;
    std::uint64_t hash = 0xcbf29ce484222325;

    // Requires: `end` grows from call to call.
    std::string hash_up_to(std::size_t end) {
      for (; next < end; ++next) {
        if (std::holds_alternative<journal::RunBegan>(records[next].body)) continue;
        for (const char c : journal::to_text(records[next])) {
          hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
      }
      return fmt::format("{:04x}", hash >> 48);
    }
  };

  static std::size_t point(std::size_t i, std::size_t count) { return count * (i + 1) / kPoints; }

  std::string story(std::size_t same, std::size_t end) const {
    std::string all = fmt::format(
        "the first {} records are the same; the first difference is in number {} to {}, here:\n",
        same, same, end - 1);
    const std::size_t shown = std::min({end, records_.size(), same + kShown});
    for (std::size_t i = same; i < shown; ++i) all += journal::to_text(records_[i]) + "\n";
    return all;
  }

  const std::vector<journal::Record>& records_;
};

}  // namespace probate::test
