#include "core/fault/pipeline.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/base/check.hpp"
#include "core/fault/case.hpp"

namespace probate::fault {

Instant end_of(Instant now, const Draws& draws) {
  return draws.lasts ? saturating_add(now, *draws.lasts) : kNever;
}

// Every fault word stands in `What`; its file is named after it and defines start(). Adding one is
// a new alternative there, a new declaration in case.hpp and a new file.
struct Pipeline::State {
  struct Running;
  using ByNumber = std::map<std::uint64_t, Running*>;
  struct Running {
    ByNumber::iterator place;  // under its number, which is the order of striking
    FaultId fault;
    DeviceId device;
    std::unique_ptr<Case> made;
    Instant queued_for = kNever;

    std::uint64_t number() const { return place->first; }
  };
  using Cases = std::vector<std::unique_ptr<Running>>;

  const std::vector<FaultSpec>& faults;
  std::map<FaultId, FaultSpec> added;
  std::unordered_map<DeviceId, Cases> by_device;                // asked for one, never walked
  std::map<std::pair<Instant, std::uint64_t>, Running*> queue;  // by (when, number)
  ByNumber by_number;
  std::vector<std::uint64_t> active;
  std::uint64_t struck = 0;
  // Members of a ramp that wait for their turn to heal.
  std::map<std::uint64_t, Instant> healing;

  explicit State(const std::vector<FaultSpec>& specs) : faults{specs}, active(specs.size()) {}

  const FaultSpec& spec_of(FaultId fault) const {
    return fault.index() < faults.size() ? faults[fault.index()] : added.at(fault);
  }

  void requeue(Running& running, Instant due) {
    if (running.queued_for == due) return;
    if (running.queued_for != kNever) queue.erase({running.queued_for, running.number()});
    if (due != kNever) queue.emplace(std::pair{due, running.number()}, &running);
    running.queued_for = due;
  }

  Instant due_of(const Running& running) const {
    if (healing.empty()) return running.made->next_timeout();
    const auto healed_at = healing.find(running.number());
    const Instant heals = healed_at == healing.end() ? kNever : healed_at->second;
    return std::min(running.made->next_timeout(), heals);
  }

  // After any call of a case: out of the books if it is over.
  void settle(Running& running, Acts& out) {
    if (!running.made->over()) return requeue(running, due_of(running));
    requeue(running, kNever);
    healing.erase(running.number());
    by_number.erase(running.place);
    --active[running.fault.index()];
    out.push_back({running.fault, running.device, Healed{}});
    const auto cases = by_device.find(running.device);
    std::erase_if(cases->second, [&](const auto& other) { return other.get() == &running; });
    if (cases->second.empty()) by_device.erase(cases);
  }

  // Calls every case of the device, oldest first.
  template <typename Call>
  void each(DeviceId device, Acts& out, Call call) {
    const auto cases = by_device.find(device);
    if (cases == by_device.end()) return;
    std::vector<Running*> all;
    for (const auto& running : cases->second) all.push_back(running.get());
    for (Running* running : all) {
      Emit emit{running->fault, running->device, out};
      call(*running->made, emit);
      settle(*running, out);
    }
  }
};

Pipeline::Pipeline(const std::vector<FaultSpec>& faults)
    : state_{std::make_unique<State>(faults)} {}
Pipeline::~Pipeline() = default;

void Pipeline::add(FaultId fault, FaultSpec spec) {
  CHECK(fault.index() >= state_->faults.size() && fault != kNoFault);
  if (fault.index() >= state_->active.size()) state_->active.resize(fault.index() + 1);
  state_->added.insert_or_assign(fault, std::move(spec));
}

void Pipeline::remove(Instant now, FaultId fault, Acts& out) {
  std::vector<State::Running*> members;
  for (const auto& [number, running] : state_->by_number) {
    if (running->fault == fault) members.push_back(running);
  }
  for (State::Running* running : members) {
    Emit emit{running->fault, running->device, out};
    running->made->heal(now, emit);
    state_->settle(*running, out);
  }
  state_->added.erase(fault);
}

void Pipeline::release(Instant now, DeviceId device, FaultId fault, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) {
    if (fault == kNoFault || emit.fault() == fault) c.heal(now, emit);
  });
}

void Pipeline::fire(Instant now, const Strike& strike, Acts& out) {
  const FaultId fault = strike.fault;
  const DeviceId device = strike.device;
  const FaultSpec& spec = state_->spec_of(fault);
  // One case of a fault at a time: a repeated firing on a device that it still holds is skipped.
  if (const auto cases = state_->by_device.find(device); cases != state_->by_device.end()) {
    for (const auto& running : cases->second) {
      if (running->fault != fault) continue;
      out.push_back({fault, device, Skipped{"still_active"}});
      return;
    }
  }
  DeviceView seen = strike.view;
  seen.chosen_by_source = spec.on.source.has_value();
  Start begun =
      std::visit([&](const auto& what) { return start(what, seen, strike.draws); }, spec.what);
  if (!begun.made) {
    out.push_back({fault, device, Skipped{std::move(begun.skipped)}});
    return;
  }
  out.push_back({fault, device, Applied{}});
  auto running = std::make_unique<State::Running>();
  running->fault = fault;
  running->device = device;
  running->made = std::move(begun.made);
  State::Running& made = *running;
  made.place = state_->by_number.emplace_hint(state_->by_number.end(), ++state_->struck, &made);
  state_->by_device[device].push_back(std::move(running));
  ++state_->active[fault.index()];
  Emit emit{fault, device, out};
  made.made->begin(now, emit);
  state_->settle(made, out);
}

