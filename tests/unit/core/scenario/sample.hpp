// A small scenario without a mistake, to spoil in one place per test.
#pragma once

#include <string_view>

#include "core/base/check.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

inline Template text(std::string_view text) {
  auto parsed = Template::parse(text);
  CHECK(parsed.has_value());
  return *parsed;
}

inline device::DeviceConfig sample_device(std::string name) {
  device::DeviceConfig kind;
  kind.name = std::move(name);
  kind.client_id = text(kind.name + "-{index:05}");
  kind.keep_alive = 10s;
  kind.will.emplace();
  kind.will->topic = text("/willmsg");
  kind.will->payload = text("{client_id}device_conn_err#{epoch}");
  kind.birth.emplace();
  kind.birth->topic = text("/device/{client_id}/birth");
  kind.birth->payload = text("up {epoch}");
  kind.subscribe.push_back(text("/device/{client_id}/req"));
  device::PublishConfig publish;
  publish.topic = text("/device/{client_id}/report");
  publish.payload = text("test publish {time}");
  publish.every = 120s;
  kind.publish.push_back(publish);
  return kind;
}

inline fault::FaultSpec sample_fault(std::string name, fault::Timing timing, fault::What what) {
  fault::FaultSpec fault;
  fault.name = std::move(name);
  fault.timing = timing;
  fault.what = what;
  return fault;
}

// Kinds meter and gauge; groups city (20 meters) and rural (10 gauges); phases ramp (connects),
// storm (5 min) and settle.
inline Scenario sample() {
  Scenario scenario;
  scenario.name = "sample";
  scenario.seed = 7;
  scenario.devices = {sample_device("meter"), sample_device("gauge")};
  scenario.fleet.resize(2);
  scenario.fleet[0].name = "city";
  scenario.fleet[0].count = 20;
  scenario.fleet[1].name = "rural";
  scenario.fleet[1].device = 1;
  scenario.fleet[1].count = 10;
  scenario.phases = {{"ramp", ConnectPlan{}, UntilOnline{1, 3min}},
                     {"storm", std::nullopt, ForDuration{5min}},
                     {"settle", std::nullopt, ForAuto{}}};
  scenario.backend.presence = {{PolicyName::naive}, {PolicyName::epoch}};
  return scenario;
}

inline constexpr PhaseId kRamp{0};
inline constexpr PhaseId kStorm{1};
inline constexpr PhaseId kSettle{2};

}  // namespace probate::scenario
