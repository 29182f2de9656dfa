// Any bytes as a gate rule: mistakes that point into the text, or a rule that can be evaluated, as
// it stands, with a confidence and while a run goes on. Lines: expect, over, per, flags.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/analysis/gate/gate.hpp"
#include "core/base/check.hpp"
#include "tests/support/journal_script.hpp"

namespace {

using namespace probate;

// Two groups, two faults (one hit nobody), four policies, and a run with a will of each fate.
struct World {
  scenario::Scenario scenario = test::fleet_of(4);
  std::vector<journal::Record> records;
  analysis::Outcome outcome;

  World() {
    scenario.fleet.push_back({"rural-2", 0, 3, {}});
    scenario.faults.resize(2);
    scenario.faults[0].name = "cut";
    scenario.faults[1].name = "3g-stall";
    test::JournalScript script{scenario};
    const auto true_one = script.connects(1);
    script.ends(2, true_one);
    script.will(2.1, true_one);
    const auto late_one = script.connects(3, {.device = 1});
    script.ends(4, late_one);
    script.will(7, late_one);
    const auto missing_one = script.connects(5, {.device = 2});
    script.ends(6, missing_one);
    const auto false_one = script.connects(7, {.device = 0, .epoch = 2});
    script.birth(7.1, false_one);
    script.write(8, journal::FaultApplied{FaultId{0}, DeviceId{0}, false_one.id});
    records = script.records();
    outcome = script.judged(20);
  }
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return line;
}

scenario::GateRuleSpec rule_of(std::string_view text) {
  scenario::GateRuleSpec spec;
  spec.name = "rule";
  spec.expect = take_line(text);
  spec.over = take_line(text);
  spec.per = take_line(text);
  for (const char flag : take_line(text)) {
    if (flag == 'c') spec.confidence = 0.95;
    if (flag == 'f') spec.held_for = 2s;
    if (flag == 'a') spec.abort = true;
    if (flag == 'w') spec.window = 5s;
    if (flag == 's') spec.samples_min = 10;
    if (flag == 'p') spec.on_no_data = scenario::OnNoData::pass;
  }
  return spec;
}

void watch(World& world) {
  analysis::Judge judge{world.scenario, test::mosquitto_2_0_11()};
  analysis::gate::Watch watch{world.scenario, judge};
  for (const journal::Record& record : world.records) watch.add(record);
  watch.advance(test::at(12));
  watch.add({test::at(12), 0, 0, journal::DrainBegan{}});
  const auto outcome = judge.finish(test::at(12));
  const auto findings = watch.findings(test::at(12));
  CHECK(!analysis::gate::evaluate(world.scenario, outcome, findings).rules.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const scenario::GateRuleSpec spec = rule_of({reinterpret_cast<const char*>(data), size});
  world.scenario.gate = {spec};
  const auto mistakes = analysis::gate::check(world.scenario);
  if (!mistakes.empty()) {
    CHECK(mistakes.size() == 1 && !mistakes[0].message.empty() && mistakes[0].length > 0);
    // The caret stands in the text, or behind its end.
    if (mistakes[0].key == "expect") CHECK(mistakes[0].offset <= spec.expect.size());
    return 0;
  }
  const auto gate = analysis::gate::evaluate(world.scenario, world.outcome);
  CHECK(!gate.rules.empty());
  for (const auto& rule : gate.rules) {
    // No data is never a pass, unless the rule says so.
    const bool decided = rule.status == analysis::gate::RuleStatus::pass;
    CHECK(!decided || rule.value || spec.on_no_data == scenario::OnNoData::pass);
  }
  analysis::gate::evaluate_change(world.scenario, world.outcome, world.outcome);
  if (spec.needs_watching()) watch(world);
  return 0;
}
