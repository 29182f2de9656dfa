// What there is to say of one presence policy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace probate::yaml {

struct PolicyText {
  std::string name;
  std::string rule;     // what it believes, as docs/verdicts.md has it
  std::string needs;    // without which it is n/a
  std::string written;  // under backend.presence, with all parameters at their defaults
};

// Nothing if no policy is called so.
std::optional<PolicyText> policy_text(std::string_view name);
std::vector<std::string_view> policy_names();

}  // namespace probate::yaml
