// A whole run of a stand-alone proxy: one loop on a thread of its own, and the judge's end on this
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/live/judged_loop.hpp"
#include "sim/live/live_run.hpp"
#include "sim/live/stand_alone.hpp"

namespace probate::live {

struct FrontOptions {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;
  std::string upstream_host{};
  std::uint16_t upstream_port = 1883;
  bool expects_header = false;  // see proxy::Front
  std::optional<proxy::HeaderVersion> sends_header{};
  // Files are PEM.
  struct DevicesTls {
    std::string certificate;
    std::string key;
    std::string client_ca{};
  };
  std::optional<DevicesTls> devices_tls{};
  std::optional<scenario::BrokerTls> broker_tls{};

  // HOST:PORT, as it was given.
  std::string upstream() const;
};

// What the files of a listener make of TLS; nothing where it has none. The error is a sentence.
Result<FrontTls, std::string> read_tls_files(const FrontOptions& front);

struct ProxyOptions {
  std::vector<FrontOptions> fronts;  // at least one
  Duration drain = 10s;
  bool observes = false;
  // Where observers reach the broker, if not at the first listener's upstream; "": there.
  std::string observe_host{};
  std::uint16_t observe_port = 0;
  bool is_controlled = false;  // see StandAloneConfig
  bool is_read_again = false;  // see StandAloneConfig
  bool is_journalled = true;   // false: nobody needs the records, and the audience gets none
};

struct ProxyEnding {
  int signal = 0;  // what ended it, or its phases early: 0, SIGINT, SIGTERM or SIGHUP
  std::vector<std::uint32_t> devices;  // that appeared, by GroupId
  std::uint64_t untracked = 0;         // CONNECTs of more than there are places for
};

// Threads: the main thread, with signals blocked.
class ProxyRun {
 public:
  // Lifetime: the scenario, which is one of real devices, outlives it.
  ProxyRun(const scenario::Scenario& scenario, ProxyOptions options);

  // Addresses, broker, self-test, the listener. The error is a sentence: exit 6. A broker that does
  // not answer is none: FrontState::unreachable says why.
  Result<LiveSetting, std::string> prepare(const scenario::Schedule& schedule);
  // After prepare() has failed: for what the command line says, an upstream that is a listener.
  bool leads_to_itself() const { return leads_to_itself_; }
  // CONNECTs of devices that found no place, so far.
  std::uint64_t untracked(GroupId group) const { return engine_->untracked(group); }
  // See StandAlone.
  std::string first_refusal(std::uint16_t front, journal::Refused why) const {
    return engine_->first_refusal(front, why);
  }
  // After prepare().
  struct FrontState {
    std::string listen;       // where devices connect
    std::string upstream;     // the broker
    std::string unreachable;  // why that does not answer; "": it does
  };
  const std::vector<FrontState>& fronts() const { return fronts_; }
  // After prepare(). From any thread, as long as this lives.
  void ask(std::function<void(Controlled&)> task) { engine_->ask(std::move(task)); }
  // Once, after prepare(). `begin` is the first record.
  ProxyEnding run(const journal::RunBegan& begin, Audience& audience);

 private:
  static constexpr Duration kReachWait = 2s;  // for all brokers together

  Result<std::vector<proxy::Front>, std::string> find_fronts();
  Result<bool, std::string> find_observers(StandAloneConfig& config);
  // That no upstream is one of ours, where every connection would make another one.
  Result<bool, std::string> leave_itself_alone(const std::vector<proxy::Front>& fronts,
                                               const proxy::Proxy::Endpoints& bound);
  void knock(const std::vector<proxy::Front>& fronts);
  Result<bool, std::string> ask_broker(LiveSetting& setting, const BrokersTls& tls);

  const scenario::Scenario& scenario_;
  ProxyOptions options_;
  std::string id_;
  std::vector<FrontState> fronts_;
  bool leads_to_itself_ = false;
  JudgedLoop judged_;
  std::unique_ptr<StandAlone> engine_;
};

}  // namespace probate::live
