#include "core/scenario/time_scale.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

// MQTT 5, 3.1.2.11.2: the session does not expire.
constexpr Duration kExpiresNever = std::chrono::seconds{0xffffffff};

class Scaler {
 public:
  explicit Scaler(double factor) : factor_{factor} {}

  void operator()(Duration& duration) const {
    duration = Duration{std::llround(static_cast<double>(duration.count()) / factor_)};
  }
  void operator()(std::optional<Duration>& duration) const {
    if (duration) (*this)(*duration);
  }
  void operator()(Distribution& distribution) const {
    std::visit([this](auto& each) { scale(each); }, distribution);
  }

  void operator()(device::DeviceConfig& kind) const {
    (*this)(kind.keep_alive);
    if (kind.session_expiry != kExpiresNever) (*this)(kind.session_expiry);
    if (kind.will) (*this)(kind.will->delay);
    (*this)(kind.connect.tcp_timeout);
    (*this)(kind.connect.connack_timeout);
    (*this)(kind.connect.retry.every);
    (*this)(kind.connect.retry.base);
    (*this)(kind.connect.retry.max);
    for (auto& publish : kind.publish) (*this)(publish.every);
    (*this)(kind.pingresp_timeout);
    if (!kind.luat_loop) return;
    (*this)(kind.luat_loop->receive_timeout);
    (*this)(kind.luat_loop->publish_every);
  }

  void operator()(PhaseSpec& phase) const {
    if (phase.connect) phase.connect->rate *= factor_;
    std::visit([this](auto& end) { scale(end); }, phase.end);
  }

  void operator()(fault::FaultSpec& fault) const {
    std::visit([this](auto& timing) { scale(timing); }, fault.timing);
    if (fault.lasts) (*this)(*fault.lasts);
    (*this)(fault.ramp);
    std::visit([this](auto& what) { scale(what); }, fault.what);
  }

 private:
  void scale(Constant& constant) const { (*this)(constant.value); }
  void scale(Uniform& uniform) const {
    (*this)(uniform.low);
    (*this)(uniform.high);
  }
  void scale(Exponential& exponential) const { (*this)(exponential.mean); }
  void scale(Lognormal& lognormal) const {
    (*this)(lognormal.median);
    (*this)(lognormal.p99);
  }

  void scale(std::uint64_t& bytes_per_second) const {
    const double scaled = static_cast<double>(bytes_per_second) * factor_;
    bytes_per_second = static_cast<std::uint64_t>(std::llround(scaled));
  }

  void scale(ForDuration& end) const { (*this)(end.duration); }
  void scale(UntilOnline& end) const { (*this)(end.timeout); }
  void scale(ForAuto& end) const { (*this)(end.at_most); }

  void scale(fault::Once& once) const { (*this)(once.offset); }
  void scale(fault::Repeated& repeated) const { (*this)(repeated.period); }
  void scale(fault::Poisson& poisson) const { poisson.per_hour *= factor_; }

  void scale(fault::HalfOpen& what) const { (*this)(what.notices.after); }
  void scale(fault::SimArrears& what) const {
    (*this)(what.notices.after);
    scale(what.bytes_per_second);
    (*this)(what.recover.reboot);
    (*this)(what.recover.batch_at);
    (*this)(what.recover.batch_every);
  }
  void scale(fault::NatIdle& what) const {
    (*this)(what.after);
    (*this)(what.notices.after);
  }
  void scale(fault::Bandwidth& what) const { scale(what.bytes_per_second); }
  void scale(fault::Outage&) const {}
  void scale(fault::Lossy& what) const { (*this)(what.rto); }
  void scale(fault::Slice& what) const { (*this)(what.gap); }
  void scale(fault::Limit& what) const { (*this)(what.after); }
  void scale(fault::SlowClose& what) const { (*this)(what.delay); }
  void scale(fault::ConnectDelay& what) const { (*this)(what.delay); }
  void scale(fault::Refuse&) const {}
  void scale(fault::SynDrop&) const {}
  void scale(fault::Rebind& what) const { (*this)(what.notices.after); }
  void scale(fault::DuplicateLogin& what) const { (*this)(what.gap); }
  void scale(fault::Latency& what) const {
    (*this)(what.delay);
    (*this)(what.jitter);
  }
  void scale(fault::Drop&) const {}
  void scale(fault::Stall&) const {}
  void scale(fault::Vanish&) const {}
  void scale(fault::Mqtt& what) const { (*this)(what.delay); }
  void scale(fault::TakeoverOrder& what) const { (*this)(what.gap); }
  void scale(fault::Leave&) const {}
  void scale(fault::PowerCut&) const {}
  void scale(fault::BrokerRestart&) const {}

