#include "core/journal/continuity.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/journal/engines.hpp"

namespace probate::journal {
namespace {

Duration quiet_max_of(std::string_view engine) {
  if (engine == kVirtualEngine) return Duration::max();
  const bool is_ours = engine == kLiveEngine || engine == kProxyEngine;
  return is_ours ? Continuity::kLiveQuietMax : Continuity::kQuietMax;
}

}  // namespace

void Continuity::add(const Record& record, std::uint64_t line) {
  if (is_first_) latest_ = record.at;
  is_first_ = false;
  const auto* begin = std::get_if<RunBegan>(&record.body);
  if (begin != nullptr) quiet_max_ = quiet_max_of(begin->engine);
  if (has_ended_ && behind_end_++ == 0) behind_end_line_ = line;
  has_ended_ = has_ended_ || std::holds_alternative<RunEnded>(record.body);
  if (record.at < latest_) {
    if (backwards_++ == 0) backwards_line_ = line;
    backwards_by_ = std::max(backwards_by_, latest_ - record.at);
  } else {
    if (record.at - latest_ > std::max(quiet_max_, leap_)) {
      leap_ = record.at - latest_;
      leap_line_ = line;
    }
    latest_ = record.at;
  }
  if (record.sequence == kNoSequence) return;
  number(loops_[record.loop], record.sequence, line);
}

void Continuity::number(Numbering& numbering, std::uint64_t sequence, std::uint64_t line) {
  if (sequence >= numbering.next) {
    if (sequence > numbering.next && numbering.holes.size() < kHolesMax) {
      numbering.holes[numbering.next] = {sequence, line};
    }
    numbering.next = sequence + 1;
    return;
  }
  // Below the highest: it fills a hole, or was there before.
  auto hole = numbering.holes.upper_bound(sequence);
  if (hole != numbering.holes.begin() && std::prev(hole)->second.behind > sequence) {
    const auto [first, found] = *std::prev(hole);
    numbering.holes.erase(std::prev(hole));
    if (first < sequence) numbering.holes[first] = {sequence, found.line};
    if (sequence + 1 < found.behind) numbering.holes[sequence + 1] = found;
    return;
  }
  if (numbering.doubled++ == 0) numbering.doubled_line = line;
}

std::vector<std::string> Continuity::doubts() const {
  std::vector<std::string> out;
  for (const auto& [loop, numbering] : loops_) {
    std::uint64_t missing = 0;
    for (const auto& [first, hole] : numbering.holes) missing += hole.behind - first;
    if (missing > 0) {
      out.push_back(
          fmt::format("{} of loop {} {} missing, the first of them before line {}: the "
                      "journal is cut or was thinned out",
                      counted(missing, "record", "records"), loop, missing == 1 ? "is" : "are",
                      numbering.holes.begin()->second.line));
    }
    if (numbering.doubled > 0) {
      out.push_back(
          fmt::format("{} records of loop {} have a number that came before, the first "
                      "in line {}: parts of the journal are doubled",
                      numbering.doubled, loop, numbering.doubled_line));
    }
  }
  if (backwards_ > 0) {
    out.push_back(
        fmt::format("the clock goes back in {}, first in line {}, by up to {}: "
                    "sort the journal by at_ns",
                    counted(backwards_, "record", "records"), backwards_line_,
                    probate::to_text(backwards_by_)));
  }
  if (leap_ > Duration{}) {
    out.push_back(
        fmt::format("the clock leaps by {} before line {}: no journal is silent for so "
                    "long",
                    probate::to_text(leap_), leap_line_));
  }
  if (behind_end_ > 0) {
    out.push_back(fmt::format("{} behind run_ended, with which a run is over, from line {} on",
                              counted(behind_end_, "record stands", "records stand"),
                              behind_end_line_));
  }
  return out;
}

}  // namespace probate::journal
