// A run's figures, ready to be published.
#pragma once

#include <string>
#include <vector>

#include <prometheus/text_serializer.h>

#include "metrics/figures.hpp"

namespace probate::metrics::test {

struct World {
  RunInfo info;
  analysis::Totals totals;
  journal::LoopCounters loops;
  RecordCounts records;
  std::vector<analysis::gate::RuleResult> rules;
  double started_at = 0;
  double ended_at = 0;
  ProcessFigures process;
  journal::ControlCounters control;

  // Two groups, two faults, two policies, two rules, a phase.
  World() {
    info.version = "0.1.0";
    info.scenario = "first-look";
    info.digest = "ab12";
    info.seed = 7;
    info.engine = "live";
    info.profile = "mosquitto-2.0.11";
    info.broker = "mosquitto 2.0.11";
    info.fidelity = "stream";
    info.groups = {"city", "rural"};
    info.faults = {"gone-and-back", "drop"};
    info.policies = {"naive", "debounce_10s"};
    info.phases = {"ramp", "storm"};
    info.rules = {"no-missing-wills", "wills-in-time"};
    resize();
  }
  // As many totals as there are names.
  void resize() {
    totals.faults.resize(info.faults.size());
    totals.wills_by_fault.resize(info.faults.size() + 1);
    totals.policies.resize(info.policies.size());
    loops.groups.resize(info.groups.size());
  }

  Snapshot snapshot() const {
    return {.totals = totals,
            .loops = loops,
            .records = records,
            .control = control,
            .rules = rules,
            .started_at = started_at,
            .ended_at = ended_at,
            .process = process};
  }
  std::string text() const {
    const Figures figures{info};
    return prometheus::TextSerializer{}.Serialize(figures.families(figures.read(snapshot())));
  }
};

// The value behind `series`, the whole line up to the blank; "" if there is none.
inline std::string value_of(const std::string& exposition, const std::string& series) {
  const std::string all = "\n" + exposition;
  const std::size_t at = all.find("\n" + series + " ");
  if (at == all.npos) return "";
  const std::size_t from = at + series.size() + 2;
  return all.substr(from, all.find('\n', from) - from);
}

}  // namespace probate::metrics::test
