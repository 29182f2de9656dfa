#include "core/scenario/filters.hpp"

#include <algorithm>
#include <set>

namespace probate::scenario {
namespace {

class Filters {
 public:
  void add(const device::MessageConfig& message) { add(message.topic.to_filter()); }
  void add(std::string filter) {
    if (std::find(filters_.begin(), filters_.end(), filter) != filters_.end()) return;
    filters_.push_back(std::move(filter));
  }
  std::vector<std::string> take() { return std::move(filters_); }

 private:
  std::vector<std::string> filters_;
};

std::vector<std::string> each_once(const std::vector<std::string>& given) {
  Filters filters;
  for (const std::string& filter : given) filters.add(filter);
  return filters.take();
}

}  // namespace

std::vector<std::string> will_filters(const Scenario& scenario) {
  if (!scenario.backend.wills.empty()) return each_once(scenario.backend.wills);
  Filters filters;
  for (const auto& kind : scenario.devices) {
    if (kind.will) filters.add(*kind.will);
  }
  return filters.take();
}

std::vector<std::string> birth_filters(const Scenario& scenario) {
  if (!scenario.backend.births.empty()) return each_once(scenario.backend.births);
  Filters filters;
  for (const auto& kind : scenario.devices) {
    if (kind.birth) filters.add(*kind.birth);
  }
  return filters.take();
}

std::vector<std::string> message_filters(const Scenario& scenario) {
  if (!scenario.backend.messages.empty()) return each_once(scenario.backend.messages);
  Filters filters;
  for (const auto& kind : scenario.devices) {
    if (kind.farewell) filters.add(*kind.farewell);
    for (const auto& publish : kind.publish) filters.add(publish);
    if (!kind.luat_loop) continue;
    filters.add(kind.luat_loop->report);
    filters.add(kind.luat_loop->response);
  }
  return filters.take();
}

ObserverFilters observer_filters(const Scenario& scenario) {
  std::set<std::string> backend;
  const BackendSpec& spec = scenario.backend;
  for (const auto* filters : {&spec.wills, &spec.births, &spec.messages}) {
    backend.insert(filters->begin(), filters->end());
  }
  std::set<std::string> control;
  for (std::uint32_t i = 0; i < scenario.device_count(); ++i) {
    const DeviceId device{i};
    const auto& will = scenario.kind_of(device).will;
    if (!will || will->topic.uses(Placeholder::epoch)) continue;
    const std::string client_id = scenario.client_id_of(device);
    control.insert(will->topic.expand(scenario.values_of(device, client_id)));
  }
  return {{backend.begin(), backend.end()}, {control.begin(), control.end()}};
}

}  // namespace probate::scenario
