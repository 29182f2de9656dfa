// The part of validate() about faults.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/mqtt/reasons.hpp"
#include "core/mqtt/topics.hpp"
#include "core/scenario/complaints.hpp"
#include "core/scenario/glob.hpp"

namespace probate::scenario {
namespace {

using fault::FaultSpec;

constexpr const char* kOnlyPublish = "only a PUBLISH has it";

class FaultChecks {
 public:
  FaultChecks(const Scenario& scenario, std::size_t fault, Complaints& out)
      : scenario_{scenario},
        fault_{scenario.faults[fault]},
        path_{fault_.stands_at.empty() ? fmt::format("faults[{}]", fault) : fault_.stands_at},
        out_{out} {}

  void run() {
    std::visit([this](const auto& timing) { check_timing(timing); }, fault_.timing);
    check_selector();
    check_length();
    std::visit([this](const auto& what) { check_what(what); }, fault_.what);
    if (const fault::Notices* notices = fault::notices_of(fault_.what)) check_notices(*notices);
  }

  // How many firings the timing gives on average; 0 if it is wrong anyway.
  double firings() const {
    if (std::holds_alternative<fault::Once>(fault_.timing)) return 1;
    if (const auto* repeated = std::get_if<fault::Repeated>(&fault_.timing)) {
      if (repeated->during.index() >= scenario_.phases.size() || repeated->period <= Duration{}) {
        return 0;
      }
      return std::ceil(phase_seconds(repeated->during) / to_seconds(repeated->period));
    }
    const auto& poisson = std::get<fault::Poisson>(fault_.timing);
    if (poisson.during.index() >= scenario_.phases.size() || !(poisson.per_hour > 0)) return 0;
    return phase_seconds(poisson.during) / 3600 * poisson.per_hour *
           static_cast<double>(devices_selected());
  }

 private:
  void add(std::string_view key, ErrorCode code, std::string message) {
    out_.add(at(key), code, std::move(message));
  }
  std::string at(std::string_view key) const { return fmt::format("{}.{}", path_, key); }

  double phase_seconds(PhaseId phase) const {
    return to_seconds(phase_length_max(scenario_.phases[phase.index()]));
  }

  // An upper bound: globs and hashes are not counted.
  std::uint64_t devices_selected() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < scenario_.fleet.size(); ++i) {
      if (!fault_.on.group || fault_.on.group->index() == i) count += scenario_.fleet[i].count;
    }
    if (fault_.on.count) return std::min<std::uint64_t>(count, *fault_.on.count);
    if (!fault_.on.share) return count;
    return static_cast<std::uint64_t>(std::lround(static_cast<double>(count) * *fault_.on.share));
  }

  // True if faults can fire in the phase.
  bool check_phase(std::string_view key, PhaseId phase) {
    if (phase.index() >= scenario_.phases.size()) {
      add(key, ErrorCode::unknown_name, "no such phase");
      return false;
    }
    const PhaseSpec& spec = scenario_.phases[phase.index()];
    if (!std::holds_alternative<ForAuto>(spec.end)) return true;
    add(key, ErrorCode::outside_phase,
        fmt::format("no fault can fire in \"{}\": `for: auto` heals every fault and waits",
                    spec.name));
    return false;
  }

  void check_timing(const fault::Once& once) {
    if (!check_phase("at", once.phase)) return;
    const PhaseSpec& phase = scenario_.phases[once.phase.index()];
    const Duration length = phase_length_max(phase);
    if (once.offset < Duration{}) {
      return add("at", ErrorCode::duration_range, "an offset is not negative");
    }
    if (once.offset < length) return;
    add("at", ErrorCode::outside_phase,
        fmt::format("\"{}\" is over after {}, so a fault at + {} never fires", phase.name,
                    to_text(length), to_text(once.offset)));
  }

  void check_timing(const fault::Repeated& repeated) {
    check_phase("during", repeated.during);
    if (repeated.period >= kPeriodMin && repeated.period <= kDurationMax) return;
    add("every", ErrorCode::fault_rate,
        fmt::format("a period of {} is out of range: {} to {}", to_text(repeated.period),
                    to_text(kPeriodMin), to_text(kDurationMax)));
  }

  void check_timing(const fault::Poisson& poisson) {
    check_phase("during", poisson.during);
    constexpr double kPerHourMax = 3'600'000;  // kPeriodMin apart
    if (poisson.per_hour > 0 && poisson.per_hour <= kPerHourMax) return;
    add("rate", ErrorCode::fault_rate,
        fmt::format("{:g}/h is out of range: above 0/h and at most {:.0f}/h", poisson.per_hour,
                    kPerHourMax));
  }

