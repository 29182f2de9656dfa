#include "core/scenario/canonical.hpp"

#include <array>

#include <fmt/format.h>

#include "core/scenario/policies.hpp"

namespace probate::scenario {
namespace {

class Lines {
 public:
  template <typename Value>
  void put(std::string_view key, const Value& value) {
    out_ += fmt::format("{}{}={}\n", prefix_, key, value);
  }
  void put(std::string_view key, Duration value) { put(key, to_text(value)); }
  // Lengths keep a text with line breaks from looking like other lines.
  void put_text(std::string_view key, std::string_view value) {
    put(key, fmt::format("{}:{}", value.size(), value));
  }
  void begin(std::string prefix) { prefix_ = std::move(prefix); }
  std::string take() { return std::move(out_); }

  void put_message(std::string_view key, const device::MessageConfig& message) {
    put_text(fmt::format("{}.topic", key), message.topic.text());
    put_text(fmt::format("{}.payload", key), message.payload.text());
    if (message.encoding != device::Encoding::text) {
      put(fmt::format("{}.encoding", key), static_cast<int>(message.encoding));
    }
    put(fmt::format("{}.qos", key), static_cast<int>(message.qos));
    put(fmt::format("{}.retain", key), message.retain);
  }

 private:
  std::string out_;
  std::string prefix_;
};

void put_connect(const device::ConnectConfig& connect, Lines& out) {
  out.put("tcp_timeout", connect.tcp_timeout);
  out.put("connack_timeout", connect.connack_timeout);
  out.put("retry.policy", static_cast<int>(connect.retry.policy));
  out.put("retry.every", connect.retry.every);
  out.put("retry.base", connect.retry.base);
  out.put("retry.max", connect.retry.max);
  out.put("retry.jitter", static_cast<int>(connect.retry.jitter));
}

void put_kind(const device::DeviceConfig& kind, Lines& out) {
  out.begin(fmt::format("devices.{}.", kind.name));
  out.put_text("client_id", kind.client_id.text());
  out.put("protocol", static_cast<int>(kind.protocol));
  out.put("clean", kind.clean);
  out.put("session_expiry", kind.session_expiry);
  out.put("keep_alive", kind.keep_alive);
  put_connect(kind.connect, out);
  if (kind.will) {
    out.put_message("will", *kind.will);
    out.put("will.delay", kind.will->delay);
  }
  if (kind.birth) {
    out.put_message("birth", *kind.birth);
    out.put("birth.when", static_cast<int>(kind.birth->when));
  }
  if (kind.farewell) out.put_message("farewell", *kind.farewell);
  for (const Template& filter : kind.subscribe) out.put_text("subscribe", filter.text());
  out.put("subscribe_qos", static_cast<int>(kind.subscribe_qos));
  for (const auto& publish : kind.publish) {
    out.put_message("publish", publish);
    out.put("publish.every", publish.every);
  }
  out.put("workload", static_cast<int>(kind.workload));
  if (kind.luat_loop) {
    out.put("luat_loop.receive_timeout", kind.luat_loop->receive_timeout);
    out.put("luat_loop.publish_every", kind.luat_loop->publish_every);
    out.put_message("luat_loop.report", kind.luat_loop->report);
    out.put_message("luat_loop.response", kind.luat_loop->response);
  }
  out.put("on_error", static_cast<int>(kind.on_error));
  out.put("pingresp_timeout", kind.pingresp_timeout ? to_text(*kind.pingresp_timeout) : "none");
}

struct EndText {
  std::string operator()(const ForDuration& end) const { return "for " + to_text(end.duration); }
  std::string operator()(const UntilOnline& end) const {
    return fmt::format("until {} {}", end.share, to_text(end.timeout));
  }
  std::string operator()(const ForAuto& end) const { return "auto " + to_text(end.at_most); }
};

struct TimingText {
  std::string operator()(const fault::Once& once) const {
    return fmt::format("at {} + {}", once.phase.value, to_text(once.offset));
  }
  std::string operator()(const fault::Repeated& repeated) const {
    return fmt::format("every {} during {}", to_text(repeated.period), repeated.during.value);
  }
  std::string operator()(const fault::Poisson& poisson) const {
    return fmt::format("rate {}/h during {}", poisson.per_hour, poisson.during.value);
  }
};

void put_fault(const fault::FaultSpec& fault, Lines& out) {
  out.begin(fmt::format("faults.{}.", fault.name));
  out.put("timing", std::visit(TimingText{}, fault.timing));
  // As it was spelled when the first digests were made.
  const std::string on = fault::to_text(fault.on);
  out.put_text("on", fault.on.is_everybody() ? on : "all, " + on);
  out.put("for", fault.lasts ? to_text(*fault.lasts) : "none");
  out.put("ramp", fault.ramp ? to_text(*fault.ramp) : "none");
  out.put("do", fault::to_text(fault.what));
}

void put_timeline(const Scenario& scenario, Lines& out) {
  for (const GroupSpec& group : scenario.fleet) {
    out.begin(fmt::format("fleet.{}.", group.name));
    out.put("device", group.device);
    out.put("count", group.count);
    out.put("latency", group.link.latency);
    out.put("jitter", group.link.jitter);
    if (group.real) {
      out.put_text("devices", group.real->devices);
      out.put("places", group.real->places);
    }
  }
  for (const PhaseSpec& phase : scenario.phases) {
    out.begin(fmt::format("phases.{}.", phase.name));
    if (phase.connect) {
      out.put("arrival", static_cast<int>(phase.connect->arrival));
      out.put("rate", phase.connect->rate);
    }
    out.put("end", std::visit(EndText{}, phase.end));
  }
  for (const fault::FaultSpec& fault : scenario.faults) put_fault(fault, out);
}

void put_backend(const BackendSpec& backend, Lines& out) {
  out.begin("backend.");
  for (const std::string& filter : backend.wills) out.put_text("wills", filter);
  for (const std::string& filter : backend.births) out.put_text("births", filter);
  for (const std::string& filter : backend.messages) out.put_text("messages", filter);
  for (const DownlinkSpec& downlink : backend.publish) {
    out.put_message("publish", downlink.message);
    out.put("publish.every", downlink.every);
  }
  out.put("qos", static_cast<int>(backend.qos));
  for (const PolicySpec& policy : backend.presence) {
    out.put("presence", policy.label());
    const PolicyParameters takes = parameters_of(policy.name);
    if (policy.written && takes.wait) out.put("presence.wait", policy.wait);
    if (takes.heartbeat) out.put("presence.silence", policy.silence());
  }
}

void put_verdict(const Scenario& scenario, Lines& out) {
  out.begin("judge.");
  out.put("allowance", scenario.judge.allowance);
  out.put("horizon", scenario.judge.horizon);
  out.put("flicker", scenario.judge.flicker);
  if (scenario.judge.takeover_reading) {
    out.put_text("takeover_reading", broker::to_text(*scenario.judge.takeover_reading));
  }
  for (const GateRuleSpec& rule : scenario.gate) {
    out.begin(fmt::format("gate.{}.", rule.name));
    out.put_text("expect", rule.expect);
    out.put_text("over", rule.over);
    out.put_text("per", rule.per);
    out.put("confidence", rule.confidence ? fmt::to_string(*rule.confidence) : "none");
    out.put("min_samples", rule.samples_min);
    out.put("severity", static_cast<int>(rule.severity));
    out.put("on_no_data", static_cast<int>(rule.on_no_data));
    out.put("for", rule.held_for ? to_text(*rule.held_for) : "none");
    out.put("abort", rule.abort);
  }
}

// The lines of a canonical text that are about that section.
std::string lines_of(std::string_view section, std::string_view text) {
  std::string found;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    text.remove_prefix(line.size());
    const bool is_its = line.starts_with(section) && line.size() > section.size() &&
                        (line[section.size()] == '.' || line[section.size()] == '=');
    if (is_its) found += line;
  }
  return found;
}

}  // namespace

