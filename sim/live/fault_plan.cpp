#include "sim/live/fault_plan.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/scenario/canonical.hpp"
#include "core/scenario/selection.hpp"

namespace probate::live {
namespace {

PhaseId phase_of(const fault::FaultSpec& fault) {
  struct Phase {
    PhaseId operator()(const fault::Once& once) const { return once.phase; }
    PhaseId operator()(const fault::Repeated& repeated) const { return repeated.during; }
    PhaseId operator()(const fault::Poisson& poisson) const { return poisson.during; }
  };
  return std::visit(Phase{}, fault.timing);
}

template <typename All>
auto named(All& all, const std::string& name) {
  return std::find_if(all.begin(), all.end(),
                      [&name](const auto& each) { return each.spec->name == name; });
}

}  // namespace

FaultPlan::FaultPlan(proxy::Loop& loop, FaultDriver& driver, const scenario::Scenario& scenario,
                     FaultIds& ids, Host& host)
    : loop_{loop},
      driver_{driver},
      scenario_{scenario},
      ids_{ids},
      host_{host},
      poller_{loop, [this](Instant now) { fire_those_due(now); }} {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    standing_.push_back({FaultId{static_cast<std::uint16_t>(i)}, &scenario.faults[i],
                         scenario::canonical_text(scenario.faults[i])});
  }
}

void FaultPlan::phase_began(Instant now, PhaseId phase) {
  phase_ = phase;
  for (Later& later : later_) {
    later.began = now;
    later.fired = 0;
  }
  // Not at once: a phase that settles heals what is active first.
  if (!stopped_) poller_.arm(now);
}

void FaultPlan::stop() {
  stopped_ = true;
  poller_.disarm();
}

Result<FaultsChange, Refusal> FaultPlan::replace(Instant now,
                                                 const std::shared_ptr<const NextScenario>& next,
                                                 const Told& told) {
  std::vector<Standing> standing;
  FaultsChange change;
  for (const fault::FaultSpec& fault : next->scenario.faults) {
    Standing each{kNoFault, &fault, scenario::canonical_text(fault)};
    const auto running = named(standing_, fault.name);
    if (running != standing_.end() && running->meaning == each.meaning) {
      each = *running;
      ++change.kept;
    } else {
      (running == standing_.end() ? change.added : change.changed).push_back(fault.name);
      if (phase_ && phase_of(fault).value < phase_->value) change.past.push_back(fault.name);
    }
    standing.push_back(std::move(each));
  }
  if (change.added.size() + change.changed.size() > ids_.left()) {
    return Failure{Refusal{Refusal::Why::too_many,
                           fmt::format("{} faults came since the proxy began, and there can be no "
                                       "more: begin it anew",
                                       FaultIds::kMostIds)}};
  }
  std::vector<FaultId> over;
  for (const Standing& each : standing_) {
    const auto follows = named(standing, each.spec->name);
    if (follows == standing.end()) change.removed.push_back(each.spec->name);
    if (follows == standing.end() || follows->id == kNoFault) over.push_back(each.id);
  }
  told(change);
  for (const FaultId id : over) driver_.remove(now, id);
  install(now, next, standing);
  standing_ = std::move(standing);
  std::erase_if(later_, [this](const Later& later) {
    return std::none_of(later.ids.begin(), later.ids.end(),
                        [this](FaultId id) { return stands(id); });
  });
  fire_those_due(now);
  return change;
}

void FaultPlan::install(Instant now, const std::shared_ptr<const NextScenario>& next,
                        std::vector<Standing>& standing) {
  Later later{.from = next, .ids = {}, .began = now};
  for (Standing& each : standing) {
    if (each.id != kNoFault) {
      later.ids.push_back(kNoFault);
      continue;
    }
    each.id = ids_.take();
    later.ids.push_back(each.id);
    const fault::FaultSpec& fault = *each.spec;
    driver_.add(each.id, fault);
    loop_.write(now, journal::FaultAdded{each.id, fault.name, to_text(fault.what),
                                         scenario::to_text(scenario_, fault.on)});
  }
  later_.push_back(std::move(later));
}

const FaultPlan::Standing* FaultPlan::find(FaultId fault) const {
  const auto found = std::find_if(standing_.begin(), standing_.end(),
                                  [fault](const Standing& each) { return each.id == fault; });
  return found == standing_.end() ? nullptr : &*found;
}

std::string FaultPlan::name_of(FaultId fault) const {
  const Standing* standing = find(fault);
  return standing == nullptr ? "" : standing->spec->name;
}

std::vector<FaultFacts> FaultPlan::active() const {
  std::vector<FaultFacts> all;
  for (const Standing& each : standing_) {
    FaultFacts facts;
    facts.active = driver_.active(each.id);
    if (facts.active == 0) continue;
    facts.name = each.spec->name;
    facts.what = to_text(each.spec->what);
    facts.on = scenario::to_text(scenario_, each.spec->on);
    all.push_back(std::move(facts));
  }
  return all;
}

const scenario::Firing* FaultPlan::next_firing(Later& later) const {
  const auto& firings = later.from->schedule.firings(*phase_);
  while (later.fired < firings.size()) {
    const scenario::Firing& firing = firings[later.fired];
    const FaultId id = later.ids[firing.fault.index()];
    if (id != kNoFault && stands(id)) return &firing;
    ++later.fired;
  }
  return nullptr;
}

void FaultPlan::fire_those_due(Instant now) {
  if (stopped_ || !phase_) return;
  Instant first = kNever;
  for (Later& later : later_) {
    for (const auto* firing = next_firing(later); firing != nullptr; firing = next_firing(later)) {
      const Instant due = saturating_add(later.began, firing->offset);
      if (due > now) {
        first = std::min(first, due);
        break;
      }
      ++later.fired;
      const Standing* fault = find(later.ids[firing->fault.index()]);
      CHECK(fault != nullptr);
      host_.fire_fault(now, fault->id, *fault->spec, firing->ordinal());
    }
  }
  if (first == kNever) {
    poller_.disarm();
  } else {
    poller_.arm(first);
  }
}

}  // namespace probate::live
