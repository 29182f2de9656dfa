// What a run says while it goes on: one live line on a terminal, a plain line now and then in a
// pipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/analysis/totals.hpp"
#include "core/base/time.hpp"
#include "core/journal/counters.hpp"

namespace probate::cli {

// Everything goes to stderr: results have stdout for themselves. How often is by the reader's
// clock: in virtual time a day may pass in a second.
class Progress {
 public:
  static constexpr Duration kLiveInterval = 250ms;
  static constexpr Duration kPlainInterval = 10s;

  enum class Style { none, plain, live };

  // devices: 0 if their number is not known.
  Progress(Style style, std::uint64_t devices) : style_{style}, devices_{devices} {}
  ~Progress() { clear(); }

  void set_phase(std::string name) { phase_ = std::move(name); }
  // `now`: of the run.
  void show(Instant now, const analysis::Totals& totals, const journal::LoopCounters& counters);
  // Takes the live line away, so that something else can be printed.
  void clear();

 private:
  std::string line(Instant now, const analysis::Totals& totals,
                   const journal::LoopCounters& counters) const;

  Style style_;
  std::uint64_t devices_;
  std::string phase_ = "preparing";
  std::chrono::steady_clock::time_point shown_at_ = std::chrono::steady_clock::now();
  bool live_shown_ = false;
};

}  // namespace probate::cli
