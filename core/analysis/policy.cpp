#include "core/analysis/policy.hpp"

namespace probate::analysis {

void Policy::handle_timeout(Instant /*now*/, BeliefChanges& /*out*/) {}

std::unique_ptr<Policy> make_policy(const scenario::PolicySpec& spec, std::size_t devices) {
  switch (spec.name) {
    case scenario::PolicyName::naive_alarm:
      return make_naive_alarm(devices);
    case scenario::PolicyName::naive:
      return make_naive(devices);
    case scenario::PolicyName::debounce:
      return make_debounce(devices, spec.debounce);
    case scenario::PolicyName::epoch:
      return make_epoch(devices);
  }
  return nullptr;
}

}  // namespace probate::analysis
