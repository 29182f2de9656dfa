#include "sim/live/proxy_run.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/scenario/real_devices.hpp"
#include "proxy/hearing.hpp"
#include "sim/live/broker_check.hpp"
#include "sim/live/preflight.hpp"
#include "sim/live/resolve.hpp"
#include "sim/live/run_id.hpp"
#include "sim/live/signals.hpp"

namespace probate::live {
namespace {

constexpr const char* kNotAskedFor = "there is none without --observe";

}  // namespace

std::string FrontOptions::upstream() const {
  const bool is_v6 = upstream_host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", upstream_host, upstream_port)
               : fmt::format("{}:{}", upstream_host, upstream_port);
}

ProxyRun::ProxyRun(const scenario::Scenario& scenario, ProxyOptions options)
    : scenario_{scenario}, options_{std::move(options)}, id_{make_run_id()} {}

Result<LiveSetting, std::string> ProxyRun::prepare(const scenario::Schedule& schedule) {
  LiveSetting setting;
  setting.descriptors_max = raise_descriptors();
  if (auto chosen = choose_fidelity(scenario_, setting); !chosen) return Failure{chosen.error()};
  const auto fronts = find_fronts();
  if (!fronts) return Failure{fronts.error()};
  StandAloneConfig config;
  config.fronts = *fronts;
  config.observers_at = fronts->front().upstream;
  config.observers_tls = fronts->front().tls_out;
  if (const auto found = find_observers(config); !found) return Failure{found.error()};
  config.drain = options_.drain;
  config.has_phases = scenario::ends_by_itself(scenario_);
  config.observes = options_.observes;
  config.is_controlled = options_.is_controlled;
  config.fidelity = setting.fidelity;
  config.is_read_again = options_.is_read_again;
  if (config.is_controlled || config.is_read_again) {
    config.silence_trouble = proxy::hearing_trouble();
  }
  config.username = scenario_.broker.username;
  config.password = scenario_.broker.password;
  config.run_id = id_;
  const auto observers_tls = config.observers_tls;
  engine_ = std::make_unique<StandAlone>(judged_.loop(), scenario_, schedule, judged_.feedback(),
                                         std::move(config));
  const auto bound = engine_->bind();
  if (!bound) return Failure{bound.error()};
  if (auto other = leave_itself_alone(*fronts, *bound); !other) return Failure{other.error()};
  std::set<std::string> brokers;
  for (std::size_t i = 0; i < bound->size(); ++i) {
    fronts_.push_back({to_text((*bound)[i]), options_.fronts[i].upstream(), {}});
    if (!brokers.insert(fronts_.back().upstream).second) continue;
    setting.address += (setting.address.empty() ? "" : ", ") + fronts_.back().upstream;
  }
  knock(*fronts);
  if (auto asked = ask_broker(setting, observers_tls); !asked) return Failure{asked.error()};
  return setting;
}

Result<FrontTls, std::string> read_tls_files(const FrontOptions& options) {
  using proxy::TlsContext;
  FrontTls tls;
  if (const auto& files = options.devices_tls) {
    auto made = TlsContext::for_devices({files->certificate, files->key, files->client_ca});
    if (!made) return Failure{made.error()};
    tls.in = std::move(*made);
  }
  if (options.broker_tls) {
    auto made = read_tls_files(*options.broker_tls, options.upstream_host);
    if (!made) return Failure{made.error()};
    tls.out = std::move(*made);
  }
  return tls;
}

Result<std::vector<proxy::Front>, std::string> ProxyRun::find_fronts() {
  std::vector<proxy::Front> fronts;
  for (const FrontOptions& options : options_.fronts) {
    const auto listen = resolve("address to listen on", options.listen_host, options.listen_port);
    if (!listen) return Failure{listen.error()};
    const auto upstream = resolve("broker", options.upstream_host, options.upstream_port);
    if (!upstream) return Failure{upstream.error()};
    proxy::Front front{.listen = *listen, .upstream = *upstream};
    front.expects_header = options.expects_header;
    front.sends_header = options.sends_header;
    auto tls = read_tls_files(options);
    if (!tls) return Failure{tls.error()};
    front.tls_in = std::move(tls->in);
    front.tls_out = std::move(tls->out);
    fronts.push_back(std::move(front));
  }
  return fronts;
}

Result<bool, std::string> ProxyRun::find_observers(StandAloneConfig& config) {
  if (options_.observe_host.empty()) {
    options_.observe_host = options_.fronts[0].upstream_host;
    options_.observe_port = options_.fronts[0].upstream_port;
    return true;
  }
  const auto at =
      resolve("broker's address for observers", options_.observe_host, options_.observe_port);
  if (!at) return Failure{at.error()};
  config.observers_at = *at;
  config.observers_tls.reset();
  return true;
}

Result<bool, std::string> ProxyRun::leave_itself_alone(const std::vector<proxy::Front>& fronts,
                                                       const proxy::Proxy::Endpoints& bound) {
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    const auto ours = std::find_if(bound.begin(), bound.end(), [&](const auto& listener) {
      return leads_to(fronts[i].upstream, listener);
    });
    if (ours == bound.end()) continue;
    leads_to_itself_ = true;
    return Failure{fmt::format(
        "--upstream {} leads to this proxy itself, which listens on {}: give the broker's address",
        options_.fronts[i].upstream(), to_text(*ours))};
  }
  return true;
}

