#include "sim/report/terminal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/report/answers.hpp"
#include "sim/report/headline.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/page.hpp"

namespace probate::report {
namespace {

using analysis::WillClass;
using analysis::WillTotals;
using analysis::gate::RuleResult;
using analysis::gate::RuleStatus;

constexpr std::size_t kFaultsMax = 12;

Tint tint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Tint::good;
    case Verdict::fail:
    case Verdict::environment:
      return Tint::bad;
    case Verdict::inconclusive:
    case Verdict::aborted:
      return Tint::doubtful;
  }
  return Tint::none;
}

Tint tint_of(RuleStatus status) {
  switch (status) {
    case RuleStatus::pass:
      return Tint::good;
    case RuleStatus::fail:
      return Tint::bad;
    case RuleStatus::warn:
    case RuleStatus::inconclusive:
      return Tint::doubtful;
  }
  return Tint::none;
}

const char* word_of(const RunReport& report) {
  if (report.is_without_rules()) return "NO RULES";
  switch (report.verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::fail:
      return "FAIL";
    case Verdict::inconclusive:
      return "INCONCLUSIVE";
    case Verdict::aborted:
      return "ABORTED";
    case Verdict::environment:
      return report.ran() ? "NOT WRITTEN" : "NOT RUN";
  }
  return "";
}

const char* word_of(RuleStatus status) {
  switch (status) {
    case RuleStatus::pass:
      return "pass";
    case RuleStatus::fail:
      return "FAIL";
    case RuleStatus::warn:
      return "warn";
    case RuleStatus::inconclusive:
      return "inconclusive";
  }
  return "";
}

void add_head(const RunReport& report, Page& page) {
  const Tint tint = report.is_without_rules() ? Tint::bold : tint_of(report.verdict);
  page.put(word_of(report), tint).put("  ");
  page.put(Page::fit(report.scenario, 40), Tint::bold);
  page.right(Page::kColumns, fmt::format("exit {}", report.exit_code), Tint::dim).end();
  page.to(2).wrap(Page::safe(headline(report)), 2).end();
  page.to(2).wrap(Page::safe(circumstances(report)), 2, Tint::dim).end();
}

// `indent`: where the names begin, behind the longest status.
void add_rule(const RuleResult& rule, std::size_t indent, Page& page) {
  const std::string name = rule.per.empty() ? rule.name : rule.name + ", " + rule.per;
  const std::string found = comparison_text(rule);
  page.to(2).put(word_of(rule.status), tint_of(rule.status)).to(indent);
  const std::size_t room = Page::kColumns - indent - columns_of(found) - 1;
  page.put(Page::fit(name, std::max<std::size_t>(room, 12)));
  page.right(Page::kColumns, found).end();
  const bool passed = rule.status == RuleStatus::pass;
  const std::string evidence = evidence_text(rule);
  if (!evidence.empty() && (rule.denominator > 0 || rule.bound || !passed)) {
    page.to(indent).wrap(evidence, indent, Tint::dim).end();
  }
  if (passed) return;
  if (!rule.reason.empty()) page.to(indent).wrap(Page::safe(rule.reason), indent).end();
}

void add_rules(const RunReport& report, Page& page) {
  if (report.rules.empty()) return;
  page.title("Rules");
  std::size_t widest = 0;
  for (const RuleResult& rule : report.rules) {
    widest = std::max(widest, columns_of(word_of(rule.status)));
  }
  for (const RuleResult& rule : report.rules) add_rule(rule, 2 + widest + 2, page);
}

void add_guards(const RunReport& report, Page& page) {
  const std::string doubt = profile_doubt(report);
  if (report.outcome.guards.empty() && doubt.empty()) return;
  page.title("Do not trust");
  for (const analysis::Guard& guard : report.outcome.guards) {
    page.to(2).put(guard.voids_run ? "the run" : "a part", Tint::doubtful).to(11);
    page.wrap(Page::safe(guard.text), 11).end();
  }
  if (!doubt.empty()) page.to(2).put("a part", Tint::doubtful).to(11).wrap(doubt, 11).end();
}

