#include "sim/live/roster.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/glob.hpp"
#include "core/scenario/selection.hpp"

namespace probate::live {

Roster::Roster(const scenario::Scenario& scenario, std::uint32_t places)
    : root_{scenario.seed}, scenario_{scenario} {
  std::uint32_t first = 0;
  for (const scenario::GroupSpec& group : scenario::with_places(scenario, places).fleet) {
    groups_.push_back({.first = first, .places = group.count});
    first += group.count;
  }
}

DeviceId Roster::enroll(const std::string& client_id, std::uint32_t broker) {
  const std::uint32_t hash = hash_of(client_id) ^ hash_of(broker);
  const std::uint32_t found = by_client_id_.find(hash, [&](std::uint32_t i) {
    return devices_[i].broker == broker && devices_[i].client_id == client_id;
  });
  if (found != HashIndex::kNone) return DeviceId{found};
  Device fresh;
  fresh.client_id = client_id;
  fresh.broker = broker;
  fresh.group = scenario::real_group_of(scenario_, client_id);
  Rng draws = root_.stream("device").stream(client_id);
  if (broker > 0) draws = draws.stream("broker", broker);
  fresh.key = draws.next();
  // A place that a stream had is no ClientID's: the journal may have told of it.
  const DeviceId device = add(std::move(fresh));
  if (device == kNoDevice) return kNoDevice;
  by_client_id_.insert(hash, device.value);
  ++groups_[group_of(device).index()].count.known;
  return device;
}

DeviceId Roster::add(Device fresh) {
  Group& group = groups_[fresh.group.index()];
  if (group.taken >= group.places) return kNoDevice;
  const DeviceId device{group.first + group.taken++};
  if (device.index() >= devices_.size()) devices_.resize(device.index() + 1);
  fresh.released = false;
  devices_[device.index()] = std::move(fresh);
  return device;
}

DeviceId Roster::enroll_stream() {
  Device fresh;
  fresh.stream = true;
  fresh.key = root_.stream("stream", ++streams_).next();
  if (free_.empty()) return add(std::move(fresh));
  const DeviceId device = free_.back();
  free_.pop_back();
  fresh.released = false;
  devices_[device.index()] = std::move(fresh);
  return device;
}

void Roster::release(DeviceId stream) {
  Device& of = devices_[stream.index()];
  leave_source(of.arrival.source);
  of = {};
  of.stream = true;
  free_.push_back(stream);
}

const std::string& Roster::client_id_of(DeviceId device) const {
  return devices_[device.index()].client_id;
}

void Roster::note(DeviceId device, Arrival arrival) {
  Arrival& before = devices_[device.index()].arrival;
  if (before.source != arrival.source) {
    leave_source(before.source);
    ++behind_[arrival.source];
  }
  before = std::move(arrival);
}

void Roster::leave_source(const std::string& source) {
  const auto found = behind_.find(source);
  if (found != behind_.end() && --found->second == 0) behind_.erase(found);
}

bool Roster::fits(const fault::Selector& on, DeviceId device) const {
  const Device& of = devices_[device.index()];
  if (of.released) return false;
  const auto misses = [](const std::optional<std::string>& glob, const std::string& text) {
    return glob && !scenario::glob_matches(*glob, text);
  };
  if (on.group && *on.group != of.group) return false;
  if (misses(on.username, of.arrival.username) || misses(on.source, of.arrival.source))
    return false;
  if (misses(on.listener, of.arrival.listener) || misses(on.sni, of.arrival.sni)) return false;
  return scenario::fits(on, of.client_id);
}

std::string Roster::to_text(const fault::Selector& on) const {
  return scenario::to_text(scenario_, on);
}

std::string Roster::why_nobody(const fault::Selector& on) const {
  std::uint32_t fitting = 0;
  for (std::uint32_t i = 0; i < devices_.size(); ++i) fitting += fits(on, DeviceId{i}) ? 1U : 0U;
  if (fitting == 0) return "nobody who fits has connected yet";
  const std::string devices = counted(fitting, "device that fits", "devices that fit");
  if (on.share && scenario::taken_of(on, fitting) == 0) {
    return fmt::format("a share of {} comes to 0 of {}", scenario::share_text(*on.share), devices);
  }
  return fmt::format("none of {} is online", devices);
}

bool Roster::set_online(DeviceId device, bool online) {
  Device& of = devices_[device.index()];
  if (of.online == online) return false;
  of.online = online;
  of.was_online = true;
  if (of.stream) return true;
  Count& count = groups_[of.group.index()].count;
  online ? ++count.online : --count.online;
  return true;
}

Roster::Count Roster::count_of(GroupId group) const { return groups_[group.index()].count; }

std::vector<DeviceId> Roster::select(const fault::FaultSpec& fault, std::uint32_t ordinal) const {
  // `count` draws anew at every firing, `share` keeps its victims.
  const std::uint64_t turn = fault.on.count ? ordinal : 0;
  const std::uint64_t key = root_.stream("fault").stream(fault.name).stream("rank", turn).next();
  std::vector<std::pair<std::uint64_t, DeviceId>> ranks;
  std::uint32_t fitting = 0;
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    if (!fits(fault.on, DeviceId{i})) continue;
    ++fitting;
    if (fault.on.online_only && !devices_[i].online) continue;
    ranks.emplace_back(Rng{key ^ devices_[i].key}.next(), DeviceId{i});
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.resize(std::min<std::size_t>(ranks.size(), scenario::taken_of(fault.on, fitting)));
  std::vector<DeviceId> chosen;
  chosen.reserve(ranks.size());
  for (const auto& [rank, device] : ranks) chosen.push_back(device);
  return chosen;
}

fault::Draws Roster::draw(const fault::FaultSpec& fault, std::uint32_t ordinal,
                          DeviceId device) const {
  const auto stream = [&](std::string_view what) {
    const Rng of_fault = root_.stream("fault").stream(fault.name);
    return of_fault.stream(what, ordinal).stream("", devices_[device.index()].key);
  };
  fault::Draws draws;
  if (fault.lasts) {
    Rng rng = stream("lasts");
    draws.lasts = probate::draw(*fault.lasts, rng);
  }
  const fault::Notices* notices = fault::notices_of(fault.what);
  if (notices != nullptr && notices->how == fault::NoticesHow::after) {
    Rng rng = stream("notices");
    draws.notices = probate::draw(notices->after, rng);
  }
  return draws;
}

}  // namespace probate::live
