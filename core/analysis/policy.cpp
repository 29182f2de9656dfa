#include "core/analysis/policy.hpp"

namespace probate::analysis {

void Policy::handle_broker_event(Instant /*now*/, const journal::BrokerEvent& /*event*/,
                                 BeliefChanges& /*out*/) {}
void Policy::handle_timeout(Instant /*now*/, BeliefChanges& /*out*/) {}

std::optional<std::uint8_t> bdseq_of(const Heard& heard) {
  if (heard.bdseq) return heard.bdseq;
  if (heard.epoch == 0) return std::nullopt;
  return static_cast<std::uint8_t>(heard.epoch % 256);
}

std::unique_ptr<Policy> make_policy(const scenario::PolicySpec& spec, std::size_t devices) {
  using scenario::PolicyName;
  switch (spec.name) {
    case PolicyName::naive_alarm:
      return make_naive_alarm(devices);
    case PolicyName::naive:
      return make_naive(devices);
    case PolicyName::naive_birth:
      return make_naive_birth(devices);
    case PolicyName::debounce:
      return make_debounce(devices, spec.wait);
    case PolicyName::epoch:
      return make_epoch(devices);
    case PolicyName::sparkplug:
      return make_sparkplug(devices);
    case PolicyName::retained:
      return make_retained(devices);
    case PolicyName::last_seen:
      return make_last_seen(devices, spec.silence());
    case PolicyName::last_seen_will:
      return make_last_seen_will(devices, spec.silence(), spec.wait);
    case PolicyName::hybrid:
      return make_hybrid(devices, spec.wait, spec.silence());
    case PolicyName::aws_lifecycle:
      return make_aws_lifecycle(devices, spec.wait);
    case PolicyName::broker_events:
      return make_broker_events(devices);
  }
  return nullptr;
}

}  // namespace probate::analysis
