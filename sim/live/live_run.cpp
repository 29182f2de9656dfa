#include "sim/live/live_run.hpp"

#include <fmt/format.h>

#include "sim/live/broker_check.hpp"
#include "sim/live/judged_loop.hpp"
#include "sim/live/preflight.hpp"
#include "sim/live/resolve.hpp"
#include "sim/live/run_id.hpp"

namespace probate::live {

LiveRun::LiveRun(const scenario::Scenario& scenario, LiveOptions options)
    : scenario_{scenario}, options_{std::move(options)}, id_{make_run_id()} {}

LiveRun::~LiveRun() = default;

Result<bool, std::string> LiveRun::find_broker() {
  if (!scenario_.broker.managed) {
    address_ = {scenario_.broker.host, scenario_.broker.port, scenario_.broker.username,
                scenario_.broker.password};
    if (!scenario_.broker.tls) return true;
    auto tls = read_tls_files(*scenario_.broker.tls, scenario_.broker.host);
    if (!tls) return Failure{tls.error()};
    address_.tls = std::move(*tls);
    return true;
  }
  auto port = broker_.start(scenario_.broker.config, options_.broker_log);
  if (!port) return Failure{port.error()};
  address_ = {"127.0.0.1", *port, scenario_.broker.username, scenario_.broker.password};
  return true;
}

Result<LiveSetting, std::string> LiveRun::prepare() {
  auto limit = ensure_descriptors(descriptors_needed(scenario_));
  if (!limit) return Failure{limit.error()};
  setting_.descriptors_max = *limit;
  if (auto chosen = choose_fidelity(scenario_, setting_); !chosen) return Failure{chosen.error()};
  if (auto found = find_broker(); !found) return Failure{found.error()};
  if (scenario_.broker.publishes_wills) {
    if (auto checked = check_wills(address_, id_); !checked) return Failure{checked.error()};
  }
  setting_.address = fmt::format("{}:{}", address_.host, address_.port);
  if (scenario_.broker.managed) setting_.broker = broker_.version();
  if (setting_.broker.empty()) setting_.broker = ask_version(address_, id_);
  choose_profile(scenario_, setting_);
  if (tidies_up()) before_ = look_at_retained(address_, scenario_, id_);
  return setting_;
}

void LiveRun::keep_broker(BrokerKeeper& keeper, Engine& engine, LiveEnding& ending) {
  if (!scenario_.broker.managed || ending.broker_lost) return;
  BrokerKeeper::News news = keeper.step();
  if (news.started) engine.broker_started(*news.started);
  if (news.lost.empty()) return;
  ending.broker_lost = true;
  engine.lose_broker(std::move(news.lost), news.how);
}

LiveEnding LiveRun::run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                        Audience& audience) {
  LiveEnding ending;
  const auto broker = resolve("broker", address_.host, address_.port);
  if (!broker) {
    ending.environment = broker.error();
    return ending;
  }
  JudgedLoop judged;
  BrokerOrders orders;
  BrokerKeeper keeper{broker_, orders};
  Engine engine{judged.loop(),
                scenario_,
                schedule,
                judged.feedback(),
                {*broker, address_.username, address_.password, id_, &orders, setting_.fidelity,
                 address_.tls}};
  const auto proxy = engine.listen();
  if (!proxy) {
    ending.environment = proxy.error();
    return ending;
  }
  audience.proxy_listens(fmt::format("{}:{}", proxy->address().to_string(), proxy->port()));
  judged.channel().write(judged.clock().now(), begin);
  engine.start();
  ending.signal = judged.run(engine, audience, [&] { keep_broker(keeper, engine, ending); });
  ending.environment = engine.start_failure();
  if (tidies_up() && ending.environment.empty()) {
    ending.tidied = clear_state(address_, scenario_, id_, before_);
  }
  broker_.stop();
  return ending;
}

}  // namespace probate::live
