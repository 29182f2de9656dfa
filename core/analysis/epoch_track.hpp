// Which connection of a device a message is about, told by epochs or by bdSeq.
#pragma once

#include <cstdint>

#include "core/analysis/policy.hpp"

namespace probate::analysis {

// The latest connection heard of, and whether its will was seen. An epoch that comes as bdSeq only
// is taken for the nearest one with these eight bits: right as long as fewer than 128 connections
// lie between a message and the newest one heard.
class EpochTrack {
 public:
  enum class Age : std::uint8_t { none, older, current, newer };  // none: no epoch is carried

  // Where the message stands; a newer one becomes the current.
  Age place(const Heard& heard) {
    if (heard.epoch == 0 && !heard.bdseq) return Age::none;
    const std::int64_t epoch = heard.epoch != 0 ? std::int64_t{heard.epoch} : nearest(*heard.bdseq);
    if (is_known_ && epoch < current_) return Age::older;
    if (is_known_ && epoch == current_) return Age::current;
    current_ = epoch;
    is_known_ = true;
    is_dead_ = false;
    return Age::newer;
  }
  void die() { is_dead_ = true; }
  // The will of the current connection was seen.
  bool is_dead() const { return is_dead_; }

 private:
  std::int64_t nearest(std::uint8_t bdseq) const {
    if (!is_known_) return bdseq;
    // −128 … 127 from the current one. The cast of a uint8 difference is the distance mod 256.
    const auto ahead = static_cast<std::int8_t>(
        static_cast<std::uint8_t>(bdseq - static_cast<std::uint8_t>(current_ & 0xff)));
    return current_ + ahead;
  }

  std::int64_t current_ = 0;
  bool is_known_ = false;
  bool is_dead_ = false;
};

}  // namespace probate::analysis
