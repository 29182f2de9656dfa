// One loop of a live run: devices, proxy, faults and observers, taken through the scenario.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/scenario/recognizer.hpp"
#include "core/scenario/schedule.hpp"
#include "proxy/proxy.hpp"
#include "sim/live/audience.hpp"
#include "sim/live/broker_keeper.hpp"
#include "sim/live/fault_driver.hpp"
#include "sim/live/feedback.hpp"
#include "sim/live/live_device.hpp"
#include "sim/live/observer_client.hpp"
#include "sim/live/phase_runner.hpp"
#include "sim/live/poller.hpp"

namespace probate::live {

struct EngineConfig {
  boost::asio::ip::tcp::endpoint broker;
  std::string username;  // of the observers
  std::string password;
  std::string run_id;
  BrokerOrders* orders = nullptr;                      // who ends and starts the managed broker
  fault::Fidelity fidelity = fault::Fidelity::stream;  // of the proxy's silences
  BrokersTls tls{};                                    // of devices and observers with the broker
};

// Observers first; once both are up the phases run; then the drain: nothing is judged any more,
// every device leaves cleanly, what is left is closed, the loop stops.
//
// Threads: its loop's, but for the three orders at the end, which any thread may give.
class Engine final : public Stoppable,
                     private proxy::Owner,
                     private PhaseRunner::Host,
                     private FaultDriver::Host {
 public:
  static constexpr Duration kObserverWait = 10s;
  static constexpr Duration kDrainMax = 10s;
  static constexpr std::size_t kFinishedPerTurn = 50;
  static constexpr Duration kDrainTurn = 5ms;
  // Failed dials of the judged observer in a row that mean: the broker is gone.
  static constexpr std::uint32_t kBrokerGoneFailures = 6;

  // Lifetime: everything outlives it.
  Engine(proxy::Loop& loop, const scenario::Scenario& scenario, const scenario::Schedule& schedule,
         const Feedback& feedback, EngineConfig config);
  ~Engine() override;

  // Binds the proxy. Before the loop runs.
  Result<boost::asio::ip::tcp::endpoint, std::string> listen();
  // Before the loop runs; everything else follows by itself, until the loop stops.
  void start();

  // Why the run could not begin ("" if it did): the observers did not come up.
  const std::string& start_failure() const { return start_failure_; }

  void abort(std::string reason) override;
  // From any thread. The broker is gone: BrokerLost, then as abort().
  void lose_broker(std::string cause, journal::BrokerEnd how = journal::BrokerEnd::unknown);
  // From any thread. A fault had ended it, and it answers again.
  void broker_started(FaultId fault);
  void stop_now() override;
  std::string reason() const override { return reason_; }

  // Tests reach in.
  ObserverClient& backend() { return *backend_; }
  ObserverClient& control() { return *control_; }

 private:
  // proxy::Owner
  DeviceId device_at(const boost::asio::ip::tcp::endpoint& peer) const override;
  Epoch epoch_of(DeviceId device) const override;
  fault::Admission admit(Instant now, DeviceId device) override;
  void connect_kept(Instant now, FaultId fault, DeviceId device) override;
  fault::Treatment treat(Instant now, DeviceId device, const fault::PacketFacts& packet) override;
  proxy::SourceOf source_of(DeviceId device) const override;
  void session_up(Instant now, DeviceId device) override;
  void link_down(Instant now, DeviceId device) override;
  void link_idle(Instant now, FaultId fault, DeviceId device) override;
  void twin_closed(Instant now, DeviceId device) override;

  // PhaseRunner::Host
  void phase_began(Instant now, PhaseId phase) override;
  void phase_ended(Instant now, PhaseId phase, bool timed_out) override;
  void connect_device(DeviceId device, Instant intended) override;
  void fire(Instant now, const scenario::Firing& firing) override;
  double online_share() const override;
  void heal(Instant now) override;
  bool settled(Instant since) override;
  void phases_over(Instant now) override;

  // FaultDriver::Host
  void obey_device(Instant now, const fault::Act& act) override;
  void obey_broker(Instant now, const fault::Act& act) override;
  void latency_ended(Instant now, DeviceId device) override;

  void make_devices();
  void make_observers();
  void await_observers(Instant now);
  void watch_broker(Instant now);
  void start_downlinks();
  void poll_devices(std::size_t spec);
  // `later`: how much longer it lasts for this member of a ramp.
  void strike(Instant now, const scenario::Firing& firing, DeviceId device, Duration later);
  void strike_broker(Instant now, const scenario::Firing& firing);
  void begin_drain(Instant now);
  void drain_some(Instant now);
  void end(Instant now);
  void apply_link_latency(Instant now, DeviceId device);

  proxy::Loop& loop_;
  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  const Feedback& feedback_;
  EngineConfig config_;
  std::unique_ptr<SharedBuffers> buffers_;
  scenario::Recognizer recognizer_;
  proxy::Proxy proxy_;
  FaultDriver faults_;
  DeviceHost host_;
  std::vector<std::unique_ptr<LiveDevice>> devices_;
  std::unique_ptr<ObserverClient> backend_;
  std::unique_ptr<ObserverClient> control_;
  PhaseRunner phases_;
  std::vector<std::size_t> downlink_next_;  // the device each downlink spec polls next
  std::vector<std::unique_ptr<Poller>> downlinks_;
  Poller observers_poller_;
  Poller drain_poller_;
  bool broker_down_ = false;  // ended by a fault, and not answering yet
  Instant started_{};
  Instant drain_began_{};
  std::size_t finished_ = 0;  // devices told to finish
  std::string reason_;        // why the run ended early
  std::string start_failure_;
  bool running_ = false;
  bool draining_ = false;
};

}  // namespace probate::live
