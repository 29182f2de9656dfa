// Broker profiles: what a given broker is known to do, read from YAML.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/broker/profile.hpp"
#include "sim/yaml/diagnostic.hpp"
#include "sim/yaml/files.hpp"

namespace probate::yaml {

// A built-in profile by its name, or a file of the user's (see names_a_file). Held to a table of
// keys as strictly as a scenario.
Result<broker::Profile, std::vector<Diagnostic>> load_profile(
    const std::string& name, const FileReader& read_file = read_from_disk);

}  // namespace probate::yaml
