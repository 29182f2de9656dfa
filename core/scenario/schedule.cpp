#include "core/scenario/schedule.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "core/base/check.hpp"
#include "core/scenario/complaints.hpp"
#include "core/scenario/selection.hpp"

namespace probate::scenario {
namespace {

// Without `connect` anywhere: 1 s per 200 devices.
constexpr ConnectPlan kDefaultPlan{};

}  // namespace

Schedule::Schedule(const Scenario& scenario)
    : scenario_{scenario}, root_{scenario.seed}, firings_(scenario.phases.size()) {
  const std::uint32_t count = scenario_.device_count();
  const Rng devices = root_.stream("device");
  device_keys_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    device_keys_.push_back(devices.stream(scenario_.client_id_of(DeviceId{i})).next());
  }
  for (const fault::FaultSpec& fault : scenario_.faults) {
    fault_streams_.push_back(root_.stream("fault").stream(fault.name));
  }
  draw_arrivals();
  find_candidates();
  draw_firings();
}

void Schedule::draw_arrivals() {
  ConnectPlan plan = kDefaultPlan;
  for (std::size_t i = 0; i < scenario_.phases.size(); ++i) {
    if (!scenario_.phases[i].connect) continue;
    plan = *scenario_.phases[i].connect;
    connect_phase_ = PhaseId{static_cast<std::uint16_t>(i)};
  }
  const std::uint64_t key = root_.stream("connect/order").next();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(device_keys_.size());
  for (std::uint32_t i = 0; i < device_keys_.size(); ++i) {
    order.emplace_back(Rng{key ^ device_keys_[i]}.next(), i);
  }
  std::sort(order.begin(), order.end());
  connect_offsets_.resize(device_keys_.size());
  Rng arrivals = root_.stream("connect/arrival");
  Duration at{};
  for (std::size_t position = 0; position < order.size(); ++position) {
    switch (plan.arrival) {
      case Arrival::even:
        at = from_seconds(static_cast<double>(position) / plan.rate);
        break;
      case Arrival::poisson:
        at += arrivals.exponential(from_seconds(1 / plan.rate));
        break;
    }
    connect_offsets_[order[position].second] = at;
  }
}

void Schedule::find_candidates() {
  candidates_.reserve(scenario_.faults.size());
  for (const fault::FaultSpec& fault : scenario_.faults) {
    candidates_.push_back(candidates_of(fault.on));
  }
}

Schedule::Candidates Schedule::candidates_of(const fault::Selector& selector) const {
  Candidates found;
  found.count = static_cast<std::uint32_t>(device_keys_.size());
  if (selector.group) {
    for (std::size_t i = 0; i < selector.group->index(); ++i) {
      found.first += scenario_.fleet[i].count;
    }
    found.count = scenario_.fleet[selector.group->index()].count;
  }
  if (!selector.devices && !selector.hash) return found;
  for (std::uint32_t i = found.first; i < found.first + found.count; ++i) {
    const std::string id = scenario_.client_id_of(DeviceId{i});
    if (!fits(selector, id)) continue;
    found.list.push_back(DeviceId{i});
  }
  found.listed = true;
  found.count = static_cast<std::uint32_t>(found.list.size());
  return found;
}

void Schedule::draw_firings() {
  for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
    const FaultId fault{static_cast<std::uint16_t>(i)};
    const fault::Timing& timing = scenario_.faults[i].timing;
    if (const auto* once = std::get_if<fault::Once>(&timing)) {
      firings_[once->phase.index()].push_back({once->offset, fault});
    } else if (const auto* repeated = std::get_if<fault::Repeated>(&timing)) {
      const Duration end = phase_length_max(scenario_.phases[repeated->during.index()]);
      for (Duration at{}; at < end; at += repeated->period) {
        firings_[repeated->during.index()].push_back({at, fault});
      }
    } else {
      draw_poisson(fault, std::get<fault::Poisson>(timing));
    }
  }
  std::vector<std::uint32_t> ordinals(scenario_.faults.size());
  for (auto& phase : firings_) {
    std::sort(phase.begin(), phase.end(), [](const Firing& a, const Firing& b) {
      return std::tie(a.offset, a.fault, a.who) < std::tie(b.offset, b.fault, b.who);
    });
    for (Firing& firing : phase) {
      if (!firing.is_own) firing.who = ordinals[firing.fault.index()]++;
    }
    phase.shrink_to_fit();
  }
}

void Schedule::draw_poisson(FaultId fault, const fault::Poisson& poisson) {
  const Duration end = phase_length_max(scenario_.phases[poisson.during.index()]);
  const Duration mean = from_seconds(3600 / poisson.per_hour);
  const Rng times = fault_streams_[fault.index()].stream("times");
  const Selection selection = ranked(fault, 0);
  const auto taken =
      static_cast<std::ptrdiff_t>(std::min<std::size_t>(selection.take, selection.ranked.size()));
  auto& firings = firings_[poisson.during.index()];
  for (auto device = selection.ranked.begin(); device != selection.ranked.begin() + taken;
       ++device) {
    Rng rng = times.stream("", device_keys_[device->index()]);
    for (Duration at = rng.exponential(mean); at < end; at += rng.exponential(mean)) {
      firings.push_back({at, fault, true, device->value});
    }
  }
}

