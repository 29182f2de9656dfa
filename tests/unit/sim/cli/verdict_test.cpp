#include "sim/cli/verdict.hpp"

#include <csignal>

#include <gtest/gtest.h>

namespace probate::cli {
namespace {

analysis::Outcome outcome_with_guard(bool voids_run) {
  analysis::Outcome outcome;
  analysis::Guard guard;
  guard.kind = analysis::GuardKind::lag;
  guard.voids_run = voids_run;
  outcome.guards.push_back(guard);
  return outcome;
}

constexpr auto kFailed = [] {
  analysis::gate::GateOutcome gate;
  gate.any_failed = true;
  gate.any_inconclusive = true;
  return gate;
};

TEST(Verdict, is_pass_when_nothing_speaks_against_it) {
  EXPECT_EQ(decide(0, {}, {}), ExitCode::pass);
}

TEST(Verdict, of_a_violated_rule_beats_that_of_an_inconclusive_one) {
  EXPECT_EQ(decide(0, {}, kFailed()), ExitCode::gate_failed);
  analysis::gate::GateOutcome gate;
  gate.any_inconclusive = true;
  EXPECT_EQ(decide(0, {}, gate), ExitCode::inconclusive);
}

TEST(Verdict, is_inconclusive_when_the_instruments_cannot_be_trusted_whatever_the_rules_say) {
  EXPECT_EQ(decide(0, outcome_with_guard(true), kFailed()), ExitCode::inconclusive);
  EXPECT_EQ(decide(0, outcome_with_guard(false), kFailed()), ExitCode::gate_failed);
}

TEST(Verdict, of_a_signal_beats_everything) {
  EXPECT_EQ(decide(SIGINT, outcome_with_guard(true), kFailed()), ExitCode::interrupted);
  EXPECT_EQ(decide(SIGTERM, {}, {}), ExitCode::terminated);
  EXPECT_EQ(decide(SIGHUP, {}, {}), ExitCode::hung_up);
}

TEST(ExitCodes, are_what_the_contract_says) {
  EXPECT_EQ(static_cast<int>(ExitCode::internal), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::gate_failed), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::inconclusive), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::invalid_scenario), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::environment), 6);
  EXPECT_EQ(static_cast<int>(ExitCode::interrupted), 128 + SIGINT);
  EXPECT_EQ(static_cast<int>(ExitCode::terminated), 128 + SIGTERM);
  EXPECT_EQ(static_cast<int>(ExitCode::hung_up), 128 + SIGHUP);
  EXPECT_EQ(name_of(ExitCode::gate_failed), "gate-failed");
}

}  // namespace
}  // namespace probate::cli
