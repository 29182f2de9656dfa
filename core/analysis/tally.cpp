#include "core/analysis/tally.hpp"

#include <algorithm>
#include <utility>

namespace probate::analysis {

namespace {

std::size_t index(WillClass will_class) { return static_cast<std::size_t>(will_class); }

}  // namespace

SeriesPoint SeriesBuilder::empty_point() const {
  SeriesPoint point;
  point.believed_on.assign(policies_, 0);
  point.false_offlines.assign(policies_, 0);
  return point;
}

SeriesPoint& SeriesBuilder::at_point(Instant at) {
  const Duration since_start = std::max(at - kRunStart, Duration{});
  auto i = static_cast<std::size_t>(since_start / series_.step);
  while (i >= Series::kPointsMax) {
    coarsen();
    i = static_cast<std::size_t>(since_start / series_.step);
  }
  while (series_.points.size() <= i) series_.points.push_back(empty_point());
  return series_.points[i];
}

void SeriesBuilder::coarsen() {
  series_.step *= 2;
  std::vector<SeriesPoint>& points = series_.points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i % 2 == 0) {
      if (i > 0) points[i / 2] = std::move(points[i]);
      continue;
    }
    SeriesPoint& to = points[i / 2];
    to.up += points[i].up;
    to.wills += points[i].wills;
    to.reconnects += points[i].reconnects;
    for (std::size_t p = 0; p < policies_; ++p) {
      to.believed_on[p] += points[i].believed_on[p];
      to.false_offlines[p] += points[i].false_offlines[p];
    }
  }
  points.resize((points.size() + 1) / 2);
}

Series SeriesBuilder::finish(Instant end) const {
  Series out = series_;
  const auto wanted = static_cast<std::size_t>(std::max(end - kRunStart, Duration{}) / out.step);
  while (out.points.size() < std::min(wanted, Series::kPointsMax)) {
    out.points.push_back(empty_point());
  }
  for (std::size_t i = 1; i < out.points.size(); ++i) {
    out.points[i].up += out.points[i - 1].up;
    for (std::size_t p = 0; p < policies_; ++p) {
      out.points[i].believed_on[p] += out.points[i - 1].believed_on[p];
    }
  }
  return out;
}

Tally::Tally(const scenario::Scenario& scenario) : series{scenario.backend.presence.size()} {
  for (const scenario::GroupSpec& group : scenario.fleet) {
    fleet_size_ += group.count;
    group_ends_.push_back(fleet_size_);
  }
  for (const fault::FaultSpec& fault : scenario.faults) fault_names_.push_back(fault.name);
  if (scenario.faults_by_hand) by_hand_ = fault_names_.size() - 1;
  fault_names_.emplace_back();
  totals.wills_by_fault.resize(fault_names_.size());
  totals.wills_by_group.resize(scenario.fleet.size() + 1);
  totals.wills_by_phase.resize(std::max<std::size_t>(scenario.phases.size(), 1));
  totals.faults.resize(scenario.faults.size());
  first_seen.false_offline.resize(scenario.backend.presence.size());
}

std::uint16_t Tally::phase_at(Instant at) const {
  std::size_t phase = 0;
  while (phase + 1 < phases.size() && phases[phase + 1].began_at <= at) ++phase;
  return static_cast<std::uint16_t>(std::min(phase, totals.wills_by_phase.size() - 1));
}

std::size_t Tally::group_slice(DeviceId device) const {
  const auto found = std::upper_bound(group_ends_.begin(), group_ends_.end(),
                                      static_cast<std::uint64_t>(device.value));
  return static_cast<std::size_t>(found - group_ends_.begin());
}

std::optional<FaultId> Tally::known(FaultId fault) const {
  const bool is_known = fault.index() + 1 < fault_names_.size() || (by_hand_ && fault != kNoFault);
  return is_known ? std::optional{fault} : std::nullopt;
}

std::size_t Tally::fault_slice(FaultId fault) const {
  if (!known(fault)) return fault_names_.size() - 1;
  return by_hand_ ? std::min(fault.index(), *by_hand_) : fault.index();
}

FaultId Tally::counted_as(FaultId fault) const {
  return known(fault) ? FaultId{static_cast<std::uint16_t>(fault_slice(fault))} : fault;
}

void Tally::name_fault(FaultId fault, const std::string& name) { names_by_hand_[fault] = name; }

const std::string& Tally::fault_name(FaultId fault) const {
  const auto found = names_by_hand_.find(fault);
  return found != names_by_hand_.end() ? found->second : fault_names_[fault_slice(fault)];
}

std::array<WillTotals*, 3> Tally::slices(DeviceId device, FaultId fault, std::uint16_t phase) {
  return {&totals.wills_by_group[group_slice(device)], &totals.wills_by_fault[fault_slice(fault)],
          &totals.wills_by_phase[phase]};
}

void Tally::deviate(Deviation deviation, Instant at) {
  std::optional<std::size_t>& place = deviation_index_[static_cast<std::size_t>(deviation)];
  if (!place) {
    place = totals.deviations.size();
    const DeviationText& text = text_of(deviation);
    totals.deviations.push_back({text.rule, text.statement, text.sentence, 0, at});
  }
  ++totals.deviations[*place].count;
}

void Tally::see_class(WillClass will_class, Instant at) {
  std::optional<Instant>& first = first_seen.by_class[index(will_class)];
  if (!first || at < *first) first = at;
}

bool Tally::wants(WillClass will_class, Duration severity) const {
  const std::vector<Kept>& kept = kept_[index(will_class)];
  if (kept.size() < Judge::kEntriesPerClassMax) return true;
  return std::any_of(kept.begin(), kept.end(),
                     [&](const Kept& k) { return k.severity < severity; });
}

void Tally::keep(WillEntry entry, Duration severity) {
  std::vector<Kept>& kept = kept_[index(entry.will_class)];
  if (kept.size() < Judge::kEntriesPerClassMax) {
    kept.push_back({severity, std::move(entry)});
    return;
  }
  const auto least = std::min_element(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return a.severity < b.severity;
  });
  if (least->severity < severity) *least = {severity, std::move(entry)};
}

void Tally::drop(WillClass will_class, ConnectionId connection) {
  std::vector<Kept>& kept = kept_[index(will_class)];
  std::erase_if(kept, [&](const Kept& k) { return k.entry.connection == connection; });
}

std::vector<WillEntry> Tally::entries() const {
  std::vector<WillEntry> out;
  for (const std::vector<Kept>& kept : kept_) {
    std::vector<Kept> sorted = kept;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Kept& a, const Kept& b) { return a.severity > b.severity; });
    for (Kept& k : sorted) out.push_back(std::move(k.entry));
  }
  return out;
}

}  // namespace probate::analysis