const std::vector<Firing>& Schedule::firings(PhaseId phase) const {
  CHECK(phase.index() < firings_.size());
  return firings_[phase.index()];
}

// `share` keeps its victims from firing to firing; `count` draws them anew at each.
std::uint64_t Schedule::rank_key(FaultId fault, std::uint32_t ordinal) const {
  const bool anew = scenario_.faults[fault.index()].on.count.has_value();
  return fault_streams_[fault.index()].stream("rank", anew ? ordinal : 0).next();
}

Selection Schedule::ranked(FaultId fault, std::uint32_t ordinal) const {
  const Candidates& candidates = candidates_[fault.index()];
  const fault::Selector& on = scenario_.faults[fault.index()].on;
  Selection selection;
  selection.take = taken_of(on, candidates.count);
  const std::uint64_t key = rank_key(fault, ordinal);
  const std::uint32_t wanted = on.online_only ? candidates.count : selection.take;
  selection.ranked.reserve(wanted);
  // A part of the ranks at a time, of 2 MB or so: a list of all of a million would have 16. Who
  // wants all of them pays for that with a look at each candidate for each part, eight times a
  // million.
  constexpr std::uint32_t kPartUsual = 131'072;
  const auto part_bits = std::bit_width(candidates.count / kPartUsual);
  std::vector<std::pair<std::uint64_t, DeviceId>> ranks;
  for (std::uint64_t part = 0; selection.ranked.size() < wanted; ++part) {
    ranks.clear();
    for (std::uint32_t i = 0; i < candidates.count; ++i) {
      const DeviceId device = candidates.at(i);
      const std::uint64_t rank = Rng{key ^ device_keys_[device.index()]}.next();
      if (part_bits == 0 || rank >> (64 - part_bits) == part) ranks.emplace_back(rank, device);
    }
    const std::size_t kept = std::min(ranks.size(), wanted - selection.ranked.size());
    const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(kept);
    if (end != ranks.end()) std::nth_element(ranks.begin(), end, ranks.end());
    std::sort(ranks.begin(), end);
    for (auto rank = ranks.begin(); rank != end; ++rank) selection.ranked.push_back(rank->second);
  }
  return selection;
}

Selection Schedule::select(const Firing& firing) const {
  if (firing.is_own) return {{firing.device()}, 1};
  return ranked(firing.fault, firing.ordinal());
}

std::uint32_t Schedule::taken_by(FaultId fault) const {
  return taken_of(scenario_.faults[fault.index()].on, candidates_[fault.index()].count);
}

std::uint32_t Schedule::ever_taken_by(FaultId fault) const {
  const fault::Selector& on = scenario_.faults[fault.index()].on;
  // A share keeps its victims, but for who is online in the place of one who is not.
  const bool keeps = on.share && !on.online_only;
  return keeps ? taken_by(fault) : candidates_[fault.index()].count;
}

// A firing of one device's own is known by its time, because its ordinal among all devices' moves
// when another device is added.
Rng Schedule::stream_of(const Firing& firing, DeviceId device, std::string_view what) const {
  const std::uint64_t which =
      firing.is_own ? static_cast<std::uint64_t>(firing.offset.count()) : firing.ordinal();
  const Rng fault = fault_streams_[firing.fault.index()].stream(what, which);
  if (device == kNoDevice) return fault;
  return fault.stream("", device_keys_[device.index()]);
}

Duration Schedule::lasts(const Firing& firing, DeviceId device) const {
  const auto& lasts = scenario_.faults[firing.fault.index()].lasts;
  if (!lasts) return kNever - kRunStart;
  Rng rng = stream_of(firing, device, "lasts");
  return draw(*lasts, rng);
}

Duration Schedule::notices(const Firing& firing, DeviceId device) const {
  const fault::FaultSpec& fault = scenario_.faults[firing.fault.index()];
  const fault::Notices* notices = fault::notices_of(fault.what);
  CHECK(notices != nullptr && notices->how == fault::NoticesHow::after);
  Rng rng = stream_of(firing, device, "notices");
  return draw(notices->after, rng);
}

std::optional<Duration> Schedule::reboot(const Firing& firing, DeviceId device) const {
  const fault::Recovery* recover = fault::reboots_of(scenario_.faults[firing.fault.index()].what);
  if (recover == nullptr) return std::nullopt;
  Rng rng = stream_of(firing, device, "reboot");
  if (rng.unit() >= *recover->needs_reboot) return std::nullopt;
  return draw(recover->reboot, rng);
}

Duration Schedule::connect_offset(DeviceId device) const {
  CHECK(device.index() < connect_offsets_.size());
  return connect_offsets_[device.index()];
}

}  // namespace probate::scenario
