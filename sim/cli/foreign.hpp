// Judging a log that no run of Probate wrote.
#pragma once

#include <string>

#include "core/journal/ndjson.hpp"
#include "sim/cli/exit_code.hpp"
#include "sim/cli/rejudge.hpp"

namespace probate::cli {

// Reads the log twice: who is in it, then what happened to them. Prints the summary, and writes
// results where they are wanted. "" for the scenario: the log's own; for the profile: what the
// specification says. Requires: `header` is the log's first line.
ExitCode judge_foreign(const std::string& path, const journal::Header& header,
                       const Rejudge& request);

}  // namespace probate::cli