  double factor_;
};

// Calls visit(path, words, duration) for each duration that MQTT carries in whole seconds and that
// scales; 0 stays 0.
template <typename Visit>
void for_each_on_wire(const Scenario& scenario, Visit visit) {
  for (const device::DeviceConfig& kind : scenario.devices) {
    const auto look = [&](const char* key, const char* words, Duration value) {
      if (value == Duration{} || value == kExpiresNever) return;
      visit(fmt::format("devices.{}.{}", kind.name, key), words, value);
    };
    look("keep_alive", "a keep-alive", kind.keep_alive);
    look("session_expiry", "a session expiry", kind.session_expiry);
    if (kind.will) look("will.delay", "a will delay", kind.will->delay);
  }
}

}  // namespace

double time_scale_max(const Scenario& scenario) {
  Duration::rep common = 0;
  for_each_on_wire(scenario, [&](const std::string&, const char*, Duration value) {
    common = std::gcd(common, value.count());
  });
  if (common == 0) return kTimeScaleMax;
  return std::min(to_seconds(Duration{common}), kTimeScaleMax);
}

std::vector<Complaint> scale_time(Scenario& scenario, double factor) {
  Complaints out;
  if (!(factor >= kTimeScaleMin && factor <= kTimeScaleMax)) {
    out.add("", ErrorCode::time_scale,
            fmt::format("a time scale of {:g} is out of range: {:g} to {:g}", factor, kTimeScaleMin,
                        kTimeScaleMax));
    return out.take_sorted();
  }
  const Scaler scale{factor};
  for_each_on_wire(scenario, [&](std::string path, const char* words, Duration value) {
    Duration scaled = value;
    scale(scaled);
    if (scaled >= 1s && scaled % 1s == Duration{}) return;
    out.add(std::move(path), ErrorCode::time_scale,
            fmt::format("{} of {} is {} at time scale {:g}, and MQTT carries whole seconds from 1 "
                        "on; the largest usable scale is {:g}",
                        words, to_text(value), to_text(scaled), factor, time_scale_max(scenario)));
  });
  auto complaints = out.take_sorted();
  if (!complaints.empty()) return complaints;
  if (scenario.broker.capacity) scenario.broker.capacity->connects_per_second *= factor;
  for (auto& kind : scenario.devices) scale(kind);
  for (GroupSpec& group : scenario.fleet) {
    scale(group.link.latency);
    scale(group.link.jitter);
  }
  for (PhaseSpec& phase : scenario.phases) scale(phase);
  for (fault::FaultSpec& fault : scenario.faults) scale(fault);
  for (DownlinkSpec& downlink : scenario.backend.publish) scale(downlink.every);
  for (PolicySpec& policy : scenario.backend.presence) {
    if (!policy.written) policy.written = {policy.wait, policy.heartbeat};
    scale(policy.wait);
    scale(policy.heartbeat);
  }
  for (GateRuleSpec& rule : scenario.gate) {
    scale(rule.held_for);
    scale(rule.window);
  }
  return {};
}

}  // namespace probate::scenario
