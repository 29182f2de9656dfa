#include "sim/live/proxy_run.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/scenario/real_devices.hpp"
#include "sim/live/broker_check.hpp"
#include "sim/live/preflight.hpp"
#include "sim/live/resolve.hpp"
#include "sim/live/run_id.hpp"

namespace probate::live {

ProxyRun::ProxyRun(const scenario::Scenario& scenario, ProxyOptions options)
    : scenario_{scenario}, options_{std::move(options)}, id_{make_run_id()} {}

Result<LiveSetting, std::string> ProxyRun::prepare(const scenario::Schedule& schedule) {
  LiveSetting setting;
  setting.descriptors_max = raise_descriptors();
  const auto listen = resolve("address to listen on", options_.listen_host, options_.listen_port);
  if (!listen) return Failure{listen.error()};
  const auto upstream = resolve("broker", options_.upstream_host, options_.upstream_port);
  if (!upstream) return Failure{upstream.error()};
  StandAloneConfig config;
  config.listen = *listen;
  config.upstream = *upstream;
  config.places = scenario::kRealDevicesMax;
  config.drain = options_.drain;
  config.has_phases = scenario::ends_by_itself(scenario_);
  config.observes = options_.observes;
  config.is_controlled = options_.is_controlled;
  config.username = scenario_.broker.username;
  config.password = scenario_.broker.password;
  config.run_id = id_;
  engine_ = std::make_unique<StandAlone>(judged_.loop(), scenario_, schedule, judged_.feedback(),
                                         std::move(config));
  const auto bound = engine_->bind();
  if (!bound) return Failure{bound.error()};
  address_ = to_text(*bound);
  setting.address = fmt::format("{}:{}", options_.upstream_host, options_.upstream_port);
  unreachable_ = why_unreachable(*upstream, kReachWait);
  if (auto asked = ask_broker(setting); !asked) return Failure{asked.error()};
  return setting;
}

Result<bool, std::string> ProxyRun::ask_broker(LiveSetting& setting) {
  const BrokerAddress address{options_.upstream_host, options_.upstream_port,
                              scenario_.broker.username, scenario_.broker.password};
  if (options_.observes && unreachable_.empty()) {
    if (scenario_.broker.publishes_wills) {
      if (auto checked = check_wills(address, id_); !checked) return checked;
    }
    setting.broker = ask_version(address, id_);
  }
  choose_profile(scenario_, setting);
  return true;
}

ProxyEnding ProxyRun::run(const journal::RunBegan& begin, Audience& audience) {
  audience.proxy_listens(address_);
  judged_.channel().write(judged_.clock().now(), begin);
  engine_->start();
  ProxyEnding ending;
  ending.signal = judged_.run(*engine_, audience, [] {});
  ending.devices = engine_->roster().size();
  ending.untracked = engine_->untracked();
  return ending;
}

}  // namespace probate::live