// Adds up: a sum, then its parts.
void add_sum(std::string_view name, std::uint64_t sum, const WillTotals& wills,
             std::initializer_list<WillClass> parts, Page& page) {
  std::vector<std::string> terms{fmt::format("{} =", sum)};
  for (const WillClass part : parts) {
    terms.push_back(fmt::format("{} {} +", wills[part], analysis::to_text(part)));
  }
  terms.back().resize(terms.back().size() - 2);  // nothing is added to the last
  const std::vector<std::string_view> words{terms.begin(), terms.end()};
  page.to(2).put(name).to(14).wrap(words, 14).end();
}

void add_spread(std::string_view name, const analysis::Histogram& histogram, Page& page) {
  if (histogram.count() == 0) return;
  page.to(2).put(name).to(14).put(
      fmt::format("p50 {}, p99 {}, max {}", seconds_text(histogram.percentile(0.5)),
                  seconds_text(histogram.percentile(0.99)), seconds_text(histogram.max())));
  page.end();
}

void add_will_row(std::string_view name, const WillTotals& wills, Page& page) {
  struct Column {
    std::size_t end;
    std::uint64_t count;
    bool bad;
  };
  const std::array<Column, 7> columns{{{30, wills.expected, false},
                                       {38, wills[WillClass::in_time], false},
                                       {45, wills[WillClass::early], true},
                                       {52, wills[WillClass::late], true},
                                       {61, wills[WillClass::missing], true},
                                       {71, wills[WillClass::censored], false},
                                       {80, wills.observed, false}}};
  page.to(2).put(Page::fit(name, 18));
  for (const Column& column : columns) {
    const Tint tint = column.count == 0 ? Tint::dim : column.bad ? Tint::doubtful : Tint::none;
    page.right(column.end, std::to_string(column.count), tint);
  }
  page.end();
}

void add_wills_by_fault(const RunReport& report, Page& page) {
  const auto& by_fault = report.outcome.totals.wills_by_fault;
  if (by_fault.size() < 2) return;
  page.end().to(2).put("after", Tint::dim);
  page.right(30, "expected", Tint::dim).right(38, "true", Tint::dim);
  page.right(45, "early", Tint::dim).right(52, "late", Tint::dim);
  page.right(61, "missing", Tint::dim).right(71, "censored", Tint::dim);
  page.right(80, "observed", Tint::dim).end();
  for (std::size_t i = 0; i < by_fault.size(); ++i) {
    const bool last = i + 1 == by_fault.size();
    if (i >= kFaultsMax && !last) continue;
    add_will_row(i < report.faults.size() ? report.faults[i] : "none", by_fault[i], page);
  }
  if (by_fault.size() > kFaultsMax + 1) {
    page.to(2).put(fmt::format("… and {} more faults", by_fault.size() - kFaultsMax - 1)).end();
  }
}

// A cause is snake_case in data and in capitals in prose.
std::string prose(std::string word) {
  for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return word;
}

template <typename E, std::size_t kSize>
void add_counts(std::string_view name, const std::array<std::uint64_t, kSize>& counts, Page& page) {
  std::string text;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (counts[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i],
                        prose(analysis::to_text(static_cast<E>(i))));
  }
  if (!text.empty()) page.to(2).put(name).to(14).wrap(text, 14).end();
}

void add_wills(const RunReport& report, Page& page) {
  const WillTotals& wills = report.outcome.totals.wills;
  page.title("Wills");
  add_sum("expected", wills.expected, wills,
          {WillClass::in_time, WillClass::early, WillClass::late, WillClass::missing,
           WillClass::censored},
          page);
  add_sum("observed", wills.observed, wills,
          {WillClass::in_time, WillClass::early, WillClass::late, WillClass::duplicate,
           WillClass::spurious, WillClass::wrong_epoch, WillClass::unattributed},
          page);
  if (wills.takeover + wills.ghost > 0) {
    page.to(2)
        .put("of these")
        .to(14)
        .put(fmt::format("{} at a takeover, {} of a ghost", wills.takeover, wills.ghost));
    page.end();
  }
  add_counts<analysis::MissingCause>("missing", wills.missing, page);
  const std::string retained = retained_note(report);
  if (!retained.empty()) page.to(14).wrap(retained, 14, Tint::doubtful).end();
  add_counts<analysis::CensoredCause>("censored", wills.censored, page);
  add_counts<analysis::NoWill>("no will", wills.no_will, page);
  add_spread("delay", wills.delay, page);
  add_spread("lateness", wills.lateness, page);
  add_wills_by_fault(report, page);
}

