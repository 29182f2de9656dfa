#include "core/scenario/hand_fault.hpp"

#include <utility>
#include <variant>

#include "core/scenario/complaints.hpp"
#include "core/scenario/real_devices.hpp"

namespace probate::scenario {
namespace {

// A name that stands for none.
constexpr const char* kUnnamed = "unnamed";

bool is_momentary(const fault::What& what) {
  return std::holds_alternative<fault::Drop>(what) ||
         std::holds_alternative<fault::DuplicateLogin>(what);
}

void check(const HandFault& fault, Complaints& out) {
  constexpr ErrorCode kConflict = ErrorCode::conflicting_keys;
  const fault::FaultSpec& spec = fault.spec;
  if (fault.forever && spec.lasts) {
    out.add("faults[0].forever", kConflict, "a fault lasts either `for` a time or `forever`");
  }
  if (fault.forever && is_momentary(spec.what)) {
    out.add("faults[0].forever", kConflict, "this fault is over by itself");
  }
  const auto* arrears = std::get_if<fault::SimArrears>(&spec.what);
  if (arrears != nullptr && arrears->recover.in_batches()) {
    out.add("faults[0].recover", kConflict,
            "batches count from the start of a phase, and a fault by hand is in none: heal it "
            "when they are to be let in");
  }
  if (!fault.newcomers) return;
  constexpr const char* kPath = "faults[0].newcomers";
  if (is_momentary(spec.what)) {
    out.add(kPath, kConflict, "this fault is over by itself: nobody can come while it lasts");
  }
  if (spec.on.share || spec.on.count || spec.on.online_only) {
    out.add(kPath, kConflict,
            "`share`, `count` and `where` take from those who are there: leave them out, or "
            "`newcomers`");
  }
  if (spec.lasts && !std::holds_alternative<Constant>(*spec.lasts)) {
    out.add(kPath, kConflict,
            "`newcomers` needs one end for all: `for` with a fixed time, or `forever`");
  }
}

}  // namespace

std::optional<Duration> expiry(const HandFault& fault) {
  if (fault.forever) return std::nullopt;
  if (!fault.spec.lasts) return kHandFaultLasts;
  return longest(*fault.spec.lasts) + fault.spec.ramp.value_or(Duration{});
}

bool needs_link(const fault::What& what) {
  if (const auto* stall = std::get_if<fault::Stall>(&what)) {
    // The other ways hold a CONNECT, too.
    return stall->direction == fault::FlowDirection::down && !stall->coming_links;
  }
  if (const auto* arrears = std::get_if<fault::SimArrears>(&what)) {
    // The others begin with the link that a device has, or with none.
    return arrears->mode == fault::ArrearsMode::cut ||
           arrears->mode == fault::ArrearsMode::walled_garden;
  }
  return std::holds_alternative<fault::Drop>(what) ||
         std::holds_alternative<fault::HalfOpen>(what) ||
         std::holds_alternative<fault::Vanish>(what) ||
         std::holds_alternative<fault::DuplicateLogin>(what);
}

std::vector<Complaint> complain_of_hand_fault(const Scenario& proxy, const HandFault& fault) {
  Scenario scenario = proxy;
  scenario.faults.assign(1, fault.spec);
  if (fault.spec.name.empty()) scenario.faults[0].name = kUnnamed;
  scenario.faults[0].timing = fault::Once{PhaseId{0}, {}};
  std::vector<Complaint> all = validate(scenario);
  Complaints out;
  check(fault, out);
  for (auto& found : {complain_of_real_devices(scenario), out.take_sorted()}) {
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace probate::scenario
