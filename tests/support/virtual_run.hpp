// One scenario in virtual time, as tests need it: the records, the judge's outcome, the gate.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/gate/watch.hpp"
#include "core/analysis/judge.hpp"
#include "core/base/digest.hpp"
#include "core/journal/ndjson.hpp"
#include "core/journal/text.hpp"
#include "sim/virtual/virtual_run.hpp"
#include "sim/yaml/diagnostic.hpp"
#include "sim/yaml/loader.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::test {

struct VirtualResult {
  scenario::Scenario scenario;
  std::vector<journal::Record> records;
  analysis::Outcome outcome;
  analysis::gate::GateOutcome gate;
  journal::LoopCounters counters;
  std::string environment;  // why it could not begin
  std::uint64_t naps = 0;
  std::uint64_t events = 0;

  // As `probate run` ends.
  int exit_code() const {
    switch (analysis::gate::conclude(outcome, gate)) {
      case analysis::gate::Conclusion::pass:
        return 0;
      case analysis::gate::Conclusion::fail:
        return 3;
      case analysis::gate::Conclusion::inconclusive:
        break;
    }
    return 4;
  }
  template <typename Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const journal::Record& record : records) {
      if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
    }
    return found;
  }
  // SHA-256 of what happened, in the text form: without run_began, which says what was asked for.
  std::string digest() const {
    Digest digest;
    for (const journal::Record& record : records) {
      if (std::holds_alternative<journal::RunBegan>(record.body)) continue;
      digest.add(journal::to_text(record));
    }
    return digest.hex();
  }
};

class VirtualListener final : public virtual_time::Audience {
 public:
  VirtualListener(VirtualResult& result, const broker::Profile& profile)
      : result_{result}, judge_{result.scenario, profile}, watch_{result.scenario, judge_} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    for (const journal::Record& record : records) watch_.add(record);
    if (until != kNever) watch_.advance(until);
    result_.records.insert(result_.records.end(), records.begin(), records.end());
    return judge_.progress().open_obligations;
  }
  void tick(Instant, const journal::LoopCounters& counters) override {
    result_.counters = counters;
  }
  std::string ending() override { return watch_.ending(); }
  // The outcome and the gate's, as `probate run` has them.
  void finish() {
    const Instant last = result_.records.back().at;
    result_.outcome = judge_.finish(last);
    const auto findings = watch_.findings(result_.outcome.judged_until.value_or(last));
    result_.gate = analysis::gate::evaluate(result_.scenario, result_.outcome, findings);
  }

 private:
  VirtualResult& result_;
  analysis::Judge judge_;
  analysis::gate::Watch watch_;
};

inline VirtualResult run_virtually(scenario::Scenario scenario,
                                   virtual_time::VirtualOptions options = {}) {
  VirtualResult result;
  result.scenario = std::move(scenario);
  const std::string& named = result.scenario.broker.profile;
  const auto profile = yaml::load_profile(named.empty() ? "mosquitto-2.0.11" : named);
  const scenario::Schedule schedule{result.scenario};
  virtual_time::BrokerHostConfig broker;
  broker.broker = virtual_time::broker_config(result.scenario, *profile).value();
  options.begin = {.scenario = result.scenario.name,
                   .digest = schedule.digest(),
                   .seed = result.scenario.seed,
                   .engine = "virtual",
                   .profile = profile->name,
                   .broker = "broker model",
                   .fidelity = fault::to_text(result.scenario.fidelity)};
  VirtualListener listener{result, *profile};
  const auto ended = virtual_time::run(result.scenario, schedule, broker, listener, options);
  result.environment = ended.environment;
  result.naps = ended.naps;
  result.events = ended.events;
  listener.finish();
  return result;
}

inline VirtualResult run_file_virtually(const std::string& path) {
  auto loaded = yaml::load_file(path);
  if (!loaded) {
    ADD_FAILURE() << path << " does not load";
    return {};
  }
  return run_virtually(std::move(*loaded));
}

inline VirtualResult run_text_virtually(std::string text,
                                        virtual_time::VirtualOptions options = {}) {
  auto loaded = yaml::load_text(std::move(text), "test.yaml");
  if (!loaded) {
    ADD_FAILURE() << yaml::render(loaded.error(), false);
    return {};
  }
  return run_virtually(std::move(*loaded), options);
}

}  // namespace probate::test
