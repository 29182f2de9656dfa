// A virtual run: devices, network, broker model, faults and observers, taken through the scenario.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/slab.hpp"
#include "core/fault/pipeline.hpp"
#include "core/scenario/phase_machine.hpp"
#include "core/scenario/recognizer.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/virtual/observer.hpp"
#include "sim/virtual/skip_rules.hpp"
#include "sim/virtual/virtual_device.hpp"

namespace probate::virtual_time {

// Observers first; once both are up the phases run; then the drain: nothing is judged any more,
// every device leaves cleanly, what is left is closed, the loop stops. The same order, the same
// waits and the same records as live::Engine.
class Engine final : private NetworkOwner, private scenario::PhaseMachine::Host, private Outlook {
 public:
  static constexpr Duration kObserverWait = 10s;
  static constexpr Duration kObserverPoll = 20ms;
  static constexpr Duration kDrainMax = 10s;
  static constexpr std::size_t kFinishedPerTurn = 50;
  static constexpr Duration kDrainTurn = 5ms;

  // Has everything judged that was written so far; returns the obligations that are open then.
  using Judge = std::function<std::uint64_t(Instant now)>;

  // Lifetime: everything outlives it.
  Engine(Loop& loop, const scenario::Scenario& scenario, const scenario::Schedule& schedule,
         BrokerHostConfig broker, Judge judge);
  // Steady traffic that nobody needs to see is skipped. Before start().
  void skip_steady_traffic();
  ~Engine();

  // Before the loop runs; everything else follows by itself, until the loop stops.
  void start();
  // Heals, drains, ends with that reason ("SIGINT"); the first one counts.
  void abort(std::string reason);
  // How often a device skipped its steady traffic.
  std::uint64_t naps() const { return host_.naps; }
  // Why the run could not begin ("" if it did): the observers did not come up.
  const std::string& start_failure() const { return start_failure_; }

 private:
  // NetworkOwner
  fault::Admission admit(Instant now, DeviceId device) override;
  void connect_kept(Instant now, FaultId fault, DeviceId device) override;
  fault::Treatment treat(Instant now, DeviceId device, const fault::PacketFacts& packet) override;
  bool is_struck(DeviceId device) const override { return pipeline_.holds(device); }
  void session_up(Instant now, DeviceId device) override;
  void link_down(Instant now, DeviceId device) override;
  void link_idle(Instant now, FaultId fault, DeviceId device) override;
  DeviceEnd& end_of(DeviceId device) override { return devices_[device.index()].end(); }

  // PhaseMachine::Host
  void phase_began(Instant now, PhaseId phase) override;
  void phase_ended(Instant now, PhaseId phase, bool timed_out) override;
  void connect_device(DeviceId device, Instant intended) override;
  void fire(Instant now, const scenario::Firing& firing) override;
  double online_share() const override;
  void heal(Instant now) override;
  bool settled(Instant since) override;
  void phases_over(Instant now) override;

  // Outlook
  std::optional<Instant> quiet_until(DeviceId device, Instant awake_since) override;
  bool tells_of_rests() const override { return skip_rules_.silence_max.has_value(); }
  void prefetch(DeviceId device, Fetch what) const override;
  std::optional<Instant> heard_until(DeviceId device, Instant awake_since, Instant until) const;
  // The next fault that may hit the device, or the end of the phase.
  Instant next_planned(DeviceId device, Instant now) const;
  // When the back end next publishes to the device.
  Instant next_downlink(DeviceId device) const;
  void plan_phase(Instant now, PhaseId phase);
  // Calls visit(device, firing) of each firing of the phase and each device that it may hit, in the
  // order of time. `chosen`: whom the firings chose that are not one device's own; empty the first
  // time.
  template <typename Visit>
  void for_each_planned(std::vector<std::vector<DeviceId>>& chosen, Visit visit) const;

  void make_devices();
  void make_observers();
  void await_observers(Instant now);
  void phase_due(Instant now);
  void start_downlinks();
  // Those that fire soon meet devices that nobody has looked at for long.
  void prefetch_behind(const scenario::Firing& firing) const;
  // `later`: how much longer it lasts for this member of a ramp.
  void strike(Instant now, const scenario::Firing& firing, DeviceId device, Duration later);
  void strike_broker(Instant now, const scenario::Firing& firing);
  // Performs the acts in order; acts that arise meanwhile follow behind them.
  void obey(const fault::Acts& acts);
  // The same without a look at the pipeline's time. False: what is under way performs them.
  bool perform(const fault::Acts& acts);
  void arm_pipeline();
  void obey(const fault::Act& act);
  void pipeline_due(Instant now);
  void apply_link_latency(DeviceId device);
  void begin_drain(Instant now);
  void drain_some(Instant now);
  void end();

  class Downlink;
  struct Performer;

  Loop& loop_;
  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  Judge judge_;
  scenario::Recognizer recognizer_;
  fault::Pipeline pipeline_;
  BrokerHost broker_;
  Network network_;
  DeviceHost host_;
  Slab<VirtualDevice> devices_;
  std::unique_ptr<Observer> backend_;
  std::unique_ptr<Observer> control_;
  scenario::PhaseMachine phases_;
  std::vector<std::unique_ptr<Downlink>> downlinks_;
  MemberTimer<Engine, &Engine::await_observers> observers_timer_;
  MemberTimer<Engine, &Engine::phase_due> phase_timer_;
  MemberTimer<Engine, &Engine::pipeline_due> pipeline_timer_;
  MemberTimer<Engine, &Engine::drain_some> drain_timer_;
  fault::Acts queue_;  // acts under way
  std::size_t queue_done_ = 0;
  bool obeying_ = false;
  Duration quiet_{};     // how long nothing must have been open for the run to have settled
  Instant last_open_{};  // when something last was
  Instant drain_began_{};
  std::size_t finished_ = 0;  // devices told to finish
  std::string reason_;        // why the run ended early
  std::string start_failure_;
  bool draining_ = false;
  bool skips_ = false;
  // Which faults fire on which device in the phase under way, each device's in order, and when it
  // began and ends. Nothing is planned in a phase that a condition ends.
  const std::vector<scenario::Firing>* firings_ = nullptr;
  std::vector<std::uint32_t> planned_;         // of firings_, one device's after another's
  std::vector<std::uint32_t> planned_before_;  // by device: where its part begins; and the end
  Instant phase_began_{};
  Instant phase_ends_{};
  SkipRules skip_rules_;
};

}  // namespace probate::virtual_time
