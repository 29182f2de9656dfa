#include "core/scenario/selection.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/rng.hpp"
#include "core/scenario/glob.hpp"

namespace probate::scenario {

bool fits(const fault::Selector& selector, std::string_view client_id) {
  if (selector.devices && !glob_matches(*selector.devices, client_id)) return false;
  if (!selector.hash) return true;
  return Rng{0}.stream(client_id).next() % selector.hash->of == selector.hash->index;
}

std::uint32_t taken_of(const fault::Selector& selector, std::uint32_t count) {
  if (selector.share) {
    return static_cast<std::uint32_t>(std::floor(*selector.share * count + 0.5));
  }
  return selector.count ? std::min(*selector.count, count) : count;
}

// Without the traces that a tenth leaves in binary.
std::string share_text(double share) { return fmt::format("{:.10g}%", share * 100); }

std::string to_text(const Scenario& scenario, const fault::Selector& selector) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (selector.group) add("group: " + scenario.fleet[selector.group->index()].name);
  if (selector.share) add("share: " + share_text(*selector.share));
  fault::Selector rest = selector;
  rest.group.reset();
  rest.share.reset();
  if (text.empty() || !rest.is_everybody()) add(fault::to_text(rest));
  return text;
}

}  // namespace probate::scenario
