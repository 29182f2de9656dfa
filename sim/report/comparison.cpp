#include "sim/report/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/base/json_text.hpp"
#include "core/base/text.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/page.hpp"
#include "sim/report/result_json.hpp"
#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

using analysis::Change;
using analysis::Method;
using analysis::Side;

std::string side_text(const Side& side, analysis::gate::Unit unit) {
  if (!side.value) return "–";
  std::string text = quantity_text(*side.value, unit);
  if (side.denominator > 0) text += fmt::format(" ({}/{})", side.numerator, side.denominator);
  return text;
}

std::string signed_text(double value, analysis::gate::Unit unit) {
  return (value < 0 ? "−" : "+") + quantity_text(std::abs(value), unit);
}

std::string difference_text(const Change& change) {
  if (!change.difference) return "";
  return signed_text(*change.difference, change.unit);
}

std::string interval_text(const Change& change) {
  switch (change.method) {
    case Method::none:
      return "";
    case Method::newcombe:
      return fmt::format("{} to {}", signed_text(*change.low, change.unit),
                         signed_text(*change.high, change.unit));
    case Method::poisson:
      return change.high ? fmt::format("× {:.3g} to {:.3g}", *change.low, *change.high)
                         : fmt::format("× {:.3g} or more", *change.low);
    case Method::quantiles:
      return fmt::format("[{}, {}] → [{}, {}]", quantity_text(*change.base.low, change.unit),
                         quantity_text(*change.base.high, change.unit),
                         quantity_text(*change.fresh.low, change.unit),
                         quantity_text(*change.fresh.high, change.unit));
  }
  return "";
}

struct Row {
  std::string mark;
  std::string figure;
  std::string base;
  std::string fresh;
  std::string difference;
  std::string interval;
};

std::vector<Row> rows_of(const ComparisonReport& report) {
  std::vector<Row> rows;
  for (const bool significant : {true, false}) {
    for (const Change& change : report.changes) {
      if (change.is_same() || change.significant != significant) continue;
      rows.push_back({significant ? "*" : "", change.figure, side_text(change.base, change.unit),
                      side_text(change.fresh, change.unit), difference_text(change),
                      interval_text(change)});
    }
  }
  return rows;
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return text + std::string(columns < width ? width - columns : 0, ' ');
}

std::string run_text(const StoredResult& run) {
  std::string text = fmt::format("{}: {}, scenario {}, seed {}, {}", run.path, run.verdict,
                                 run.scenario, run.seed, run.engine);
  if (!run.fidelity.empty()) text += ", fidelity " + run.fidelity;
  if (!run.broker.empty()) text += ", " + run.broker;
  if (!run.profile.empty()) text += ", judged as " + run.profile;
  return text;
}

std::string rule_line(const analysis::gate::RuleResult& rule) {
  std::string line = fmt::format("{:<12} {}", to_text(rule.status), rule.name);
  if (!rule.per.empty()) line += fmt::format(" [{}]", rule.per);
  line += ": " + rule.expect;
  if (rule.value) line += fmt::format("; the change is {}", signed_text(*rule.value, rule.unit));
  if (rule.bound) line += fmt::format(", its bound {}", signed_text(*rule.bound, rule.unit));
  if (!rule.reason.empty()) line += fmt::format("; {}", rule.reason);
  return line;
}

std::string counts_line(const ComparisonReport& report) {
  const auto same = static_cast<std::uint64_t>(std::count_if(
      report.changes.begin(), report.changes.end(), [](const Change& c) { return c.is_same(); }));
  const auto significant = static_cast<std::uint64_t>(
      std::count_if(report.changes.begin(), report.changes.end(),
                    [](const Change& c) { return c.significant && !c.is_same(); }));
  const std::uint64_t all = report.changes.size();
  return fmt::format("{} of {} differ, {} more than chance explains at {:g} % (*)", all - same,
                     counted(all, "figure", "figures"), significant, report.confidence * 100);
}

