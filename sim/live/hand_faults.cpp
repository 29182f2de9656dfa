#include "sim/live/hand_faults.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace probate::live {

HandFaults::HandFaults(proxy::Loop& loop, FaultDriver& driver, const Roster& roster, FaultIds& ids,
                       Host& host)
    : loop_{loop},
      driver_{driver},
      roster_{roster},
      ids_{ids},
      host_{host},
      poller_{loop, [this](Instant now) { expire(now); }} {}

Result<FaultFacts, Refusal> HandFaults::add(Instant now, const HandOrder& order) {
  forget_those_over(now);
  if (standing_.size() >= kStandingMax) {
    return Failure{
        Refusal{Refusal::Why::too_many,
                fmt::format("{} faults by hand stand already, and there can be no more: heal some",
                            kStandingMax)}};
  }
  if (ids_.left() == 0) {
    return Failure{Refusal{
        Refusal::Why::too_many,
        fmt::format("{} faults came since the proxy began: begin it anew", FaultIds::kMostIds)}};
  }
  Standing standing;
  standing.id = ids_.take();
  const std::uint64_t number = ++made_;
  standing.fault = order.fault;
  standing.cutting = order.cutting;
  fault::FaultSpec& spec = standing.fault.spec;
  if (spec.name.empty()) spec.name = fmt::format("hand-{}", number);
  standing.began = now;
  if (const auto lasts = scenario::expiry(order.fault)) standing.ends = saturating_add(now, *lasts);
  driver_.add(standing.id, spec);
  loop_.write(now, journal::FaultAdded{standing.id, spec.name, to_text(spec.what),
                                       roster_.to_text(spec.on)});
  Standing& made = standing_.emplace(number, std::move(standing)).first->second;
  const std::vector<DeviceId> chosen = roster_.select(made.fault.spec, 0);
  const auto count = static_cast<std::int64_t>(chosen.size());
  std::int64_t taken = 0;
  for (const DeviceId device : chosen) {
    fault::Draws draws = roster_.draw(made.fault.spec, 0, device);
    // Members of a ramp end one after another.
    if (draws.lasts) {
      *draws.lasts += made.fault.spec.ramp.value_or(Duration{}) * taken++ / count;
    }
    strike(now, made, device, Met::as_it_is, draws);
  }
  arm();
  FaultFacts made_of_it = facts(now, number, made);
  if (chosen.empty() && !made.fault.newcomers) {
    made_of_it.nobody = roster_.why_nobody(made.fault.spec.on);
  }
  return made_of_it;
}

void HandFaults::strike(Instant now, Standing& standing, DeviceId device, Met how,
                        const fault::Draws& draws) {
  std::string reason = host_.strike(now, standing.id, device, how, draws);
  if (!reason.empty()) {
    ++standing.skipped[std::move(reason)];
    return;
  }
  ++standing.hit;
  if (standing.fault.newcomers || standing.cutting) standing.met.insert(device);
  plan_cut(now, standing, device);
}

void HandFaults::plan_cut(Instant now, Standing& standing, DeviceId device) {
  if (!standing.cutting || !standing.cutting->after) return;
  standing.cuts_at[device] = saturating_add(now, *standing.cutting->after);
}

void HandFaults::cut(Instant now, const Standing& standing, DeviceId device) {
  driver_.perform(now,
                  {standing.id, device, fault::Cut{fault::LegChoice::both, fault::CutHow::fin}});
}

void HandFaults::cut_those_due(Instant now) {
  for (auto& [number, standing] : standing_) {
    for (auto each = standing.cuts_at.begin(); each != standing.cuts_at.end();) {
      if (each->second > now) {
        ++each;
        continue;
      }
      const DeviceId device = each->first;
      each = standing.cuts_at.erase(each);
      cut(now, standing, device);
    }
  }
}

