// Scenarios from YAML: everything is read and checked here, once; inside it is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/yaml/diagnostic.hpp"
#include "sim/yaml/files.hpp"
#include "sim/yaml/variables.hpp"

namespace probate::yaml {

struct LoadOptions {
  std::vector<std::string> set;   // "fleet.city.count=500", applied in order
  std::vector<std::string> vary;  // the same for one point of a sweep, after those of `set`
  Environment environment = process_environment;
  FileReader read_file = read_from_disk;    // of includes, presets and profiles
  FileReader read_secret = read_from_disk;  // of files that hold a password, a key or a certificate
  FileReader read_rules = read_from_disk;   // of `rules`
  double time_scale = 1;                    // see core/scenario/time_scale.hpp
  bool real_devices = false;                // see core/scenario/real_devices.hpp
  std::optional<std::uint64_t> seed;        // instead of the file's
  std::string rules;                        // a file whose rules replace the scenario's; "" = none
  std::vector<std::string> expect;  // rules that replace the scenario's, as on a command line
  bool rules_of_change = false;     // they hold for what is different between two runs
  // Takes away, before the rules are typed, what the journal to be judged has not; null: nothing.
  std::function<void(scenario::Scenario&)> reduce;
};

// A scenario that validate() has nothing against, or everything that is wrong, sorted by place.
// Topic filters of the back end that are not given are derived from the devices' topics; of real
// devices nothing is known beforehand: `wills` is then ["#"], whatever they announce.
// Throws nothing.
// Limits: kFileBytesMax, kNestingMax, kNodesMax, kIncludeDepthMax, kFilesMax.
Result<scenario::Scenario, std::vector<Diagnostic>> load_file(const std::string& path,
                                                              const LoadOptions& options = {});
// `name`: what messages call the text; files that it names are sought beside it.
Result<scenario::Scenario, std::vector<Diagnostic>> load_text(std::string text, std::string name,
                                                              const LoadOptions& options = {});

}  // namespace probate::yaml
