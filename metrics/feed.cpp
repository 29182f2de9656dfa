#include "metrics/feed.hpp"

#include <chrono>

#include "core/base/check.hpp"

namespace probate::metrics {
namespace {

constexpr Duration kProcessReadEvery = 1s;

// Whether the answer that this thread is giving carries the final figures. civetweb serves a
// request on one thread from begin to end, but hands its callbacks nothing that could hold this.
thread_local bool answer_is_final = false;

}  // namespace

Instant monotonic_now() {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

void Feed::publish(Snapshot snapshot, bool last) {
  CHECK(figures_.has_value());
  const Instant now = monotonic_now();
  if (last || !process_read_at_ || now - *process_read_at_ >= kProcessReadEvery) {
    process_ = read_process_figures();
    process_read_at_ = now;
  }
  snapshot.process = process_;
  Numbers numbers = figures_->read(snapshot);
  const std::lock_guard lock{mutex_};
  if (frozen_) return;
  published_ = std::move(numbers);
  frozen_ = last;
}

bool Feed::has_figures() const {
  const std::lock_guard lock{mutex_};
  return published_.has_value();
}

std::vector<prometheus::MetricFamily> Feed::Collect() const {
  Numbers numbers;
  {
    const std::lock_guard lock{mutex_};
    if (!published_) return {};
    numbers = *published_;
    // The final figures are exact, even where a will was reclassified downwards.
    if (!frozen_ && shown_) figures_->keep_counters_rising(*shown_, numbers);
    shown_ = numbers;
    answer_is_final = frozen_;
  }
  return figures_->families(numbers);
}

void Feed::scrape_begun(Instant now, std::optional<Duration> timeout) {
  answer_is_final = false;
  const std::lock_guard lock{mutex_};
  scrapes_.begun(now, timeout);
}

void Feed::scrape_answered() {
  if (!answer_is_final) return;
  answer_is_final = false;
  {
    const std::lock_guard lock{mutex_};
    scrapes_.final_answered();
  }
  answered_.notify_all();
}

Duration Feed::patience(Instant now) const {
  const std::lock_guard lock{mutex_};
  return scrapes_.patience(now);
}

bool Feed::wait_for_final_answer(Duration at_most, const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  return answered_.wait_for(lock, stop, at_most, [this] { return scrapes_.is_final_answered(); });
}

}  // namespace probate::metrics