std::string canonical_text(const fault::FaultSpec& fault) {
  Lines out;
  put_fault(fault, out);
  return out.take();
}

std::string section_changed(const Scenario& running, const Scenario& next) {
  constexpr std::array kSections{"seed",   "broker",  "devices", "fleet",
                                 "phases", "backend", "judge",   "gate"};
  const BrokerSpec& broker = running.broker;
  if (broker.username != next.broker.username || broker.password != next.broker.password) {
    return "broker";
  }
  const std::string before = canonical_text(running);
  const std::string after = canonical_text(next);
  for (const char* section : kSections) {
    if (lines_of(section, before) != lines_of(section, after)) return section;
  }
  return {};
}

std::string canonical_text(const Scenario& scenario) {
  Lines out;
  out.put("seed", scenario.seed);
  // As before there was another, so that digests stay.
  if (scenario.fidelity != fault::Fidelity::stream) {
    out.put("fidelity", fault::to_text(scenario.fidelity));
  }
  out.put("broker.managed", scenario.broker.managed);
  for (const auto& [key, value] : scenario.broker.config) {
    out.put_text("broker.config." + key, value);
  }
  out.put_text("broker.profile", scenario.broker.profile);
  out.put("broker.wills", scenario.broker.publishes_wills);
  if (const auto& capacity = scenario.broker.capacity) {
    out.put("broker.capacity.connects", capacity->connects_per_second);
    out.put("broker.capacity.backlog", capacity->backlog);
  }
  for (const device::DeviceConfig& kind : scenario.devices) put_kind(kind, out);
  put_timeline(scenario, out);
  put_backend(scenario.backend, out);
  put_verdict(scenario, out);
  return out.take();
}

}  // namespace probate::scenario