json::object run_json(const StoredResult& run) {
  return {{"path", run.path},      {"verdict", run.verdict}, {"scenario", run.scenario},
          {"digest", run.digest},  {"seed", run.seed},       {"engine", run.engine},
          {"broker", run.broker},  {"profile", run.profile}, {"fidelity", run.fidelity},
          {"program", run.program}};
}

json::object side_json(const Side& side) {
  return {{"value", number_or_null(side.value)},
          {"numerator", side.numerator},
          {"denominator", side.denominator},
          {"low", number_or_null(side.low)},
          {"high", number_or_null(side.high)}};
}

}  // namespace

std::string terminal_comparison(const ComparisonReport& report) {
  std::string out = "base  " + run_text(report.base) + "\nnew   " + run_text(report.fresh) + "\n";
  for (const std::string& difference : report.differences) out += "differs in " + difference + "\n";
  if (!report.not_comparable.empty()) return out + report.not_comparable + "\n";
  std::vector<Row> rows{{"", "figure", "base", "new", "change", "interval"}};
  for (Row& row : rows_of(report)) rows.push_back(std::move(row));
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows) {
    const std::array cells{&row.figure, &row.base, &row.fresh, &row.difference};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(*cells[i]));
    }
  }
  out += "\n";
  for (const Row& row : rows) {
    if (rows.size() == 1) break;
    std::string line =
        fmt::format("{} {}  {}  {}  {}  {}", padded(row.mark, 1), padded(row.figure, widths[0]),
                    padded(row.base, widths[1]), padded(row.fresh, widths[2]),
                    padded(row.difference, widths[3]), row.interval);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  out += counts_line(report) + "\n";
  for (const auto& rule : report.rules) out += rule_line(rule) + "\n";
  if (!report.rules.empty()) out += report.verdict + "\n";
  return out;
}

std::string markdown_comparison(const ComparisonReport& report) {
  const auto cell = [](std::string text) {
    for (std::size_t at = 0; (at = text.find_first_of("|<", at)) != std::string::npos; at += 2) {
      text.insert(at, "\\");
    }
    return text;
  };
  std::string out = "## Probate: comparison\n\n";
  out +=
      "- base: " + cell(run_text(report.base)) + "\n- new: " + cell(run_text(report.fresh)) + "\n";
  for (const std::string& each : report.differences) out += "- differs in " + cell(each) + "\n";
  if (!report.not_comparable.empty()) return out + "\n**" + cell(report.not_comparable) + "**\n";
  out += "\n" + counts_line(report).substr(0, counts_line(report).size() - 4) + ".\n";
  const auto rows = rows_of(report);
  if (!rows.empty()) {
    out += "\n| | figure | base | new | change | interval |\n|---|---|---|---|---|---|\n";
  }
  for (const Row& row : rows) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.mark.empty() ? "" : "**≠**",
                       cell(row.figure), cell(row.base), cell(row.fresh), cell(row.difference),
                       cell(row.interval));
  }
  if (!report.rules.empty()) out += "\n";
  for (const auto& rule : report.rules) out += "- " + cell(rule_line(rule)) + "\n";
  return out;
}

std::string json_comparison(const ComparisonReport& report) {
  json::array differences;
  for (const std::string& each : report.differences) differences.emplace_back(each);
  json::array figures;
  for (const Change& change : report.changes) {
    figures.push_back(json::object{{"figure", change.figure},
                                   {"unit", to_text(change.unit)},
                                   {"base", side_json(change.base)},
                                   {"new", side_json(change.fresh)},
                                   {"difference", number_or_null(change.difference)},
                                   {"method", to_text(change.method)},
                                   {"low", number_or_null(change.low)},
                                   {"high", number_or_null(change.high)},
                                   {"significant", change.significant}});
  }
  const json::object document{{"probate_comparison", 1},
                              {"verdict", report.verdict},
                              {"exit_code", report.exit_code},
                              {"confidence", report.confidence},
                              {"base", run_json(report.base)},
                              {"new", run_json(report.fresh)},
                              {"differences", std::move(differences)},
                              {"not_comparable", report.not_comparable},
                              {"figures", std::move(figures)},
                              {"rules", rules_json(report.rules)}};
  return pretty_json(valid_json(document));
}

}  // namespace probate::report
