// Whether a stored journal is all there: what its numbers and its clock say.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/journal/records.hpp"

namespace probate::journal {

// A reason not to trust what is judged from this journal, as one sentence with its line.
//
// Feed every record with its line. The records of a loop are numbered from 0 without a gap and the
// records of all loops are sorted by time; the clock neither goes back nor leaps; nothing stands
// behind run_ended.
//
// Limits: kHolesMax holes in a loop's numbers are remembered exactly; a journal with more of them
//         is beyond telling doubled from missing and is doubted for its holes alone.
class Continuity {
 public:
  // A silence longer than this is taken for a leap of the clock or for a missing part; not in
  // virtual time, where nothing may happen for days. A live run or a proxy tells of its lag every
  // 10 s, at every level; a log of somebody else's may have quiet nights.
  static constexpr Duration kQuietMax = 24h;
  static constexpr Duration kLiveQuietMax = 1min;
  static constexpr std::size_t kHolesMax = 4'096;

  void add(const Record& record, std::uint64_t line);
  // After the last record.
  std::vector<std::string> doubts() const;

 private:
  struct Numbering {
    std::uint64_t next = 0;  // one above the highest
    struct Hole {
      std::uint64_t behind = 0;  // one behind its last
      std::uint64_t line = 0;    // of the record that came instead
    };
    std::map<std::uint64_t, Hole> holes;  // by their first
    std::uint64_t doubled = 0;
    std::uint64_t doubled_line = 0;  // of the first
  };
  void number(Numbering& numbering, std::uint64_t sequence, std::uint64_t line);

  std::map<std::uint16_t, Numbering> loops_;
  bool is_first_ = true;
  Duration quiet_max_ = kQuietMax;
  Instant latest_{};
  std::uint64_t backwards_ = 0;
  std::uint64_t backwards_line_ = 0;
  Duration backwards_by_{};
  bool has_ended_ = false;
  std::uint64_t behind_end_ = 0;
  std::uint64_t behind_end_line_ = 0;  // of the first
  Duration leap_{};
  std::uint64_t leap_line_ = 0;
};

}  // namespace probate::journal
