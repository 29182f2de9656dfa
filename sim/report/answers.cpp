#include "sim/report/answers.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/report/numbers.hpp"

namespace probate::report {
namespace {

using analysis::detection_percentile;
using analysis::NoWill;
using analysis::outages_told;
using analysis::PolicyTotals;
using analysis::WillClass;
using analysis::WillTotals;

constexpr std::size_t kFaultsShown = 3;
constexpr double kWorthSaying = 0.01;  // of the time up, without an opinion

// What it means that there was none; "" for what is no answer to a reader.
const char* meaning_of(NoWill reason) {
  switch (reason) {
    case NoWill::not_announced:
      return "had announced none in CONNECT";
    case NoWill::never_accepted:
      return "came to no session: no CONNACK let them in";
    case NoWill::graceful:
      return "ended with DISCONNECT, whereupon the broker forgets the will";
    case NoWill::cancelled_by_resume:
      return "were resumed before their will's delay was over";
    case NoWill::takeover:
      return "were taken over, for which this broker publishes none";
    case NoWill::error_reason:
      return "ended with a DISCONNECT for whose reason this broker publishes none";
    case NoWill::protocol_error:
      return "ended with a protocol error, after which this broker publishes none";
    case NoWill::broker_down:
      return "ended with their broker, which publishes none then";
    case NoWill::permitted:
      return "ended in a way for which the specification leaves it open";
    case NoWill::not_due:
      return "had their will still to come when the run was over";
    case NoWill::never_due:
      return "are silent without a keep-alive, so that no broker ever notices";
    case NoWill::missing:
      return "lack a will that was due";
    case NoWill::voided:
      break;  // our own instruments were blind
  }
  return "";
}

// Largest first.
std::string why_none(const WillTotals& wills) {
  struct Part {
    std::uint64_t count;
    const char* meaning;
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < wills.no_will.size(); ++i) {
    const char* const meaning = meaning_of(static_cast<NoWill>(i));
    if (wills.no_will[i] > 0 && *meaning != 0) parts.push_back({wills.no_will[i], meaning});
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.count > b.count; });
  std::string text;
  for (const Part& part : parts) {
    text += fmt::format("{}{} {}", text.empty() ? "of the connections " : "; ", part.count,
                        part.meaning);
  }
  if (!text.empty()) text += ".";
  if (wills.no_will[static_cast<std::size_t>(NoWill::missing)] == 0 && wills.expected > 0) {
    text += fmt::format("{}None that was due is missing.", text.empty() ? "" : " ");
  }
  if (wills.delay.count() == 0) return text;
  return fmt::format(
      "{}{}A will that came took {} in the median and {} at most, from the end of "
      "its connection.",
      text, text.empty() ? "" : " ", seconds_text(wills.delay.percentile(0.5)),
      seconds_text(wills.delay.max()));
}

// Where each stroke brought more than one.
std::string why_several(const RunReport& report) {
  const analysis::Totals& totals = report.outcome.totals;
  struct Several {
    std::string fault;
    std::uint64_t wills;
    std::uint64_t strokes;
  };
  std::vector<Several> all;
  for (std::size_t i = 0; i < report.faults.size() && i < totals.wills_by_fault.size(); ++i) {
    const std::uint64_t strokes = i < totals.faults.size() ? totals.faults[i].injected : 0;
    const WillTotals& all_of_it = totals.wills_by_fault[i];
    const std::uint64_t copies = std::min(all_of_it[WillClass::duplicate], all_of_it.observed);
    const std::uint64_t wills = all_of_it.observed - copies;
    if (strokes > 0 && wills > strokes) all.push_back({report.faults[i], wills, strokes});
  }
  std::stable_sort(all.begin(), all.end(), [](const Several& a, const Several& b) {
    return a.wills * b.strokes > b.wills * a.strokes;
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kFaultsShown); ++i) {
    text += fmt::format("{}{} brought {} wills in {}", text.empty() ? "" : "; ", all[i].fault,
                        all[i].wills, counted(all[i].strokes, "stroke", "strokes"));
  }
  if (!text.empty()) text += ": each connection that the broker let in is owed one of its own.";
  const std::uint64_t copies = totals.wills[WillClass::duplicate];
  if (copies > 0) {
    text += fmt::format("{}{} were copies of one that had come.", text.empty() ? "" : " ", copies);
  }
  return text;
}

std::string why_on_return(const WillTotals& wills) {
  std::string text;
  if (wills.takeover > 0) {
    text = fmt::format(
        "{} of {} wills came at a takeover: the broker still held the old connection when the "
        "device was back, or a twin came, under its ClientID.",
        wills.takeover, wills.observed);
  }
  if (wills.ghost > 0) {
    text += fmt::format(
        "{}{} came while their device was connected again: the broker noticed the old "
        "connection's end too late.",
        text.empty() ? "" : " ", wills.ghost);
  }
  return text;
}

std::uint64_t mistakes_of(const PolicyTotals& policy) {
  return policy.all.false_offlines + policy.all.missed_offlines + policy.all.unrecovered;
}

std::string figures_of(const PolicyTotals& policy) {
  const analysis::PresenceTotals& all = policy.all;
  std::string text = counted(all.false_offlines, "false offline", "false offlines");
  if (all.up_seconds > 0) {
    text += fmt::format(", {} of the time up",
                        percent_text(all.false_offline_seconds / all.up_seconds));
  }
  if (all.unknown_seconds > kWorthSaying * all.up_seconds) {
    text += fmt::format(", no opinion for {} of it",
                        percent_text(all.unknown_seconds / all.up_seconds));
  }
  const std::uint64_t told = outages_told(all);
  if (told > 0) {
    text += fmt::format(", {} of {} told, half of them within {}", told,
                        counted(all.outages, "outage", "outages"),
                        seconds_text(detection_percentile(all, 0.5)));
  } else if (all.outages > 0) {
    text += fmt::format(", none of {} told", counted(all.outages, "outage", "outages"));
  }
  if (all.outages_foregone > 0) {
    text += fmt::format(", before {} it believed OFF already", all.outages_foregone);
  }
  if (all.unrecovered > 0) {
    text += fmt::format("; of {} it never believed that the device was back",
                        counted(all.recovery.count() + all.unrecovered, "return", "returns"));
    if (all.recovery.count() > 0) text += fmt::format(", {} times", all.unrecovered);
  }
  return text;
}

// For how long it was wrong and need not have been. How long one who never believed a device back
// was wrong is not measured: as long as a connection lasts, about.
double wrong_seconds(const analysis::PresenceTotals& all) {
  const double wrong = all.false_offline_seconds + all.false_online_avoidable_seconds +
                       all.unknown_seconds + to_seconds(all.recovery.sum());
  const auto connections =
      static_cast<double>(all.reconnects + std::max<std::uint64_t>(all.devices, 1));
  return wrong + static_cast<double>(all.unrecovered) * all.up_seconds / connections;
}

// How bad it is: for how long it was wrong, how often, and how late it was right; who never was is
// the latest.
auto badness_of(const PolicyTotals& policy) {
  const analysis::PresenceTotals& all = policy.all;
  const Duration late = outages_told(all) > 0 ? detection_percentile(all, 0.5) : Duration::max();
  return std::tuple{wrong_seconds(all), mistakes_of(policy), late};
}

// The least bad policy is the advice, the worst one the warning.
std::string how_to_judge(const RunReport& report) {
  std::vector<const PolicyTotals*> judged;
  for (const PolicyTotals& policy : report.outcome.totals.policies) {
    if (policy.not_applicable.empty()) judged.push_back(&policy);
  }
  if (judged.empty()) return "";
  const auto [best, worst] =
      std::minmax_element(judged.begin(), judged.end(),
                          [](auto* a, auto* b) { return badness_of(*a) < badness_of(*b); });
  std::string text = fmt::format("{}: {}", (*best)->label, figures_of(**best));
  if (badness_of(**best) < badness_of(**worst) && mistakes_of(**worst) > 0) {
    text += fmt::format("; not {}: {}", (*worst)->label, figures_of(**worst));
  }
  return text + ".";
}

}  // namespace

std::vector<Answer> answers(const RunReport& report) {
  const WillTotals& wills = report.outcome.totals.wills;
  const bool ended = wills.expected > 0 || wills.observed > 0 ||
                     std::any_of(wills.no_will.begin(), wills.no_will.end(),
                                 [](std::uint64_t count) { return count > 0; });
  std::vector<Answer> found;
  if (!ended) return found;
  const std::array<Answer, 4> all{{{"Why no will?", why_none(wills)},
                                   {"Why several?", why_several(report)},
                                   {"Why when it is back?", why_on_return(wills)},
                                   {"How not to misjudge?", how_to_judge(report)}}};
  std::copy_if(all.begin(), all.end(), std::back_inserter(found),
               [](const Answer& answer) { return !answer.text.empty(); });
  return found;
}

}  // namespace probate::report