Admission Pipeline::admit(Instant, DeviceId device) {
  const auto cases = state_->by_device.find(device);
  if (cases == state_->by_device.end()) return Admit{};
  Admission admission = Admit{};
  Duration delay{};
  for (const auto& running : cases->second) {
    switch (running->made->on_connect()) {
      case Case::OnConnect::nothing:
        break;
      case Case::OnConnect::delay:
        delay += running->made->connect_delay();
        if (!std::holds_alternative<HoldConnect>(admission)) {
          admission = DelayConnect{running->fault, delay};
        }
        break;
      case Case::OnConnect::hold:
        admission = HoldConnect{running->fault, running->made->ack()};
        break;
      case Case::OnConnect::refuse:
        return RefuseConnect{running->fault};
      case Case::OnConnect::answer:
        return AnswerConnect{running->fault, running->made->connack_reason()};
      case Case::OnConnect::swallow:
        return SwallowConnect{running->fault, running->made->takes_whole_source(),
                              running->made->hears_attempts()};
      case Case::OnConnect::redirect:
        return RedirectConnect{running->fault};
    }
  }
  return admission;
}

void Pipeline::handle_connect_kept(Instant now, FaultId fault, DeviceId device) {
  const auto cases = state_->by_device.find(device);
  if (cases == state_->by_device.end()) return;
  for (const auto& running : cases->second) {
    if (running->fault != fault) continue;
    running->made->handle_connect_kept(now);
    state_->requeue(*running, state_->due_of(*running));
  }
}

Treatment Pipeline::treat(Instant now, DeviceId device, const PacketFacts& packet) {
  const auto cases = state_->by_device.find(device);
  if (cases == state_->by_device.end()) return PassPacket{};
  for (const auto& running : cases->second) {
    const Treatment treatment = running->made->treat(now, running->fault, packet);
    if (std::holds_alternative<PassPacket>(treatment)) continue;
    state_->requeue(*running, state_->due_of(*running));
    return treatment;
  }
  return PassPacket{};
}

void Pipeline::handle_session_up(Instant now, DeviceId device, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) { c.handle_session_up(now, emit); });
}

void Pipeline::handle_link_down(Instant now, DeviceId device, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) { c.handle_link_down(now, emit); });
}

void Pipeline::handle_link_idle(Instant now, FaultId fault, DeviceId device, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) {
    if (emit.fault() == fault) c.handle_link_idle(now, emit);
  });
}

void Pipeline::handle_timeout(Instant now, Acts& out) {
  while (!state_->queue.empty() && state_->queue.begin()->first.first <= now) {
    State::Running& running = *state_->queue.begin()->second;
    state_->requeue(running, kNever);
    Emit emit{running.fault, running.device, out};
    const auto healed_at = state_->healing.find(running.number());
    if (healed_at != state_->healing.end() && healed_at->second <= now) {
      running.made->heal(now, emit);
    } else {
      running.made->handle_timeout(now, emit);
    }
    state_->settle(running, out);
  }
}

std::optional<Instant> Pipeline::next_timeout() const {
  if (state_->queue.empty()) return std::nullopt;
  return state_->queue.begin()->first.first;
}

void Pipeline::heal_all(Instant now, Acts& out) {
  std::map<FaultId, std::vector<State::Running*>> members;
  for (const auto& [number, running] : state_->by_number)
    members[running->fault].push_back(running);
  for (const auto& [fault, running] : members) {
    const Duration ramp = state_->spec_of(fault).ramp.value_or(Duration{});
    const auto count = static_cast<std::int64_t>(running.size());
    for (std::int64_t i = 0; i < count; ++i) {
      State::Running& member = *running[static_cast<std::size_t>(i)];
      state_->healing[member.number()] = saturating_add(now, ramp * i / count);
      state_->requeue(member, state_->due_of(member));
    }
  }
  handle_timeout(now, out);
}

bool Pipeline::holds(DeviceId device) const { return state_->by_device.contains(device); }

std::vector<FaultId> Pipeline::faults_on(DeviceId device) const {
  std::vector<FaultId> faults;
  const auto cases = state_->by_device.find(device);
  if (cases == state_->by_device.end()) return faults;
  for (const auto& running : cases->second) faults.push_back(running->fault);
  return faults;
}

std::uint64_t Pipeline::active(FaultId fault) const { return state_->active[fault.index()]; }

}  // namespace probate::fault
