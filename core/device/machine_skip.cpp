// What a device does while nothing disturbs it, without doing it packet by packet.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/device/luat_loop.hpp"
#include "core/device/machine.hpp"
#include "core/device/session.hpp"

namespace probate::device {

// What the machine does at an answer's arrival would need the answer: a QoS 2 exchange sends again,
// and every packet starts the wait of the Luat loop anew.
bool DeviceMachine::steady() const {
  if (state_ != DeviceState::online || has_session() || keep_alive_.give_up_at() != kNever)
    return false;
  const auto too_much = [](const MessageConfig& message, mqtt::QoS most) {
    return message.qos > most;
  };
  for (const PublishConfig& publish : config_->publish) {
    if (too_much(publish, mqtt::QoS::at_least_once)) return false;
    if (loops() && too_much(publish, mqtt::QoS::at_most_once)) return false;
  }
  if (!loops()) return true;
  const LuatLoopConfig& loop = *config_->luat_loop;
  return !too_much(loop.report, mqtt::QoS::at_most_once) &&
         !too_much(loop.response, mqtt::QoS::at_most_once) &&
         (keep_alive_.ping_at() == kNever ||
          keep_alive_.ping_at() - keep_alive_.sent_at() > loop.receive_timeout);
}

void DeviceMachine::count_skipped(const MessageConfig& message) {
  ++publishes_;
  if (std::min(message.qos, qos_max_) == mqtt::QoS::at_most_once) return;
  packet_id_ = next_packet_id(packet_id_);
}

// Steady, a Luat loop speaks before a PINGREQ could be due, and all that it says has QoS 0.
void DeviceMachine::skip_turns(Instant until) {
  const LuatLoop::Turns turns = luat_loop_.turn(until, *config_->luat_loop);
  if (turns.wakeups == 0) return;
  publishes_ += turns.wakeups;
  keep_alive_.sent(turns.ended);
}

Instant DeviceMachine::skip_to(Instant until) {
  CHECK(steady());
  const bool only_loops = loops() && config_->publish.empty();
  for (;;) {
    if (only_loops) skip_turns(until);
    Instant due = std::min(keep_alive_.ping_at(), timetable_.next());
    if (loops()) due = std::min(due, luat_loop_.next());
    if (due > until || due == kNever) return keep_alive_.sent_at();
    // As handle_timeout: a publish that is due makes the PINGREQ of the same instant needless.
    while (const auto taken = timetable_.take_due(due, config_->publish)) {
      count_skipped(config_->publish[taken->index]);
    }
    if (loops()) skip_luat(due);
    keep_alive_.sent(due);
  }
}

void DeviceMachine::skip_luat(Instant due) {
  switch (luat_loop_.handle_timeout(due, *config_->luat_loop)) {
    case LuatLoop::Wakeup::none:
      return;
    case LuatLoop::Wakeup::timeout:
      ++luat_loop_.reports;
      return count_skipped(config_->luat_loop->report);
    case LuatLoop::Wakeup::post:
      ++luat_loop_.responses;
      return count_skipped(config_->luat_loop->response);
  }
}

}  // namespace probate::device