void HandFaults::meet(Instant now, DeviceId device, Met how) {
  if (!watches_connects_) return;
  for (auto& [number, standing] : standing_) {
    const scenario::HandFault& fault = standing.fault;
    if (now >= standing.ends) continue;
    if (standing.met.contains(device) && fault.newcomers && how == Met::connecting &&
        !roster_.fits(fault.spec.on, device)) {
      // It came otherwise this time.
      standing.met.erase(device);
      standing.cuts_at.erase(device);
      driver_.release(now, device, standing.id);
      continue;
    }
    const bool is_said = fault::can_be_said(fault.spec.what, roster_.arrival_of(device).version);
    if (!is_said) standing.met.erase(device);  // it let go of it when that became known
    if (standing.met.contains(device)) {
      // It is held already, and so is its new connection.
      if (how == Met::connecting) plan_cut(now, standing, device);
      continue;
    }
    if (!fault.newcomers) continue;
    if (scenario::needs_link(fault.spec.what) == (how == Met::connecting)) continue;
    if (!roster_.fits(fault.spec.on, device)) continue;
    // It ends with the fault itself.
    fault::Draws draws = roster_.draw(fault.spec, 0, device);
    draws.lasts.reset();
    strike(now, standing, device, how, draws);
  }
  arm();
}

FaultFacts HandFaults::facts(Instant now, std::uint64_t number, const Standing& standing) const {
  const fault::FaultSpec& spec = standing.fault.spec;
  FaultFacts facts;
  facts.number = number;
  facts.name = spec.name;
  facts.what = to_text(spec.what);
  facts.on = roster_.to_text(spec.on);
  facts.age = now - standing.began;
  if (standing.ends != kNever) facts.left = std::max(standing.ends - now, Duration{});
  facts.newcomers = standing.fault.newcomers;
  facts.hit = standing.hit;
  facts.skipped = standing.skipped;
  facts.active = driver_.active(standing.id);
  if (is_over(now, standing)) facts.left = Duration{};
  return facts;
}

HandFaults::All::iterator HandFaults::end_of(Instant now, All::iterator which) {
  // First, so that what was held is not delivered.
  if (which->second.cutting) {
    for (const DeviceId device : which->second.met) cut(now, which->second, device);
  }
  driver_.remove(now, which->second.id);
  return standing_.erase(which);
}

std::optional<FaultFacts> HandFaults::heal(Instant now, std::uint64_t number) {
  forget_those_over(now);
  const auto found = standing_.find(number);
  if (found == standing_.end()) return std::nullopt;
  FaultFacts healed = facts(now, number, found->second);
  healed.left.reset();
  end_of(now, found);
  arm();
  return healed;
}

std::vector<FaultFacts> HandFaults::heal_all(Instant now) {
  std::vector<FaultFacts> all = list(now);
  for (auto each = standing_.begin(); each != standing_.end();) each = end_of(now, each);
  arm();
  return all;
}

std::vector<FaultFacts> HandFaults::list(Instant now) {
  forget_those_over(now);
  std::vector<FaultFacts> all;
  for (const auto& [number, standing] : standing_) all.push_back(facts(now, number, standing));
  return all;
}

bool HandFaults::is_over(Instant now, const Standing& standing) const {
  const bool waits = standing.fault.newcomers && now < standing.ends;
  return !waits && driver_.active(standing.id) == 0;
}

void HandFaults::forget_those_over(Instant now) {
  for (auto each = standing_.begin(); each != standing_.end();) {
    each = is_over(now, each->second) ? end_of(now, each) : std::next(each);
  }
}

void HandFaults::expire(Instant now) {
  cut_those_due(now);
  for (auto each = standing_.begin(); each != standing_.end();) {
    each = each->second.ends <= now ? end_of(now, each) : std::next(each);
  }
  arm();
}

void HandFaults::arm() {
  Instant first = kNever;
  watches_connects_ = false;
  for (const auto& [number, standing] : standing_) {
    first = std::min(first, standing.ends);
    for (const auto& [device, at] : standing.cuts_at) first = std::min(first, at);
    watches_connects_ |= standing.fault.newcomers || standing.cutting;
  }
  if (first == kNever) {
    poller_.disarm();
  } else {
    poller_.arm(first);
  }
}

void HandFaults::forget(DeviceId device) {
  for (auto& [number, standing] : standing_) {
    standing.met.erase(device);
    standing.cuts_at.erase(device);
  }
  arm();
}

std::string HandFaults::name_of(FaultId id) const {
  const auto is_it = [id](const auto& each) { return each.second.id == id; };
  const auto found = std::find_if(standing_.begin(), standing_.end(), is_it);
  return found == standing_.end() ? "" : found->second.fault.spec.name;
}

}  // namespace probate::live
