// One loop of a proxy in front of real devices: links, faults, observers, taken through the phases
// of a scenario if there is one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/scenario/schedule.hpp"
#include "proxy/proxy.hpp"
#include "sim/live/audience.hpp"
#include "sim/live/controlled.hpp"
#include "sim/live/fault_driver.hpp"
#include "sim/live/fault_plan.hpp"
#include "sim/live/feedback.hpp"
#include "sim/live/hand_faults.hpp"
#include "sim/live/observer_client.hpp"
#include "sim/live/phase_runner.hpp"
#include "sim/live/poller.hpp"
#include "sim/live/roster.hpp"
#include "sim/live/will_book.hpp"

namespace probate::live {

struct StandAloneConfig {
  std::vector<proxy::Front> fronts;
  boost::asio::ip::tcp::endpoint observers_at;  // their broker
  BrokersTls observers_tls{};                   // with it; the first front's, if that is where
  Duration drain{};                             // how long links have to end by themselves
  bool has_phases = false;  // the last one ends it; without, a signal is its planned end
  bool observes = false;
  bool is_controlled = false;                          // faults can be made by hand
  bool is_read_again = false;                          // another scenario can come while it runs
  fault::Fidelity fidelity = fault::Fidelity::stream;  // of silences
  std::string silence_trouble{};  // why no fault that comes later can silence segments, or ""
  std::string username{};         // of the observers
  std::string password{};
  std::string run_id{};
};

// Devices are known by the ClientID of their CONNECT. The listener accepts at once, or, with
// observers, once both are up or the broker does not answer them; then nothing is trusted until
// they are. A device can be told nothing: where a fault would tell it, its leg gets RST.
//
//   binding → accepting → draining → over
//
// Threads: its loop's, but for abort(), stop_now() and ask().
class StandAlone final : public Stoppable,
                         private proxy::Owner,
                         private PhaseRunner::Host,
                         private FaultDriver::Host,
                         private HandFaults::Host,
                         private FaultPlan::Host,
                         private Controlled {
 public:
  // The observers have this long before the first device is let in.
  static constexpr Duration kObserverWait = 3s;

  // Lifetime: everything outlives it.
  StandAlone(proxy::Loop& loop, const scenario::Scenario& scenario,
             const scenario::Schedule& schedule, const Feedback& feedback, StandAloneConfig config);
  ~StandAlone() override;

  // Before the loop runs. The error is a sentence.
  Result<proxy::Proxy::Endpoints, std::string> bind();
  // Before the loop runs; everything else follows by itself, until the loop stops.
  void start();

  void abort(std::string reason) override;
  void stop_now() override;
  // Without phases a signal is the end that was meant.
  std::string reason() const override { return is_planned_ ? std::string{} : ended_by_; }
  std::string ended_by() const override { return ended_by_; }

  // Gets a task of the control API to the loop. From any thread; never done once that has ended.
  void ask(std::function<void(Controlled&)> task);

  // CONNECTs of devices that found no place. From any thread.
  std::uint64_t untracked(GroupId group) const {
    return untracked_[group.index()].load(std::memory_order_relaxed);
  }
  std::uint64_t untracked() const;
  // In whose words a connection was refused first there for that reason, "" for none. From any
  // thread.
  std::string first_refusal(std::uint16_t front, journal::Refused why) const;
  // After the loop has stopped.
  const Roster& roster() const { return roster_; }

 private:
  // proxy::Owner
  DeviceId device_at(const boost::asio::ip::tcp::endpoint&) const override { return kNoDevice; }
  Epoch epoch_of(DeviceId) const override { return 0; }
  proxy::Identity identify(Instant now, const mqtt::Connect& connect,
                           const proxy::Origin& from) override;
  proxy::Identity identify_stream(Instant now, const proxy::Origin& from) override;
  void stream_over(Instant now, DeviceId device) override;
  void refused(std::uint16_t front, journal::Refused why, std::string_view detail) override;
  fault::Admission admit(Instant now, DeviceId device) override;
  void connect_kept(Instant now, FaultId fault, DeviceId device) override;
  fault::Treatment treat(Instant now, DeviceId device, const fault::PacketFacts& packet) override;
  proxy::SourceOf source_of(DeviceId device) const override;
  void session_up(Instant now, DeviceId device) override;
  void link_down(Instant now, DeviceId device) override;
  void link_idle(Instant now, FaultId fault, DeviceId device) override;
  void twin_closed(Instant, DeviceId) override {}

  // PhaseRunner::Host
  void phase_began(Instant now, PhaseId phase) override;
  void phase_ended(Instant now, PhaseId phase, bool timed_out) override;
  void connect_device(DeviceId, Instant) override {}  // they come by themselves
  void fire(Instant now, const scenario::Firing& firing) override;
  double online_share() const override { return 0; }
  void heal(Instant now) override;
  bool settled(Instant since) override;
  void phases_over(Instant now) override;

  // FaultDriver::Host
  void obey_device(Instant now, const fault::Act& act) override;
  void obey_broker(Instant now, const fault::Act& act) override;
  void latency_ended(Instant, DeviceId) override {}  // a real link has none of ours

  // HandFaults::Host
  std::string strike(Instant now, FaultId id, DeviceId device, HandFaults::Met how,
                     const fault::Draws& draws) override;

  // FaultPlan::Host
  void fire_fault(Instant now, FaultId id, const fault::FaultSpec& fault,
                  std::uint32_t ordinal) override;

  // Controlled
  Result<FaultFacts, Refusal> add_fault(const HandOrder& order) override;
  std::optional<FaultFacts> heal_fault(std::uint64_t number) override;
  std::vector<FaultFacts> heal_faults() override;
  std::vector<FaultFacts> faults() override;
  Result<ReloadFacts, Refusal> reload(const Reload& reload) override;
  Result<bool, std::string> shut_listener(const std::string& listen) override;
  Result<bool, std::string> reopen_listener(const std::string& listen) override;
  LinkPage links(const LinkQuery& query) const override;
  std::vector<ListenerFacts> listeners() const override;

  // Where this machine cannot do what one of them needs.
  std::optional<Refusal> refuse_segments(std::span<const fault::FaultSpec> faults) const;
  void make_observers();
  void await_observers(Instant now);
  void doubt_observers(Instant now);
  void let_in();
  void follow_will(DeviceId device, const mqtt::Connect& connect);
  void count_states(GroupId group);
  const std::string& group_name_of(DeviceId device) const;
  void begin_drain(Instant now);
  void drain_some(Instant now);
  void end(Instant now);

  proxy::Loop& loop_;
  const scenario::Scenario& scenario_;
  const Feedback& feedback_;
  StandAloneConfig config_;
  std::uint64_t without_place() const;
  std::optional<std::uint16_t> front_at(const std::string& listen) const;
  struct Place {
    std::string listen;        // HOST:PORT
    std::uint32_t broker = 0;  // fronts with the same upstream have the same
  };
  std::vector<Place> places_;  // by front
  Roster roster_;
  WillBook wills_;
  proxy::Proxy proxy_;
  FaultDriver faults_;
  FaultIds ids_;
  HandFaults by_hand_;
  FaultPlan plan_;
  std::unique_ptr<SharedBuffers> buffers_;
  std::unique_ptr<ObserverClient> backend_;
  std::unique_ptr<ObserverClient> control_;
  PhaseRunner phases_;
  Poller observers_poller_;
  Poller drain_poller_;
  Instant started_{};
  Instant drain_began_{};
  std::vector<std::atomic<std::uint64_t>> untracked_;  // by GroupId
  mutable std::mutex refusals_mutex_;
  std::map<std::pair<std::uint16_t, journal::Refused>, std::string> refusals_;  // the first of each
  std::string ended_by_;                                                        // see Stoppable
  bool is_planned_ = false;
  bool accepting_ = false;
  bool draining_ = false;
  bool over_ = false;
};

}  // namespace probate::live
