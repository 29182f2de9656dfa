// How far the broker has come with the CONNECTs that were sent to it, as far as its answers tell.
#pragma once

#include <cstddef>
#include <deque>

#include "core/base/time.hpp"

namespace probate::analysis {

// So long after it was forwarded a CONNECT may be read and answered, and a newer one before it:
// then the broker has lost it, or it would excuse missing wills for ever.
inline constexpr Duration kReadLate = 10s;

// Connections wait in line until the broker accepts them, and one whose device has hung up waits as
// long as the others. So what was sent before a CONNECT that is answered has been read by then, and
// what is newer than everything that was answered may wait yet, if the last answer was long in
// coming: else there is no such line.
// Limits: kStretchesMax; of what was sent before them it says kReadLate.
class ReadingFront {
 public:
  // The broker answered at `at`, accepting or not, what was sent to it at `sent`. Requires: `at`
  // does not fall.
  void note_answer(Instant sent, Instant at);
  // What was sent before `at` is lost, as the broker that had it.
  void note_loss(Instant at) { note_answer(at, at); }

  // When a CONNECT of then that was cut without RST was read, if at all, at the latest: kReadLate
  // after it was sent, or as soon after as a later one was answered. kNever: none was, so far, and
  // the broker is busy.
  Instant read_by(Instant sent) const;

  static constexpr std::size_t kStretchesMax = 65'536;

 private:
  // What was sent in [from, to) waited for longer than kReadLate until a later one was answered.
  struct Stretch {
    Instant from{};
    Instant to{};
    Instant first_answer{};
    Instant last_answer{};
  };

  bool is_busy_ = true;       // as its last answer tells; who never gave one may be
  Instant reached_{};         // the newest that was answered was sent then
  std::deque<Stretch> slow_;  // by `from`
};

}  // namespace probate::analysis
