#include "sim/report/markdown.hpp"

#include <fmt/format.h>

#include "sim/report/answers.hpp"
#include "sim/report/headline.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

using analysis::WillClass;
using analysis::gate::RuleStatus;

// Text that stays text: in a table cell, and against HTML and links.
std::string md(std::string_view any) {
  const std::string valid = valid_utf8(any);
  const std::string_view text = valid;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const std::size_t hidden = hidden_bytes(text.substr(i)); hidden > 1) {
      out += '?';
      i += hidden - 1;
      continue;
    }
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\n':
      case '\r':
        out += ' ';
        break;
      case '|':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '\\':
        out += '\\';
        out += c;
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return out;
}

const char* sign_of(RuleStatus status) {
  switch (status) {
    case RuleStatus::pass:
      return "✅ pass";
    case RuleStatus::fail:
      return "❌ fail";
    case RuleStatus::warn:
      return "⚠️ warn";
    case RuleStatus::inconclusive:
      return "❔ inconclusive";
  }
  return "";
}

const char* sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "✅";
    case Verdict::fail:
      return "❌";
    case Verdict::inconclusive:
      return "❔";
    case Verdict::aborted:
    case Verdict::environment:
      return "⛔";
  }
  return "";
}

void add_rules(const RunReport& report, std::string& out) {
  if (report.rules.empty()) return;
  out += "\n| rule | | found | on |\n|---|---|---|---|\n";
  for (const auto& rule : report.rules) {
    const std::string name = rule.per.empty() ? rule.name : rule.name + ", " + rule.per;
    std::string found = comparison_text(rule);
    if (rule.status != RuleStatus::pass && !rule.reason.empty()) found += "; " + rule.reason;
    out += fmt::format("| {} | {} | {} | {} |\n", md(name), sign_of(rule.status), md(found),
                       md(evidence_text(rule)));
  }
}

void add_guards(const RunReport& report, std::string& out) {
  for (const auto& guard : report.outcome.guards) {
    out += fmt::format("\n> **{}** {}\n", md(to_text(guard.kind)), md(guard.text));
  }
  const std::string doubt = profile_doubt(report);
  if (!doubt.empty()) out += fmt::format("\n> **profile** {}\n", md(doubt));
}

void add_will_row(const std::string& name, const analysis::WillTotals& wills, std::string& out) {
  out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", md(name), wills.expected,
                     wills[WillClass::in_time], wills[WillClass::early], wills[WillClass::late],
                     wills[WillClass::missing], wills[WillClass::censored], wills.observed,
                     wills.takeover);
}

void add_wills(const RunReport& report, std::string& out) {
  const analysis::Totals& totals = report.outcome.totals;
  out +=
      "\n| wills after | expected | true | early | late | missing | censored | observed | at a "
      "takeover |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (std::size_t i = 0; i < totals.wills_by_fault.size(); ++i) {
    const std::string name = i < report.faults.size() ? report.faults[i] : "none";
    add_will_row(name, totals.wills_by_fault[i], out);
  }
  add_will_row("all", totals.wills, out);
  const std::string retained = retained_note(report);
  if (!retained.empty()) out += fmt::format("\n{}\n", md(retained));
}

void add_policies(const RunReport& report, std::string& out) {
  const auto& policies = report.outcome.totals.policies;
  if (policies.empty()) return;
  out +=
      "\n| policy | false offlines | of reconnects | of up time | detection p50 | p99 |\n"
      "|---|--:|--:|--:|--:|--:|\n";
  for (const auto& policy : policies) {
    const analysis::PresenceTotals& all = policy.all;
    if (!policy.not_applicable.empty()) {
      out += fmt::format("| {} | n/a: {} | | | | |\n", md(policy.label), md(policy.not_applicable));
      continue;
    }
    const bool detected = analysis::outages_told(all) > 0;
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} |\n", md(policy.label), all.false_offlines,
        percent_text(all.reconnects_followed, all.reconnects),
        all.up_seconds > 0 ? percent_text(all.false_offline_seconds / all.up_seconds) : "–",
        detected ? seconds_text(analysis::detection_percentile(all, 0.5)) : "–",
        detected ? seconds_text(analysis::detection_percentile(all, 0.99)) : "–");
  }
}

}  // namespace

std::string summary_markdown(const RunReport& report) {
  const bool is_bare = report.is_without_rules();
  std::string out = fmt::format("## {} probate: {} – {}\n\n{}\n\n{}\n",
                                is_bare ? "ℹ️" : sign_of(report.verdict), md(report.scenario),
                                is_bare ? "no rules" : to_text(report.verdict),
                                md(headline(report)), md(circumstances(report)));
  add_rules(report, out);
  add_guards(report, out);
  add_wills(report, out);
  add_policies(report, out);
  const auto questions = answers(report);
  if (!questions.empty()) out += "\n";
  for (const Answer& answer : questions) {
    out += fmt::format("- **{}** {}\n", answer.question, md(answer.text));
  }
  const auto lines = causal_lines(report);
  if (!lines.empty()) out += "\n";
  for (const std::string& line : lines) out += fmt::format("- {}\n", md(line));
  for (const auto& deviation : report.outcome.totals.deviations) {
    out += fmt::format("\nThe broker deviates from {} ({} ×): {}\n", md(deviation.statement),
                       deviation.count, md(deviation.sentence));
  }
  // In a block of code nothing is escaped.
  if (!report.repeat.empty()) {
    out += fmt::format("\n```\n{}\n```\n", valid_utf8(report.repeat));
  }
  return out;
}

}  // namespace probate::report
