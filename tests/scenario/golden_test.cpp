// Every scenario of the library, every negative one and every one of tests/parity in virtual time,
// against what it gave before: tests/scenario/golden/NAME.txt. UPDATE_GOLDEN=1 writes them anew;
// read the diff.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/yaml/diagnostic.hpp"
#include "tests/support/scenario_files.hpp"
#include "tests/support/trail.hpp"
#include "tests/support/virtual_run.hpp"

namespace probate {
namespace {

namespace fs = std::filesystem;
using analysis::PolicyTotals;
using analysis::WillClass;
using analysis::WillTotals;
using test::VirtualResult;

std::string read(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<fs::path> library() {
  return test::scenario_files({"scenarios", "tests/negative", "tests/parity"});
}

// ---- what a golden says

template <typename E, std::size_t kSize>
std::string counts(const std::array<std::uint64_t, kSize>& counts) {
  std::string text;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (counts[i] == 0) continue;
    text += fmt::format(" {}={}", analysis::to_text(static_cast<E>(i)), counts[i]);
  }
  return text.empty() ? " none" : text;
}

void add_rules(const VirtualResult& result, std::string& text) {
  for (const auto& rule : result.gate.rules) {
    const std::string name = rule.per.empty() ? rule.name : rule.name + ", " + rule.per;
    const std::string value =
        rule.value ? analysis::gate::render(*rule.value, rule.unit) : std::string{"no data"};
    text += fmt::format("rule {}: {} ({})\n", name, analysis::gate::to_text(rule.status), value);
  }
  for (const auto& guard : result.outcome.guards) {
    text += fmt::format("guard {}: {}\n", analysis::to_text(guard.kind), guard.text);
  }
}

void add_wills(const VirtualResult& result, std::string& text) {
  const WillTotals& wills = result.outcome.totals.wills;
  text += fmt::format("wills expected={} observed={}:{}\n", wills.expected, wills.observed,
                      counts<WillClass>(wills.by_class));
  text += fmt::format("flags takeover={} ghost={}\n", wills.takeover, wills.ghost);
  text += fmt::format("missing:{}\n", counts<analysis::MissingCause>(wills.missing));
  text += fmt::format("no will:{}\n", counts<analysis::NoWill>(wills.no_will));
  text += fmt::format("filled by:{}\n", counts<analysis::EndCause>(wills.filled_by_cause));
  for (std::size_t i = 0; i < result.scenario.faults.size(); ++i) {
    const auto& fault = result.outcome.totals.faults[i];
    text += fmt::format("fault {}: injected={}", result.scenario.faults[i].name, fault.injected);
    for (const auto& [reason, count] : fault.skipped) {
      text += fmt::format(" skipped.{}={}", reason, count);
    }
    const WillTotals& after = result.outcome.totals.wills_by_fault[i];
    text += fmt::format(" expected={} observed={}\n", after.expected, after.observed);
  }
  for (const auto& deviation : result.outcome.totals.deviations) {
    text += fmt::format("deviation {}: {}\n", deviation.rule, deviation.count);
  }
}

void add_presence(const VirtualResult& result, std::string& text) {
  for (const PolicyTotals& policy : result.outcome.totals.policies) {
    if (!policy.not_applicable.empty()) {
      text += fmt::format("policy {}: n/a: {}\n", policy.label, policy.not_applicable);
      continue;
    }
    const auto& all = policy.all;
    text += fmt::format(
        "policy {}: off={} false={} followed={}/{} outages={} missed={} up={:.1f}\n", policy.label,
        all.offline_declarations, all.false_offlines, all.reconnects_followed, all.reconnects,
        all.outages, all.missed_offlines, static_cast<double>(all.up_seconds));
  }
}

std::string summary(const VirtualResult& result) {
  std::string text = fmt::format("{}\nexit {}\n", result.scenario.name, result.exit_code());
  add_rules(result, text);
  add_wills(result, text);
  add_presence(result, text);
  text += fmt::format("ended {}\njournal {} records, {}\n", to_text(result.records.back().at),
                      result.records.size(), result.digest());
  return text;
}

// ---- what a negative scenario's header demands

std::string field(const analysis::gate::RuleResult& rule, const std::string& name) {
  if (name == "status") return analysis::gate::to_text(rule.status);
  if (name == "value") return rule.value ? fmt::format("{:g}", *rule.value) : "none";
  if (name == "numerator") return fmt::format("{}", rule.numerator);
  if (name == "denominator") return fmt::format("{}", rule.denominator);
  return "no such field";
}

void check_rule(const VirtualResult& result, const std::string& name, const std::string& demands) {
  const auto& rules = result.gate.rules;
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const auto& each) { return each.name == name; });
  ASSERT_NE(rule, rules.end()) << "no rule is called " << name;
  std::istringstream words{demands};
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    EXPECT_EQ(field(*rule, word.substr(0, equals)), word.substr(equals + 1))
        << "rule " << name << ": " << word << "; " << rule->reason;
  }
}

