#include "core/scenario/selection.hpp"

#include <algorithm>
#include <cmath>

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

std::string to_text(const Scenario& scenario, const fault::Selector& selector) {
  if (!selector.group) return fault::to_text(selector);
  fault::Selector rest = selector;
  rest.group.reset();
  std::string text = "group: " + scenario.fleet[selector.group->index()].name;
  return rest.is_everybody() ? text : text + ", " + fault::to_text(rest);
}

}  // namespace probate::scenario
