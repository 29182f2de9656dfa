// result.json, read back: what a gate and a comparison need of a run.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/judge.hpp"
#include "core/base/result.hpp"
#include "core/journal/recipe.hpp"
#include "sim/report/event_reader.hpp"

namespace probate::report {

struct StoredRule {
  std::string name;
  std::string per;
  std::string status;
};

struct StoredResult {
  std::string path;
  std::string verdict;
  std::string reason;  // why it ended early, or could not begin
  std::string program;
  // What was run.
  std::string scenario;
  journal::Recipe recipe;  // of versions that did not store it: without a text
  std::uint64_t seed = 0;
  std::string digest;
  std::vector<std::string> groups;
  std::vector<std::uint32_t> group_sizes;  // devices
  std::vector<std::string> faults;
  std::string engine;
  std::string broker;
  std::string profile;
  std::string fidelity;  // "": of a version that did not store it, or nobody knew
  // What came of it. Entries, episodes and series are not read.
  std::vector<StoredRule> rules;
  analysis::Outcome outcome;
};

// `-` is standard input. A result of a newer form, a missing key, a value of the wrong kind: the
// error names the path of the key ("wills.all.expected").
// Limits: of more than `bytes_max` it reads one byte more, and refuses it.
inline constexpr std::size_t kResultBytesMax = 256 * 1024 * 1024;
Result<StoredResult, ReadError> read_result(const std::string& path,
                                            std::size_t bytes_max = kResultBytesMax);
Result<StoredResult, ReadError> parse_result(const std::string& text, const std::string& path);

}  // namespace probate::report