  void check_selector() {
    const fault::Selector& on = fault_.on;
    if (on.group && on.group->index() >= scenario_.fleet.size()) {
      add("on.group", ErrorCode::unknown_name, "no such group");
    }
    if (on.devices && on.devices->empty()) {
      add("on.devices", ErrorCode::bad_selector, "an empty pattern matches no ClientID");
    }
    if (on.source && on.source->empty()) {
      add("on.source", ErrorCode::bad_selector, "an empty pattern matches no address");
    }
    if (on.hash && on.hash->index >= on.hash->of) {
      add("on.hash", ErrorCode::bad_selector,
          fmt::format("hash {}/{} takes nobody: I/N needs I below N", on.hash->index, on.hash->of));
    }
    if (on.share && !(*on.share > 0 && *on.share <= 1)) {
      add("on.share", ErrorCode::bad_selector,
          fmt::format("{:.10g}% is out of range: above 0% and at most 100%", *on.share * 100));
    }
    if (on.count && *on.count == 0) {
      add("on.count", ErrorCode::bad_selector, "a count of 0 takes nobody");
    }
    if (on.share && on.count) {
      add("on.count", ErrorCode::bad_selector, "`share` and `count` exclude each other");
    }
  }

  void check_length() {
    if (fault_.lasts) out_.check_distribution(at("for"), *fault_.lasts, kPeriodMin);
    if (fault_.ramp) out_.check_duration(at("ramp"), *fault_.ramp, Duration{});
  }

  void check_no_length(const char* why) {
    if (fault_.lasts) add("for", ErrorCode::length_not_used, why);
    if (fault_.ramp) add("ramp", ErrorCode::length_not_used, why);
  }

  void check_what(const fault::Drop&) { check_no_length("a drop is over at once"); }
  void check_what(const fault::Stall&) {}
  void check_what(const fault::Outage&) {}
  void check_what(const fault::Vanish&) {
    check_no_length("what has vanished does not come back: it is over when the device redials");
  }
  void check_what(const fault::SimArrears& what) {
    const bool is_throttled = what.mode == fault::ArrearsMode::throttled;
    if (is_throttled) check_byte_rate(what.bytes_per_second);
    if (is_throttled && what.recover.needs_reboot) {
      add("recover.needs_reboot", ErrorCode::conflicting_keys,
          "a throttled SIM is rejected nowhere: `needs_reboot` goes with mode barred, cut or "
          "walled_garden");
    }
    check_reboots(what.recover);
    if (what.recover.in_batches()) check_batches(what.recover);
  }

  void check_reboots(const fault::Recovery& recover) {
    if (!recover.needs_reboot) return;
    const double share = *recover.needs_reboot;
    if (!(share > 0 && share <= 1)) {
      add("recover.needs_reboot", ErrorCode::out_of_range,
          fmt::format("{:.10g}% is out of range: above 0% and at most 100%", share * 100));
    }
    out_.check_distribution(at("recover.reboot"), recover.reboot, Duration{});
  }

  void check_batches(const fault::Recovery& recover) {
    const char* key = recover.batch_at ? "recover.batch_at" : "recover.batch_every";
    if (!fault_.lasts) {
      add(key, ErrorCode::length_needed,
          "a batch lets in who has paid by then, and nobody pays without `for`: how long after "
          "the fault struck");
    }
    if (recover.batch_at) out_.check_duration(at("recover.batch_at"), *recover.batch_at, {});
    if (recover.batch_every) return check_wait("recover.batch_every", *recover.batch_every);
    const auto* once = std::get_if<fault::Once>(&fault_.timing);
    if (once == nullptr || *recover.batch_at > once->offset) return;
    add(key, ErrorCode::pointless_fault,
        fmt::format("nobody has paid by {}: the fault strikes {} into its phase, and there is no "
                    "further batch; a later one, or `batch_every`, lets them in",
                    to_text(*recover.batch_at), to_text(once->offset)));
  }

