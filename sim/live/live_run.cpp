#include "sim/live/live_run.hpp"

#include <atomic>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include "sim/live/broker_check.hpp"
#include "sim/live/preflight.hpp"

namespace probate::live {
namespace {

constexpr int kIntervalsPerTick = 10;

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

// Distinguishes runs that share a broker; the clock and the pid are enough for that.
std::string make_run_id() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ticks = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("{:x}-{:x}", ::getpid(), ticks);
}

Result<boost::asio::ip::tcp::endpoint, std::string> resolve(const BrokerAddress& address) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::resolver resolver{io};
  boost::system::error_code error;
  const auto found = resolver.resolve(address.host, fmt::format("{}", address.port), error);
  if (error || found.empty()) {
    return Failure{fmt::format("cannot resolve the broker {}: {}", address.host, error.message())};
  }
  return found.begin()->endpoint();
}

}  // namespace

void block_signals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int pending_signal() {
  sigset_t pending;
  ::sigpending(&pending);
  if (::sigismember(&pending, SIGINT) == 1) return SIGINT;
  return ::sigismember(&pending, SIGTERM) == 1 ? SIGTERM : 0;
}

bool wait_for_signal(const std::stop_token& over) {
  const sigset_t set = stop_signals();
  const timespec interval{0, Duration{50ms}.count()};
  while (!over.stop_requested()) {
    if (::sigtimedwait(&set, nullptr, &interval) > 0) return true;
  }
  return false;
}

LiveRun::LiveRun(const scenario::Scenario& scenario, LiveOptions options)
    : scenario_{scenario}, options_{std::move(options)}, id_{make_run_id()} {}

LiveRun::~LiveRun() = default;

Result<bool, std::string> LiveRun::find_broker() {
  if (!scenario_.broker.managed) {
    address_ = {scenario_.broker.host, scenario_.broker.port, scenario_.broker.username,
                scenario_.broker.password};
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
  if (auto found = find_broker(); !found) return Failure{found.error()};
  if (scenario_.broker.publishes_wills) {
    if (auto checked = check_wills(address_, id_); !checked) return Failure{checked.error()};
  }
  setting_.address = fmt::format("{}:{}", address_.host, address_.port);
  setting_.broker = ask_version(address_, id_);
  choose_profile();
  return setting_;
}

void LiveRun::choose_profile() {
  setting_.profile = scenario_.broker.profile;
  setting_.profile_reason = "named by the scenario";
  if (!setting_.profile.empty()) return;
  setting_.profile = profile_for(setting_.broker);
  setting_.profile_reason = "detected from its version";
  if (!setting_.profile.empty()) return;
  setting_.profile = specification_for(scenario_);
  setting_.profile_reason = setting_.broker.empty() ? "the broker does not tell its version"
                                                    : "no profile is known for that version";
}

void LiveRun::handle_signal(int signal, Engine& engine, LiveEnding& ending) {
  if (signal != SIGINT && signal != SIGTERM) return;
  if (ending.signal != 0) return engine.stop_now();
  ending.signal = signal;
  engine.abort(signal == SIGINT ? "SIGINT" : "SIGTERM");
}

void LiveRun::watch_child(Engine& engine, LiveEnding& ending) {
  if (!scenario_.broker.managed || ending.broker_lost || broker_.running()) return;
  ending.broker_lost = true;
  engine.lose_broker(
      fmt::format("the managed mosquitto {}", broker_.how_it_ended()),
      broker_.ended_orderly() ? journal::BrokerEnd::shutdown : journal::BrokerEnd::crash);
}

void LiveRun::obey(const Audience& audience, Engine& engine) {
  if (obeyed_) return;
  std::string reason = audience.ending();
  if (reason.empty()) return;
  obeyed_ = true;
  engine.abort(std::move(reason));
}

LiveEnding LiveRun::run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                        Audience& audience) {
  LiveEnding ending;
  const auto broker = resolve(address_);
  if (!broker) {
    ending.environment = broker.error();
    return ending;
  }
  const proxy::RunClock clock;
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  proxy::Loop loop{clock, channel};
  CounterBoard board;
  Pulse pulse{loop, channel, board};
  Feedback feedback;
  Engine engine{
      loop, scenario_, schedule, feedback, {*broker, address_.username, address_.password, id_}};
  const auto proxy = engine.listen();
  if (!proxy) {
    ending.environment = proxy.error();
    return ending;
  }
  audience.proxy_listens(fmt::format("{}:{}", proxy->address().to_string(), proxy->port()));
  channel.write(clock.now(), begin);
  pulse.start();
  engine.start();

  std::atomic<bool> over{false};
  std::thread thread{[&] {
    loop.run();
    pulse.finish();
    over.store(true, std::memory_order_release);
  }};
  const sigset_t signals = stop_signals();
  const timespec interval{0, kJudgeInterval.count()};
  for (int turn = 1;; ++turn) {
    handle_signal(::sigtimedwait(&signals, nullptr, &interval), engine, ending);
    // Asked first: what was written before the loop ended is then surely taken below.
    const bool last = over.load(std::memory_order_acquire);
    const RecordMerge::Batch batch = merge.take();
    feedback.publish(batch.complete_until, audience.judge(batch.records, batch.complete_until));
    obey(audience, engine);
    if (turn % kIntervalsPerTick == 0 || last) audience.tick(clock.now(), board.get());
    if (last) break;
    if (turn % kIntervalsPerTick == 0) watch_child(engine, ending);
  }
  thread.join();
  ending.environment = engine.start_failure();
  if (!scenario_.broker.managed && !options_.keep_state && ending.environment.empty()) {
    ending.left_behind = clear_state(address_, scenario_);
  }
  broker_.stop();
  return ending;
}

}  // namespace probate::live
