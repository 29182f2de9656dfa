#include "core/device/machine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.hpp"
#include "core/device/compose.hpp"
#include "core/device/luat_loop.hpp"
#include "core/device/reconnect.hpp"
#include "core/device/session.hpp"

namespace probate::device {

DeviceMachine::DeviceMachine(const DeviceConfig& config, Identity identity, Rng rng)
    : config_{&config},
      rng_{rng},
      group_{identity.group.data()},
      index_{identity.index},
      group_bytes_{static_cast<std::uint16_t>(identity.group.size())} {
  CHECK(identity.group.size() <= 0xffff);
  CHECK(wire_seconds(config.keep_alive) <= 0xffff);
  CHECK(config.luat_loop.has_value() == (config.workload == Workload::luat_loop));
  // Without a pause it would publish for ever at one instant.
  for (const PublishConfig& publish : config.publish) CHECK(publish.every > Duration::zero());
  if (!config.luat_loop) return;
  CHECK(config.luat_loop->receive_timeout > Duration::zero());
  CHECK(config.luat_loop->publish_every > Duration::zero());
}

DeviceMachine::~DeviceMachine() = default;
DeviceMachine::DeviceMachine(DeviceMachine&&) noexcept = default;
DeviceMachine& DeviceMachine::operator=(DeviceMachine&&) noexcept = default;

void DeviceMachine::start(Instant now, Actions& out) {
  CHECK(state_ == DeviceState::off);
  if (finished_) return;
  boot(now, out);
}

void DeviceMachine::boot(Instant now, Actions& out) {
  waits_ = 0;
  if (cold_) {
    cold_ = false;
    birth_sent_ = false;
    if (epoch_reset_ && epoch_ > 0) seldom().attempts_before += std::exchange(epoch_, 0);
    epoch_reset_ = false;
    if (loops()) luat_loop_.boot(now);
  }
  dial(DeviceEvent::boot, now, out);
}

void DeviceMachine::dial(DeviceEvent event, Instant now, Actions& out) {
  move(event);
  ++epoch_;
  deadline_ = saturating_add(now, config_->connect.tcp_timeout);
  out.emplace_back(OpenLink{epoch_});
}

void DeviceMachine::handle_opened(Instant now, Actions& out) {
  if (state_ != DeviceState::dialing) return;
  move(DeviceEvent::opened);
  deadline_ = saturating_add(now, config_->connect.connack_timeout);
  const std::string id = client_id();
  send(now, compose_connect(*config_, values(id, now, counts().attempts - 1)), out);
}

void DeviceMachine::handle_closed(Instant now, CloseCause cause, Actions& out) {
  if (!has_link(state_)) return;
  lose(cause, now, out);
}

void DeviceMachine::handle_timeout(Instant now, Actions& out) {
  if (deadline_ <= now) handle_deadline(now, out);
  if (!is_up(state_)) return;
  if (keep_alive_.give_up_at() <= now) {
    give_up(CloseCause::pingresp_timeout, now, out);
    return;
  }
  // A publish that is due now makes the PINGREQ of the same instant needless.
  handle_publish_timers(now, out);
  if (keep_alive_.ping_at() > now) return;
  send(now, mqtt::Pingreq{}, out);
  keep_alive_.pinged(now, config_->pingresp_timeout);
}

void DeviceMachine::handle_deadline(Instant now, Actions& out) {
  switch (state_) {
    case DeviceState::off:
      return boot(now, out);
    case DeviceState::backoff:
      return dial(DeviceEvent::retry, now, out);
    case DeviceState::dialing:
      return give_up(CloseCause::tcp_timeout, now, out);
    case DeviceState::handshaking:
    case DeviceState::subscribing:
      return give_up(CloseCause::connack_timeout, now, out);
    case DeviceState::online:
      break;
  }
  CHECK(false);
}

void DeviceMachine::give_up(CloseCause cause, Instant now, Actions& out) {
  if (state_ == DeviceState::dialing) {
    out.emplace_back(CloseLink{CloseMode::rst});
    return lose(cause, now, out);
  }
  switch (config_->on_error) {
    case OnError::disconnect:
      if (is_up(state_)) send(now, mqtt::Disconnect{}, out);
      out.emplace_back(CloseLink{CloseMode::fin});
      break;
    case OnError::close:
      out.emplace_back(CloseLink{CloseMode::fin});
      break;
    case OnError::reset:
      out.emplace_back(CloseLink{CloseMode::rst});
      break;
  }
  lose(cause, now, out);
}

// The link is gone on both sides' account; what is left is to tell the user and to wait.
void DeviceMachine::lose(CloseCause cause, Instant now, Actions& out) {
  const bool was_up = is_up(state_);
  close_cause_ = cause;
  closed_ = true;
  end_session(out);
  move(DeviceEvent::lost);
  if (was_up && loops()) return dial(DeviceEvent::retry, now, out);
  deadline_ = saturating_add(now, retry_wait(config_->connect.retry, waits_, rng_));
  if (waits_ < std::numeric_limits<std::uint16_t>::max()) ++waits_;
}

void DeviceMachine::end_session(Actions& out) {
  keep_alive_.end();
  timetable_.end();
  if (loops()) luat_loop_.end();
  if (seldom_) {
    seldom_->assigned_id.clear();
    if (seldom_->session) {
      seldom_->session->handle_link_lost();
      if (!session_kept_) {
        seldom_->dropped += static_cast<std::uint32_t>(seldom_->session->discard());
      }
    }
    forget_blank();
  }
  if (is_up(state_)) out.emplace_back(StateChanged{false});
}

void DeviceMachine::leave(Instant now, std::optional<Duration> returns_after, Actions& out) {
  if (finished_) return;
  if (state_ == DeviceState::online && config_->farewell) {
    publish(*config_->farewell, seldom().farewells++, now, out);
  }
  if (is_up(state_)) send(now, mqtt::Disconnect{}, out);
  stop(CloseMode::fin, out);
  if (returns_after) deadline_ = saturating_add(now, *returns_after);
}

void DeviceMachine::cut_power(Instant now, std::optional<Duration> boots_after, bool epoch_reset,
                              Actions& out) {
  if (finished_) return;
  // What was in memory is gone, the broker's part of the session is not.
  session_kept_ = false;
  stop(CloseMode::abandon, out);
  cold_ = true;
  epoch_reset_ = epoch_reset_ || epoch_reset;
  if (boots_after) deadline_ = saturating_add(now, *boots_after);
}

void DeviceMachine::finish(Instant now, Actions& out) {
  if (is_up(state_) || state_ == DeviceState::handshaking) send(now, mqtt::Disconnect{}, out);
  stop(CloseMode::fin, out);
  finished_ = true;
}

void DeviceMachine::stop(CloseMode mode, Actions& out) {
  if (has_link(state_)) {
    out.emplace_back(CloseLink{mode});
    closed_ = false;
  }
  end_session(out);
  move(DeviceEvent::stopped);
  deadline_ = kNever;
}

void DeviceMachine::move(DeviceEvent event) {
  const std::optional<DeviceState> next = next_state(state_, event);
  CHECK(next.has_value());
  state_ = *next;
}

std::optional<Instant> DeviceMachine::next_timeout() const {
  Instant earliest = deadline_;
  if (is_up(state_)) {
    earliest = std::min({earliest, keep_alive_.give_up_at(), keep_alive_.ping_at()});
    earliest = std::min(earliest, timetable_.next());
    if (loops()) earliest = std::min(earliest, luat_loop_.next());
  }
  if (earliest == kNever) return std::nullopt;
  return earliest;
}

std::string DeviceMachine::client_id() const {
  Draft id;
  write_client_id(id);
  return id.take();
}

void DeviceMachine::write_client_id(Draft& out) const {
  if (seldom_ && !seldom_->assigned_id.empty()) return out.append(seldom_->assigned_id);
  config_->client_id.expand(values({}, kRunStart, 0), out);
}

DeviceCounts DeviceMachine::counts() const {
  DeviceCounts counts;
  counts.attempts = epoch_;
  counts.sessions = sessions_;
  counts.publishes = publishes_;
  if (seldom_) {
    counts.attempts += seldom_->attempts_before;
    counts.connack_refused = seldom_->connack_refused;
    counts.subscribe_refused = seldom_->subscribe_refused;
    counts.dropped = seldom_->dropped;
  }
  return counts;
}

DeviceMachine::Seldom& DeviceMachine::seldom() {
  if (!seldom_) seldom_ = std::make_unique<Seldom>();
  return *seldom_;
}

void DeviceMachine::forget_blank() {
  if (!seldom_) return;
  if (seldom_->session && seldom_->session->empty()) seldom_->session.reset();
  if (seldom_->is_blank()) seldom_.reset();
}

TemplateValues DeviceMachine::values(std::string_view client_id, Instant now,
                                     std::uint32_t sent) const {
  TemplateValues values;
  values.client_id = client_id;
  values.index = index_;
  values.group = {group_, group_bytes_};
  values.epoch = epoch_;
  values.time = now;
  values.seq = sent;
  return values;
}

}  // namespace probate::device