  void check_what(const fault::Bandwidth& what) { check_byte_rate(what.bytes_per_second); }
  void check_what(const fault::Lossy& what) {
    if (!(what.loss > 0 && what.loss <= kLossMax)) {
      add("loss", ErrorCode::out_of_range,
          fmt::format("a loss of {:g}% is out of range: above 0% and at most {:g}%",
                      what.loss * 100, kLossMax * 100));
    }
    check_wait("rto", what.rto);
  }
  void check_what(const fault::Slice& what) {
    if (what.piece == 0) add("piece", ErrorCode::pointless_fault, "a piece of 0B never passes");
    check_wait("gap", what.gap);
  }
  void check_what(const fault::Limit& what) {
    if (what.after) check_wait("after", *what.after);
    if (what.bytes && *what.bytes == 0) {
      add("bytes", ErrorCode::pointless_fault, "0B would cut before CONNECT: `refuse` does that");
    }
    if (what.after || what.bytes) return;
    out_.add(path_, ErrorCode::pointless_fault,
             "limit needs `bytes` or `after`: how much, or how long, a connection may have");
  }
  void check_what(const fault::SlowClose& what) { check_wait("delay", what.delay); }
  void check_what(const fault::ConnectDelay& what) { check_wait("delay", what.delay); }
  void check_what(const fault::Refuse&) {}
  void check_what(const fault::SynDrop&) {}

  void check_wait(std::string_view key, Duration wait) {
    if (wait >= kPeriodMin && wait <= kDurationMax) return;
    add(key, ErrorCode::duration_range,
        fmt::format("{} is out of range: {} to {}", to_text(wait), to_text(kPeriodMin),
                    to_text(kDurationMax)));
  }

  void check_what(const fault::NatIdle& what) {
    if (fault_.ramp) add("ramp", ErrorCode::length_not_used, "each connection idles on its own");
    if (what.after >= kIdleMin && what.after <= kDurationMax) return;
    add("after", ErrorCode::duration_range,
        fmt::format("an idle time of {} is out of range: {} to {}", to_text(what.after),
                    to_text(kIdleMin), to_text(kDurationMax)));
  }

  void check_byte_rate(std::uint64_t bytes_per_second) {
    if (bytes_per_second >= kByteRateMin && bytes_per_second <= kByteRateMax) return;
    add("throughput", ErrorCode::out_of_range,
        fmt::format("{} B/s is out of range: {} B/s to {} GiB/s", bytes_per_second, kByteRateMin,
                    kByteRateMax >> 30));
  }
  void check_what(const fault::Mqtt& what) {
    using fault::PacketAct;
    check_direction(what);
    const bool is_publish = what.packet == mqtt::PacketType::publish;
    if (what.topic && !is_publish) add("topic", ErrorCode::conflicting_keys, kOnlyPublish);
    if (what.qos && !is_publish) add("qos", ErrorCode::conflicting_keys, kOnlyPublish);
    if (what.topic && !mqtt::is_topic_filter(*what.topic)) {
      add("topic", ErrorCode::bad_filter,
          fmt::format("\"{}\" is no topic filter: + stands alone in a level, # alone in the last",
                      *what.topic));
    }
    if (what.nth && *what.nth == 0) add("nth", ErrorCode::out_of_range, "the first packet is 1");
    if (what.act == PacketAct::hold) check_wait("delay", what.delay);
    if (what.act == PacketAct::inject && what.packet == mqtt::PacketType::disconnect) {
      check_no_length("an injected DISCONNECT is sent once");
    }
    if (what.reason) check_reason(what);
  }
  void check_what(const fault::TakeoverOrder& what) {
    if (what.gap >= Duration{} && what.gap <= kDurationMax) return;
    add("gap", ErrorCode::duration_range,
        fmt::format("{} is out of range: 0s to {}", to_text(what.gap), to_text(kDurationMax)));
  }

  void check_direction(const fault::Mqtt& what) {
    using fault::FlowDirection;
    const FlowDirection ways = fault::ways_of(what.packet);
    if (ways == FlowDirection::both || what.direction == FlowDirection::both) return;
    if (what.direction == ways) return;
    add("direction", ErrorCode::conflicting_keys,
        fmt::format("{} goes {} only", mqtt::to_text(what.packet), fault::to_text(ways)));
  }

