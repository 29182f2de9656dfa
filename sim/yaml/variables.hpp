// ${VAR} in the values of a tree.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sim/yaml/node.hpp"

namespace probate::yaml {

// The value of an environment variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

std::optional<std::string> process_environment(std::string_view name);

// Replaces ${VAR}, ${VAR:-default} and ${VAR:?message} in every scalar value (not in keys), and $$
// by a dollar sign. What is put in is a text: it is never read as YAML, and never replaced again.
// Limits: a value of at most 65,535 bytes after it.
void substitute(Node& node, const Environment& environment, Problems& problems);

}  // namespace probate::yaml
