#include "core/analysis/fleet_names.hpp"

namespace probate::analysis {

FleetNames::FleetNames(const scenario::Scenario& scenario) : count_{scenario.device_count()} {
  fleet_.devices = scenario.devices;
  fleet_.fleet = scenario.fleet;
}

std::string FleetNames::client_id(DeviceId device) const {
  return is_of_fleet(device) ? fleet_.client_id_of(device) : std::string{};
}

std::string FleetNames::will_topic(DeviceId device, Epoch epoch) const {
  if (!is_of_fleet(device)) return {};
  const auto& will = fleet_.kind_of(device).will;
  if (!will) return {};
  const std::string client_id = fleet_.client_id_of(device);
  TemplateValues values = fleet_.values_of(device, client_id);
  values.epoch = epoch;
  return will->topic.expand(values);
}

}  // namespace probate::analysis