  // What it asks for, or says, must be something that the packet can say to these devices.
  void check_reason(const fault::Mqtt& what) {
    using fault::PacketAct;
    constexpr std::array kAsked{mqtt::PacketType::connack, mqtt::PacketType::puback,
                                mqtt::PacketType::pubrec, mqtt::PacketType::suback,
                                mqtt::PacketType::disconnect};
    const bool is_filter = what.act != PacketAct::rewrite && what.act != PacketAct::inject;
    if (is_filter && std::find(kAsked.begin(), kAsked.end(), what.packet) == kAsked.end()) {
      return add(
          "reason", ErrorCode::conflicting_keys,
          fmt::format("`reason` has no effect on {}: it is asked of CONNACK, PUBACK, PUBREC, "
                      "SUBACK and DISCONNECT",
                      mqtt::to_text(what.packet)));
    }
    if (what.act == PacketAct::inject && *what.reason == 0) {
      return add("reason", ErrorCode::pointless_fault,
                 "0x00 is no reason to send a device away: the broker would have to accept it");
    }
    if (scenario_.has_real_devices) return check_reason_of_any(what);
    for (std::size_t i = 0; i < scenario_.fleet.size(); ++i) {
      const GroupSpec& group = scenario_.fleet[i];
      const bool selected = !fault_.on.group || fault_.on.group->index() == i;
      if (!selected || group.device >= scenario_.devices.size()) continue;
      const device::DeviceConfig& kind = scenario_.devices[group.device];
      if (mqtt::is_reason(what.packet, kind.protocol, *what.reason)) continue;
      return add("reason", ErrorCode::out_of_range,
                 fmt::format("{:#04x} is nothing that {} of MQTT {} can say, which \"{}\" speaks",
                             *what.reason, mqtt::to_text(what.packet), mqtt::to_text(kind.protocol),
                             kind.name));
    }
  }
  // Which version a real device speaks is known when it comes: others are skipped then.
  void check_reason_of_any(const fault::Mqtt& what) {
    for (const auto version : {mqtt::Version::v3_1, mqtt::Version::v3_1_1, mqtt::Version::v5}) {
      if (fault::can_be_said(what, version)) return;
    }
    add("reason", ErrorCode::out_of_range,
        fmt::format("{:#04x} is nothing that {} of any version of MQTT can say", *what.reason,
                    mqtt::to_text(what.packet)));
  }
  void check_what(const fault::PowerCut&) {}
  void check_what(const fault::BrokerRestart&) {
    if (!scenario_.broker.managed) {
      add("do", ErrorCode::conflicting_keys,
          "broker_restart ends the broker and starts it again: it needs the managed one, and the "
          "one at `broker.address` is not ours");
    }
    if (std::holds_alternative<fault::Poisson>(fault_.timing)) {
      add("rate", ErrorCode::bad_timing,
          "`rate` is per device, and broker_restart hits none: use `at` or `every`");
    }
    if (!fault_.on.is_everybody()) {
      add("on", ErrorCode::bad_selector,
          "broker_restart hits the broker and thereby whoever is connected: leave `on` out");
    }
    if (fault_.ramp) add("ramp", ErrorCode::length_not_used, "there is one broker to start again");
    if (fault_.lasts || scenario_.has_real_devices) return;
    out_.add(path_, ErrorCode::length_needed, "broker_restart needs `for`: how long it is down");
  }
  void check_what(const fault::Rebind&) {
    check_no_length("a rebind ends when the device redials, see `notices`");
  }

  void check_what(const fault::Leave&) {
    // Impossible there, whatever it says.
    if (fault_.lasts || scenario_.has_real_devices) return;
    out_.add(path_, ErrorCode::length_needed, "leave needs `for`: how long the device stays away");
  }

  void check_what(const fault::DuplicateLogin& what) {
    check_no_length("a duplicate_login ends after its last login");
    out_.check_duration(at("gap"), what.gap, Duration{});
    if (what.logins == 0) {
      add("logins", ErrorCode::pointless_fault, "with 0 logins nothing happens");
    }
    if (what.logins > kLoginsMax) {
      add("logins", ErrorCode::too_many,
          fmt::format("{} logins are too many: at most {}", what.logins, kLoginsMax));
    }
  }

  void check_what(const fault::Latency& what) {
    out_.check_duration(at("delay"), what.delay, Duration{});
    if (what.jitter < Duration{} || what.jitter > what.delay) {
      add("jitter", ErrorCode::duration_range,
          fmt::format("a jitter of {} is out of range: 0s to the delay, {}", to_text(what.jitter),
                      to_text(what.delay)));
    }
    if (what.delay != Duration{}) return;
    add("delay", ErrorCode::pointless_fault, "a latency of 0s changes nothing");
  }

