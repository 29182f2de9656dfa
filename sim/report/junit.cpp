#include "sim/report/junit.hpp"

#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "sim/report/headline.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

using analysis::gate::RuleResult;
using analysis::gate::RuleStatus;

// XML 1.0 has no place for control characters nor for U+FFFE and U+FFFF, not even escaped; they
// become "\x01" and "\ufffe".
std::string xml_text(std::string_view any) {
  const std::string valid = valid_utf8(any);
  const std::string_view text = valid;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      out += rest[2] == '\xBE' ? "\\ufffe" : "\\uffff";
      i += 2;
    } else if (byte >= 0x20 || c == '\n' || c == '\t') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(xml_text(value).c_str());
}

std::string details_of(const RuleResult& rule) {
  std::string text = fmt::format("expect: {}\n", rule.expect);
  text += fmt::format("found:  {}\n", finding_text(rule));
  const std::string evidence = evidence_text(rule);
  if (!evidence.empty()) text += fmt::format("on:     {}\n", evidence);
  if (!rule.reason.empty()) text += fmt::format("reason: {}\n", rule.reason);
  for (const std::string& line : rule.offenders) text += fmt::format("  {}\n", line);
  return text;
}

void add_outcome(pugi::xml_node testcase, const char* kind, const char* type,
                 const std::string& message, const std::string& details) {
  pugi::xml_node node = testcase.append_child(kind);
  set(node, "message", message);
  set(node, "type", type);
  node.text().set(xml_text(details).c_str());
}

void add_rule(pugi::xml_node suite, const RunReport& report, const RuleResult& rule) {
  pugi::xml_node testcase = suite.append_child("testcase");
  set(testcase, "name", rule.per.empty() ? rule.name : rule.name + " [" + rule.per + "]");
  set(testcase, "classname", "probate." + report.scenario);
  set(testcase, "time", "0");
  if (rule.line > 0) {
    set(testcase, "file", rule.file);
    set(testcase, "line", std::to_string(rule.line));
  }
  const std::string message = rule.reason.empty() ? "found " + finding_text(rule) : rule.reason;
  switch (rule.status) {
    case RuleStatus::fail:
      return add_outcome(testcase, "failure", "gate", message, details_of(rule));
    case RuleStatus::inconclusive:
      return add_outcome(testcase, "error", "inconclusive", message, details_of(rule));
    case RuleStatus::warn:
    case RuleStatus::pass:
      break;
  }
  const std::string head = rule.status == RuleStatus::warn ? "warning: violated\n" : "";
  testcase.append_child("system-out").text().set(xml_text(head + details_of(rule)).c_str());
}

void add_property(pugi::xml_node properties, const char* name, const std::string& value) {
  if (value.empty()) return;
  pugi::xml_node property = properties.append_child("property");
  set(property, "name", name);
  set(property, "value", value);
}

// What voids the run, in its own words.
std::string doubts_of(const RunReport& report) {
  std::string text;
  for (const analysis::Guard& guard : report.outcome.guards) {
    if (guard.voids_run) text += (text.empty() ? "" : "; ") + guard.text;
  }
  return text.empty() ? "inconclusive" : text;
}

}  // namespace

std::string junit_xml(const RunReport& report) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  for (const RuleResult& rule : report.rules) {
    if (rule.status == RuleStatus::fail) ++failures;
    if (rule.status == RuleStatus::inconclusive) ++errors;
  }
  // What no rule can say the run says itself: a file without any error is a pass to those who read
  // it.
  const bool is_open = report.verdict == Verdict::inconclusive && errors == 0;
  const bool broken =
      is_open || report.verdict == Verdict::aborted || report.verdict == Verdict::environment;
  if (broken) ++errors;

  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  set(suite, "name", "probate " + report.scenario);
  set(suite, "tests", std::to_string(report.rules.size() + (broken ? 1 : 0)));
  set(suite, "failures", std::to_string(failures));
  set(suite, "errors", std::to_string(errors));
  set(suite, "time", fmt::format("{:.3f}", std::max(0.0, report.ended_at - report.started_at)));
  if (report.started_at > 0) set(suite, "timestamp", rfc3339_text(report.started_at));
  pugi::xml_node properties = suite.append_child("properties");
  add_property(properties, "verdict", to_text(report.verdict));
  add_property(properties, "seed", std::to_string(report.seed));
  add_property(properties, "digest", report.digest);
  add_property(properties, "broker", report.broker);
  add_property(properties, "profile", report.profile);
  add_property(properties, "fidelity", report.fidelity);
  add_property(properties, "repeat", report.repeat);
  if (broken) {
    pugi::xml_node testcase = suite.append_child("testcase");
    set(testcase, "name", "the run itself");
    set(testcase, "classname", "probate." + report.scenario);
    set(testcase, "time", "0");
    const std::string reason = is_open ? doubts_of(report) : report.reason;
    add_outcome(testcase, "error", to_text(report.verdict), reason, reason);
  }
  for (const RuleResult& rule : report.rules) add_rule(suite, report, rule);
  std::string happened;
  for (const std::string& line : causal_lines(report)) happened += line + "\n";
  if (!happened.empty()) {
    suite.append_child("system-out").text().set(xml_text("What happened\n" + happened).c_str());
  }

  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace probate::report