void check_header(const VirtualResult& result, const std::string& yaml) {
  const std::regex must_end{"# Must end with: exit ([0-9]+)"};
  const std::regex must_say{"# Must say of rule ([^ ]+): (.+)"};
  std::smatch found;
  const int code = std::regex_search(yaml, found, must_end) ? std::stoi(found[1]) : 0;
  EXPECT_EQ(result.exit_code(), code);
  for (auto it = std::sregex_iterator{yaml.begin(), yaml.end(), must_say};
       it != std::sregex_iterator{}; ++it) {
    check_rule(result, (*it)[1], (*it)[2]);
  }
}

void expect_same_records(const VirtualResult& first, const VirtualResult& second) {
  const std::size_t both = std::min(first.records.size(), second.records.size());
  for (std::size_t i = 0; i < both; ++i) {
    ASSERT_EQ(journal::to_text(first.records[i]), journal::to_text(second.records[i]))
        << "the first record that differs is number " << i;
  }
  EXPECT_EQ(first.records.size(), second.records.size());
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, a_virtual_run_gives_what_it_gave_before) {
  const VirtualResult result = test::run_file_virtually(GetParam().string());
  ASSERT_EQ(result.environment, "");
  check_header(result, read(GetParam()));
  const std::string text = summary(result);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 80);
  const fs::path golden = fs::path{PROBATE_SOURCE_DIR} / "tests/scenario/golden" /
                          GetParam().filename().replace_extension(".txt");
  const fs::path way = fs::path{golden}.replace_extension(".trail");
  const test::Trail trail{result.records};
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream{golden} << text;
    std::ofstream{way} << trail.text();
    return;
  }
  const std::string before = read(way);
  EXPECT_EQ(text, read(golden)) << "if this is meant: UPDATE_GOLDEN=1, and read the diff\n"
                                << trail.first_difference(before);
  EXPECT_EQ(trail.text(), before) << "it is written with the golden: UPDATE_GOLDEN=1";
}

class Short : public testing::TestWithParam<fs::path> {};

TEST_P(Short, two_runs_write_the_same_records) {
  const VirtualResult first = test::run_file_virtually(GetParam().string());
  const VirtualResult second = test::run_file_virtually(GetParam().string());
  expect_same_records(first, second);
}

// A day takes seconds; its golden holds it to the same records anyway.
std::vector<fs::path> short_files() {
  auto files = library();
  std::erase_if(files, [](const fs::path& path) {
    return path.stem() == "article-luat" || path.stem() == "soak";
  });
  return files;
}

INSTANTIATE_TEST_SUITE_P(Scenario, Golden, testing::ValuesIn(library()), test::name_of_file);
INSTANTIATE_TEST_SUITE_P(Scenario, Short, testing::ValuesIn(short_files()), test::name_of_file);

}  // namespace
}  // namespace probate
