// Everything the reports of a run say: assembled once, by the command line, after the judge.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/judge.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/recipe.hpp"

namespace probate::report {

enum class Verdict : std::uint8_t {
  pass,
  fail,
  inconclusive,
  aborted,      // a signal; the figures are of the part that was run
  environment,  // it could not begin, or its results could not be written
};
const char* to_text(Verdict verdict);

struct HostLimits {
  std::string system;  // "Linux 6.1.0 x86_64"
  unsigned processors = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t descriptors_max = 0;
};
// Asks the kernel. What cannot be had stays 0 or "".
HostLimits read_host_limits();

struct RunReport {
  Verdict verdict{};
  bool names_profile = false;  // somebody chose it: it is no guess
  int exit_code = 0;
  std::string reason;  // of `aborted` and `environment`, one sentence

  std::string scenario;
  std::string about;
  journal::Recipe recipe;
  std::uint64_t seed = 0;
  std::string digest;
  std::vector<std::string> groups;         // by GroupId
  std::vector<std::uint32_t> group_sizes;  // by GroupId
  std::vector<std::string> faults;         // by FaultId

  std::string program;  // version
  std::string engine;
  std::string broker;
  std::string profile;
  std::string fidelity;   // of its silences, as the journal says it; "": nobody knows
  double started_at = 0;  // wall clock, seconds since 1970
  double ended_at = 0;
  std::string repeat;  // the command that repeats the run
  HostLimits host;

  std::vector<analysis::gate::RuleResult> rules;
  analysis::Outcome outcome;
  journal::LoopCounters counters;  // of all loops together

  // Whether anything was judged; false if it could not begin.
  bool ran() const { return verdict != Verdict::environment || outcome.judged_until; }
  // A pass of which no rule asked anything.
  bool is_without_rules() const { return verdict == Verdict::pass && rules.empty(); }
  // By FaultId: the name; "none" for kNoFault and what lies behind the last.
  std::string fault_name(FaultId fault) const;
};

}  // namespace probate::report
