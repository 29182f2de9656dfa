// A fault by hand from text: the language of a scenario's `faults:` entry, as YAML or JSON.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/scenario/hand_fault.hpp"
#include "sim/yaml/diagnostic.hpp"

namespace probate::yaml {

// Everything that is wrong, sorted by place; or a fault that nothing is wrong with behind a proxy.
// `name`: what messages call the text. It names no files and no variables: `include` is an unknown
// key, and ${…} a text like any other. `groups`: of the proxy's devices, in the scenario's order.
// Threads: any. Limits: those of parse().
Result<scenario::HandFault, std::vector<Diagnostic>> load_hand_fault(
    std::string text, std::string name, std::span<const std::string> groups = {});

}  // namespace probate::yaml