  void check_what(const fault::HalfOpen& what) {
    if (!what.until_device_returns) return;
    if (fault_.lasts) {
      add("until", ErrorCode::conflicting_keys,
          "half_open lasts either `until: device_returns` or `for` a time");
    }
    if (fault_.ramp) add("ramp", ErrorCode::length_not_used, "each device returns on its own");
    check_returns(what.notices);
  }

  void check_returns(const fault::Notices& notices) {
    if (notices.how == fault::NoticesHow::after) return;
    if (notices.how == fault::NoticesHow::never) {
      return add("notices", ErrorCode::never_returns,
                 "a device that never notices never returns; give `for`, or let it notice");
    }
    for (std::size_t i = 0; i < scenario_.fleet.size(); ++i) {
      const GroupSpec& group = scenario_.fleet[i];
      const bool selected = !fault_.on.group || fault_.on.group->index() == i;
      if (!selected || group.device >= scenario_.devices.size()) continue;
      const device::DeviceConfig& kind = scenario_.devices[group.device];
      if (kind.pingresp_timeout && kind.keep_alive > Duration{}) continue;
      if (is_told_by_tcp(kind)) continue;
      return add("notices", ErrorCode::never_returns,
                 fmt::format("\"{}\" cannot notice by itself: it has no {}", kind.name,
                             kind.pingresp_timeout ? "keep_alive" : "pingresp_timeout"));
    }
  }

  // Where nothing is acknowledged, whatever it sends is given up in the end.
  bool is_told_by_tcp(const device::DeviceConfig& kind) const {
    const bool speaks = kind.keep_alive > Duration{} || !kind.publish.empty() || kind.luat_loop;
    return speaks && scenario_.requires_fidelity && scenario_.fidelity == fault::Fidelity::segment;
  }

  void check_notices(const fault::Notices& notices) {
    if (notices.how != fault::NoticesHow::after) return;
    out_.check_distribution(at("notices"), notices.after, Duration{});
  }

  const Scenario& scenario_;
  const FaultSpec& fault_;
  std::string path_;
  Complaints& out_;
};

}  // namespace

void check_patterns(const Scenario& scenario, Complaints& out) {
  // Expanding a ClientID takes a fraction of a microsecond; what lies beyond is a guard of the run.
  constexpr std::uint64_t kLooksMax = 5'000'000;
  std::uint64_t looks = 0;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const fault::Selector& on = scenario.faults[i].on;
    if (!on.devices || on.devices->empty()) continue;
    std::string example;
    bool matches = false;
    std::uint32_t begin = 0;
    for (std::size_t g = 0; g < scenario.fleet.size() && !matches; ++g) {
      const std::uint32_t end = begin + scenario.fleet[g].count;
      const bool meant = !on.group || on.group->index() == g;
      for (; meant && begin < end && !matches && looks < kLooksMax; ++begin, ++looks) {
        std::string id = scenario.client_id_of(DeviceId{begin});
        matches = glob_matches(*on.devices, id);
        if (example.empty()) example = std::move(id);
      }
      begin = end;
    }
    if (matches || example.empty() || looks == kLooksMax) continue;
    out.add(fmt::format("faults[{}].on.devices", i), ErrorCode::bad_selector,
            fmt::format("no ClientID matches \"{}\"; they look like \"{}\"", *on.devices, example));
  }
}

namespace {

// What to do if so many are expected and there is room for fewer.
std::string fewer_firings(bool is_rate, double expected, double room) {
  const double times = std::ceil(expected / std::max(room, 1.0));
  const char* what = is_rate ? "divide the rate" : "multiply the interval";
  return fmt::format("{} by {:.0f} or more, or shorten the phase", what, times);
}

}  // namespace

void check_faults(const Scenario& scenario, Complaints& out) {
  double total = 0;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    FaultChecks checks{scenario, i, out};
    checks.run();
    const double firings = checks.firings();
    const bool was_good = total <= static_cast<double>(kFiringsMax);
    total += firings;
    if (!was_good || total <= static_cast<double>(kFiringsMax)) continue;
    const bool is_rate = std::holds_alternative<fault::Poisson>(scenario.faults[i].timing);
    out.add(
        fmt::format("faults[{}].{}", i, is_rate ? "rate" : "every"), ErrorCode::too_many_firings,
        fmt::format(
            "{:.0f} firings are expected, {:.0f} with the faults before; at most {}: {}", firings,
            total, kFiringsMax,
            fewer_firings(is_rate, firings, static_cast<double>(kFiringsMax) - (total - firings))));
  }
}

}  // namespace probate::scenario
