#include "sim/report/headline.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/journal/engines.hpp"
#include "sim/report/numbers.hpp"

namespace probate::report {
namespace {

using analysis::WillClass;
using analysis::gate::RuleStatus;

constexpr std::size_t kLinesMax = 10;
constexpr std::size_t kLinesPerRuleMax = 3;

// What harms most stands first; what was only not decided, last.
constexpr std::array kWorstFirst{
    WillClass::missing, WillClass::spurious,  WillClass::wrong_epoch,  WillClass::late,
    WillClass::early,   WillClass::duplicate, WillClass::unattributed, WillClass::censored};

using Lines = std::vector<const std::string*>;

// Missing wills, then each policy's false offlines, then the other classes; the worst of each
// first.
std::vector<Lines> lines_by_kind(const RunReport& report) {
  std::vector<Lines> kinds;
  const auto add_class = [&](WillClass will_class) {
    Lines& lines = kinds.emplace_back();
    for (const auto& will : report.outcome.wills) {
      if (will.will_class == will_class) lines.push_back(&will.line);
    }
  };
  add_class(kWorstFirst[0]);
  const std::size_t first = kinds.size();
  for (const auto& episode : report.outcome.false_offlines) {
    if (kinds.size() <= first + episode.policy) kinds.resize(first + episode.policy + 1);
    kinds[first + episode.policy].push_back(&episode.line);
  }
  for (std::size_t i = 1; i < kWorstFirst.size(); ++i) add_class(kWorstFirst[i]);
  return kinds;
}

std::size_t count(const RunReport& report, RuleStatus status) {
  return static_cast<std::size_t>(
      std::count_if(report.rules.begin(), report.rules.end(),
                    [status](const auto& rule) { return rule.status == status; }));
}

std::string rules_text(const RunReport& report) {
  const std::size_t all = report.rules.size();
  if (all == 0) return "no rules to hold";
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  const std::size_t failed = count(report, RuleStatus::fail);
  const std::size_t open = count(report, RuleStatus::inconclusive);
  const std::size_t warned = count(report, RuleStatus::warn);
  if (failed > 0) add(fmt::format("{} of {} violated", failed, counted(all, "rule", "rules")));
  if (open > 0) add(fmt::format("{} of {} inconclusive", open, counted(all, "rule", "rules")));
  if (failed + open == 0) add(all == 1 ? "the rule held" : fmt::format("all {} rules held", all));
  if (failed + open == 0 && warned > 0) text = fmt::format("no rule of severity fail violated");
  if (warned > 0) add(fmt::format("{} warning{}", warned, warned == 1 ? "" : "s"));
  return text;
}

}  // namespace

std::string headline(const RunReport& report) {
  switch (report.verdict) {
    case Verdict::pass:
    case Verdict::fail:
    case Verdict::inconclusive:
      return rules_text(report);
    case Verdict::aborted:
      return fmt::format("{}; judged as far as it came", report.reason);
    case Verdict::environment:
      return report.reason;
  }
  return "";
}

std::string circumstances(const RunReport& report) {
  std::uint64_t devices = 0;
  for (const std::uint32_t size : report.group_sizes) devices += size;
  std::string text = fmt::format("{} device{}", devices, devices == 1 ? "" : "s");
  const double seconds = report.ended_at - report.started_at;
  const auto& until = report.outcome.judged_until;
  if (report.engine == journal::kVirtualEngine && until) {
    text += ", " + seconds_text(to_seconds(*until)) + " virtual";
    if (seconds > 0) text += " in " + seconds_text(seconds);
  } else {
    if (seconds > 0) text += ", " + seconds_text(seconds);
    text += ", " + report.engine;
  }
  if (!report.fidelity.empty()) text += ", fidelity " + report.fidelity;
  if (!report.broker.empty()) text += ", " + report.broker;
  if (!profile_doubt(report).empty()) text += ", broker of unknown version";
  if (!report.profile.empty()) text += ", judged as " + report.profile;
  return text;
}

std::string profile_doubt(const RunReport& report) {
  const bool has_broker =
      report.engine == journal::kLiveEngine || report.engine == journal::kProxyEngine;
  const bool is_judged = report.outcome.totals.wills.expected > 0;
  if (report.names_profile || !report.broker.empty() || !has_broker || !is_judged) return "";
  return fmt::format(
      "the broker does not tell its version, so that it is judged by {}: a habit that is known of "
      "it "
      "counts against it; name its profile with `broker: {{profile: …}}`",
      report.profile);
}

std::string retained_note(const RunReport& report) {
  const analysis::Totals& totals = report.outcome.totals;
  if (totals.wills[WillClass::missing] == 0 || totals.retained_copies == 0) return "";
  return fmt::format(
      "{} with RETAIN=1 on topics of wills, and {} missing: RETAIN=1 answers a subscription, so "
      "that such a copy counts as state and never as a will; no broker may set it on what is "
      "published while one is subscribed",
      counted(totals.retained_copies, "copy came", "copies came"),
      counted(totals.wills[WillClass::missing], "will is", "wills are"));
}

std::vector<std::string> causal_lines(const RunReport& report) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& line) {
    const bool known = std::find(lines.begin(), lines.end(), line) != lines.end();
    if (!line.empty() && !known && lines.size() < kLinesMax) lines.push_back(line);
  };
  for (const auto& rule : report.rules) {
    if (rule.status == RuleStatus::pass) continue;
    const std::size_t few = std::min(rule.offenders.size(), kLinesPerRuleMax);
    for (std::size_t i = 0; i < few; ++i) add(rule.offenders[i]);
  }
  const auto kinds = lines_by_kind(report);
  std::size_t longest = 0;
  for (const auto& kind : kinds) longest = std::max(longest, kind.size());
  for (std::size_t i = 0; i < longest && lines.size() < kLinesMax; ++i) {
    for (const auto& kind : kinds) {
      if (i < kind.size()) add(*kind[i]);
    }
  }
  return lines;
}

}  // namespace probate::report
