#include "sim/virtual/pipe.hpp"

#include <utility>

namespace probate::virtual_time {

Pipe::~Pipe() = default;

bool Pipe::empty() const { return !flow_ || flow_->empty(); }

void Pipe::clear() {
  if (!flow_) return;
  // One that is emptying itself goes when it is done.
  flow_->is_running() ? flow_->drop() : flow_.reset();
}

void Flow::drop() {
  has_first_ = false;
  parcels_.clear();
  head_ = 0;
  timer_.cancel();
}

void Flow::expired(Instant now) {
  is_running_ = true;
  if (has_first_ && first_due_ <= now) {
    has_first_ = false;
    end_->arrived(now, first_);
  }
  while (!has_first_ && !empty() && parcels_[head_].first <= now) {
    Parcel parcel = std::move(parcels_[head_++].second);
    end_->arrived(now, parcel);
  }
  is_running_ = false;
  if (!empty()) return timer_.arm(has_first_ ? first_due_ : parcels_[head_].first);
  // A timer that was armed and cancelled meanwhile still has a place in the queue, and with it an
  // order that the next pipe must not inherit.
  const bool is_fresh = !timer_.queued();
  drop();
  std::unique_ptr<Flow> self = std::move(pipe_->flow_);
  if (is_fresh) flows_.give_back(std::move(self));
}

std::unique_ptr<Flow> Flows::take(Pipe& pipe, PipeEnd& end) {
  std::unique_ptr<Flow> flow;
  if (idle_.empty()) {
    flow = std::make_unique<Flow>(loop_, *this);
  } else {
    flow = std::move(idle_.back());
    idle_.pop_back();
  }
  flow->serve(pipe, end);
  return flow;
}

void Flows::give_back(std::unique_ptr<Flow> flow) {
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(flow));
}

}  // namespace probate::virtual_time
