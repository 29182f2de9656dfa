// The two engines, as `probate run` uses them.
#pragma once

#include <memory>
#include <string>

#include "sim/cli/run_audience.hpp"
#include "sim/cli/run_options.hpp"
#include "sim/live/live_run.hpp"

namespace probate::cli {

class Runner {
 public:
  virtual ~Runner() = default;
  // As the journal and the results call it: "live", "virtual".
  virtual const char* engine() const = 0;
  // What a run needs before it can begin. The error is a sentence: exit 6.
  virtual Result<live::LiveSetting, std::string> prepare() = 0;
  // What the scenario asks for and this engine does not have, or "": exit 5. After prepare().
  virtual std::string unsupported(const broker::Profile&) { return {}; }
  // Why this machine has not the memory for it, or "": exit 6.
  virtual std::string too_large(const scenario::Schedule&) { return {}; }
  // What its clock fired; 0: it does not count.
  virtual std::uint64_t events() const { return 0; }
  virtual live::LiveEnding run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                               RunAudience& audience) = 0;
};

// Lifetime: options and scenario outlive it.
std::unique_ptr<Runner> make_runner(const RunOptions& options, const scenario::Scenario& scenario);

// On stderr: the fidelity where the scenario wants more than stream, and openly that it is not had.
void tell_fidelity(const live::LiveSetting& setting, bool quiet);

// The profile that the model of the broker follows in virtual time.
std::string model_profile(const scenario::Scenario& scenario);

}  // namespace probate::cli
