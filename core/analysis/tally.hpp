// What the judge writes into while it judges: the totals in all their slices, phases, series, and
// the entries that explain.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/judge.hpp"
#include "core/analysis/oracle.hpp"
#include "core/analysis/totals.hpp"

namespace probate::analysis {

// A series under construction: points hold changes, made absolute at the end.
class SeriesBuilder {
 public:
  explicit SeriesBuilder(std::size_t policies) : policies_{policies} {}

  void add_up(Instant at, std::int64_t change) { at_point(at).up += change; }
  void add_believed_on(Instant at, std::size_t policy, std::int64_t change) {
    at_point(at).believed_on[policy] += change;
  }
  void add_will(Instant at) { ++at_point(at).wills; }
  void add_reconnect(Instant at) { ++at_point(at).reconnects; }
  void add_false_offline(Instant at, std::size_t policy) { ++at_point(at).false_offlines[policy]; }
  // Up to `end`.
  Series finish(Instant end) const;

 private:
  SeriesPoint& at_point(Instant at);
  void coarsen();
  SeriesPoint empty_point() const;

  std::size_t policies_;
  Series series_;
};

class Tally {
 public:
  explicit Tally(const scenario::Scenario& scenario);

  Totals totals;
  FirstSeen first_seen;
  SeriesBuilder series;
  std::vector<PhaseSpan> phases;
  std::string first_old_epoch;  // whose and when; "" if all were renewed

  std::uint16_t phase_at(Instant at) const;
  // The group of a device, or the last slice if it is not of this fleet.
  std::size_t group_slice(DeviceId device) const;
  std::size_t fault_slice(FaultId fault) const;
  std::size_t fleet_size() const { return fleet_size_; }
  const std::string& fault_name(FaultId fault) const;
  std::optional<FaultId> known(FaultId fault) const;
  // From here on a fault by hand is called that.
  void name_fault(FaultId fault, const std::string& name);
  // The id of the place that it counts in.
  FaultId counted_as(FaultId fault) const;

  // The slices that a will counts in, besides the whole.
  std::array<WillTotals*, 3> slices(DeviceId device, FaultId fault, std::uint16_t phase);

  void deviate(Deviation deviation, Instant at);
  void see_class(WillClass will_class, Instant at);

  // Keeps at most kEntriesPerClassMax of a class; of late ones the latest.
  bool wants(WillClass will_class, Duration severity) const;
  void keep(WillEntry entry, Duration severity);
  void drop(WillClass will_class, ConnectionId connection);
  std::vector<WillEntry> entries() const;
  template <typename Visit>
  void for_each_kept(WillClass will_class, Visit visit) {
    for (Kept& kept : kept_[static_cast<std::size_t>(will_class)]) visit(kept.entry);
  }

 private:
  struct Kept {
    Duration severity{};
    WillEntry entry;
  };
  std::vector<std::uint64_t> group_ends_;
  std::size_t fleet_size_ = 0;
  std::vector<std::string> fault_names_;
  std::optional<std::size_t> by_hand_;  // the place of all faults by hand, if there is one
  std::map<FaultId, std::string> names_by_hand_;
  std::array<std::optional<std::size_t>, kDeviationCount> deviation_index_{};
  std::array<std::vector<Kept>, kWillClassCount> kept_;
};

}  // namespace probate::analysis