// Each broker once.
void ProxyRun::knock(const std::vector<proxy::Front>& fronts) {
  std::vector<boost::asio::ip::tcp::endpoint> brokers;
  for (const proxy::Front& front : fronts) brokers.push_back(front.upstream);
  std::sort(brokers.begin(), brokers.end());
  brokers.erase(std::unique(brokers.begin(), brokers.end()), brokers.end());
  const auto why = why_unreachable(brokers, kReachWait);
  for (std::size_t i = 0; i < fronts.size(); ++i) {
    const auto broker = std::lower_bound(brokers.begin(), brokers.end(), fronts[i].upstream);
    fronts_[i].unreachable = why[static_cast<std::size_t>(broker - brokers.begin())];
  }
}

Result<bool, std::string> ProxyRun::ask_broker(LiveSetting& setting, const BrokersTls& tls) {
  const BrokerAddress address{options_.observe_host, options_.observe_port,
                              scenario_.broker.username, scenario_.broker.password, tls};
  if (options_.observes && fronts_[0].unreachable.empty()) {
    if (scenario_.broker.publishes_wills) {
      // A signal that is pending ends the run as soon as it has begun.
      auto checked = check_wills(address, id_);
      if (!checked && pending_signal() == 0) return checked;
    }
    setting.broker = ask_version(address, id_);
  }
  choose_profile(scenario_, setting);
  return true;
}

ProxyEnding ProxyRun::run(const journal::RunBegan& begin, Audience& audience) {
  audience.proxy_listens(fronts_[0].listen);
  if (!options_.is_journalled) judged_.mute();
  judged_.loop().write(judged_.clock().now(), journal::RunBegan{begin});
  // Nobody hears wills: that none is seen says nothing of the broker.
  if (!options_.observes) {
    for (const auto observer : {journal::Observer::backend, journal::Observer::control}) {
      judged_.loop().write(judged_.clock().now(), journal::ObserverLost{observer, kNotAskedFor});
    }
  }
  engine_->start();
  ProxyEnding ending;
  ending.signal = judged_.run(*engine_, audience, [] {});
  for (std::size_t i = 0; i < scenario_.fleet.size(); ++i) {
    const GroupId group{static_cast<std::uint16_t>(i)};
    ending.devices.push_back(engine_->roster().count_of(group).known);
  }
  ending.untracked = engine_->untracked();
  return ending;
}

}  // namespace probate::live