void add_policy(const analysis::PolicyTotals& policy, Page& page) {
  page.to(2).put(Page::fit(policy.label, 16));
  if (!policy.not_applicable.empty()) {
    page.to(20).wrap("n/a: " + Page::safe(policy.not_applicable), 20, Tint::dim).end();
    return;
  }
  const analysis::PresenceTotals& all = policy.all;
  const Tint tint = all.false_offlines > 0 ? Tint::doubtful : Tint::good;
  page.right(25, std::to_string(all.false_offlines), tint);
  page.right(40, percent_text(all.reconnects_followed, all.reconnects));
  page.right(51,
             all.up_seconds > 0 ? percent_text(all.false_offline_seconds / all.up_seconds) : "–");
  page.right(60, std::to_string(all.missed_offlines));
  const bool seen = analysis::outages_told(all) > 0;
  page.right(69, seen ? seconds_text(analysis::detection_percentile(all, 0.5)) : "–");
  page.right(80, seen ? seconds_text(analysis::detection_percentile(all, 0.99)) : "–").end();
}

void add_policies(const RunReport& report, Page& page) {
  const auto& policies = report.outcome.totals.policies;
  if (policies.empty()) return;
  page.title("Presence");
  page.right(25, "false", Tint::dim).right(40, "after", Tint::dim);
  page.right(51, "of the", Tint::dim).right(60, "missed", Tint::dim);
  page.right(80, "detected within", Tint::dim).end();
  page.to(2).put("policy", Tint::dim).right(25, "offline", Tint::dim);
  page.right(40, "reconnects", Tint::dim).right(51, "time up", Tint::dim);
  page.right(60, "offline", Tint::dim).right(69, "p50", Tint::dim).right(80, "p99", Tint::dim);
  page.end();
  for (const analysis::PolicyTotals& policy : policies) add_policy(policy, page);
}

void add_answers(const RunReport& report, Page& page) {
  const std::vector<Answer> all = answers(report);
  if (all.empty()) return;
  page.title("Answers");
  for (const Answer& answer : all) {
    page.to(2).put(answer.question).end();
    page.to(4).wrap(Page::safe(answer.text), 4).end();
  }
}

void add_lines(const RunReport& report, Page& page) {
  const auto lines = causal_lines(report);
  if (lines.empty()) return;
  page.title("What happened");
  for (const std::string& line : lines) page.to(2).wrap(Page::safe(line), 4).end();
  const std::size_t all = report.outcome.wills.size() + report.outcome.false_offlines.size();
  if (all <= lines.size()) return;
  page.to(2).put(fmt::format("… and {} more in result.json", all - lines.size()), Tint::dim).end();
}

void add_deviations(const RunReport& report, Page& page) {
  const auto& deviations = report.outcome.totals.deviations;
  if (deviations.empty()) return;
  page.title("The broker against the specification");
  for (const analysis::DeviationTotals& deviation : deviations) {
    page.to(2).put(fmt::format("{} × {}", deviation.count, deviation.statement)).end();
    page.to(4).wrap(Page::safe(deviation.sentence), 4, Tint::dim).end();
  }
}

}  // namespace

std::string terminal_summary(const RunReport& report, TerminalStyle style) {
  Page page{style.color};
  add_head(report, page);
  add_rules(report, page);
  add_guards(report, page);
  if (report.ran()) {
    add_wills(report, page);
    add_policies(report, page);
    add_answers(report, page);
    add_lines(report, page);
    add_deviations(report, page);
  }
  if (!report.repeat.empty()) {
    page.title("Again");
    page.to(2).put(Page::safe(report.repeat)).end();
  }
  return page.text();
}

}  // namespace probate::report
