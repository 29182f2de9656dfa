// How much of the journal a run stores.
#pragma once

#include <string>

#include <boost/program_options/options_description.hpp>

#include "core/base/result.hpp"
#include "core/journal/level.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/cli/arguments.hpp"

namespace probate::cli {

// --events
void add_events_flag(boost::program_options::options_description& flags);
// The error is one sentence.
Result<journal::Level, std::string> read_events(const Arguments& arguments);

// Policies that count messages need them all, or the file could not be judged again.
journal::Level level_for(journal::Level asked, const scenario::Scenario& scenario);

}  // namespace probate::cli
