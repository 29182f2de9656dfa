#include "core/fault/pipeline.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/slab.hpp"
#include "core/fault/case.hpp"

namespace probate::fault {

Instant end_of(Instant now, const Draws& draws) {
  return draws.lasts ? saturating_add(now, *draws.lasts) : kNever;
}

// Every fault word stands in `What`; its file is named after it and defines start(). Adding one is
// a new alternative there, a new declaration in case.hpp and a new file.
struct Pipeline::State {
  static constexpr std::uint32_t kNone = 0xffffffff;
  // A fault on a device. With a million of them what is asked of every event lies together.
  struct Running {
    std::unique_ptr<Case> made;  // nullptr: the place is free
    Instant queued_for = kNever;
    std::uint32_t number = 0;  // the order of striking, as is_before() has it
    DeviceId device;
    std::uint32_t next = kNone;  // on the same device, struck later
    FaultId fault;
  };
  // Of those that are no more than 2^31 strikes apart.
  static bool is_before(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) < 0;
  }
  // Void once its case is queued for another time.
  struct Due {
    Instant at{};
    std::uint32_t number = 0;
    std::uint32_t place = kNone;

    bool operator>(const Due& other) const {
      if (at != other.at) return at > other.at;
      return is_before(other.number, number);
    }
  };

  const std::vector<FaultSpec>& faults;
  std::map<FaultId, FaultSpec> added;
  Slab<Running> all;
  std::vector<std::uint32_t> free;
  std::vector<std::uint32_t> first_of;  // by device
  std::uint32_t first_of_nobody = kNone;
  std::vector<Due> queue;  // a heap; its first is never void
  std::vector<std::uint64_t> active;
  std::uint32_t struck = 0;
  // Members of a ramp that wait for their turn to heal.
  std::map<std::uint32_t, Instant> healing;

  explicit State(const std::vector<FaultSpec>& specs) : faults{specs}, active(specs.size()) {}

  const FaultSpec& spec_of(FaultId fault) const {
    return fault.index() < faults.size() ? faults[fault.index()] : added.at(fault);
  }

  std::uint32_t first(DeviceId device) const {
    if (device == kNoDevice) return first_of_nobody;
    return device.index() < first_of.size() ? first_of[device.index()] : kNone;
  }
  std::uint32_t& first_place(DeviceId device) {
    if (device == kNoDevice) return first_of_nobody;
    if (device.index() >= first_of.size()) first_of.resize(device.index() + std::size_t{1}, kNone);
    return first_of[device.index()];
  }
  // Behind those that struck the device before.
  void append(DeviceId device, std::uint32_t added_place) {
    std::uint32_t* place = &first_place(device);
    while (*place != kNone) place = &all[*place].next;
    *place = added_place;
  }
  // Of each case of the device, oldest first, until visit(running, place) returns false.
  template <typename Visit>
  void visit(DeviceId device, Visit visit) {
    for (std::uint32_t place = first(device); place != kNone; place = all[place].next) {
      if (!visit(all[place], place)) return;
    }
  }

  std::uint32_t take_place() {
    if (free.empty()) {
      all.emplace_back();
      return static_cast<std::uint32_t>(all.size() - 1);
    }
    const std::uint32_t taken = free.back();
    free.pop_back();
    return taken;
  }
  void forget(Running& running) {
    std::uint32_t* place = &first_place(running.device);
    while (&all[*place] != &running) place = &all[*place].next;
    free.push_back(std::exchange(*place, running.next));
    running = {};
  }
  // In the order of striking.
  std::vector<std::uint32_t> standing() const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t place = 0; place < all.size(); ++place) {
      if (all[place].made) found.push_back(place);
    }
    std::sort(found.begin(), found.end(), [this](std::uint32_t a, std::uint32_t b) {
      return is_before(all[a].number, all[b].number);
    });
    return found;
  }

  bool is_void(const Due& due) const {
    const Running& running = all[due.place];
    return running.number != due.number || running.queued_for != due.at;
  }
  void requeue(Running& running, std::uint32_t place, Instant due) {
    if (running.queued_for == due) return;
    running.queued_for = due;
    if (due != kNever) {
      queue.push_back({due, running.number, place});
      std::push_heap(queue.begin(), queue.end(), std::greater{});
    }
    const std::size_t kept_max = 64 + 4 * (all.size() - free.size());
    if (queue.size() > kept_max) {
      std::erase_if(queue, [this](const Due& each) { return is_void(each); });
      std::make_heap(queue.begin(), queue.end(), std::greater{});
    }
    while (!queue.empty() && is_void(queue.front())) {
      std::pop_heap(queue.begin(), queue.end(), std::greater{});
      queue.pop_back();
    }
  }

  Instant due_of(const Running& running) const {
    if (healing.empty()) return running.made->next_timeout();
    const auto healed_at = healing.find(running.number);
    const Instant heals = healed_at == healing.end() ? kNever : healed_at->second;
    return std::min(running.made->next_timeout(), heals);
  }

  // After any call of a case: out of the books if it is over.
  void settle(std::uint32_t place, Acts& out) {
    Running& running = all[place];
    if (!running.made->over()) return requeue(running, place, due_of(running));
    requeue(running, place, kNever);
    healing.erase(running.number);
    --active[running.fault.index()];
    out.push_back({running.fault, running.device, Healed{}});
    forget(running);
  }

  // False: none is due.
  bool handle_first_due(Instant now, Acts& out) {
    if (queue.empty() || queue.front().at > now) return false;
    const std::uint32_t place = queue.front().place;
    Running& running = all[place];
    requeue(running, place, kNever);
    if (!queue.empty()) prefetch_one(all[queue.front().place]);
    Emit emit{running.fault, running.device, out};
    const auto healed_at = healing.find(running.number);
    if (healed_at != healing.end() && healed_at->second <= now) {
      running.made->heal(now, emit);
    } else {
      running.made->handle_timeout(now, emit);
    }
    settle(place, out);
    return true;
  }

  // Calls every case of the device, oldest first.
  template <typename Call>
  void each(DeviceId device, Acts& out, Call call) {
    for (std::uint32_t place = first(device); place != kNone;) {
      Running& running = all[place];
      const std::uint32_t next = running.next;
      Emit emit{running.fault, running.device, out};
      call(*running.made, emit);
      settle(place, out);
      place = next;
    }
  }
};

Pipeline::Pipeline(const std::vector<FaultSpec>& faults)
    : state_{std::make_unique<State>(faults)} {}
Pipeline::~Pipeline() = default;

void Pipeline::add(FaultId fault, FaultSpec spec) {
  CHECK(fault.index() >= state_->faults.size() && fault != kNoFault);
  if (fault.index() >= state_->active.size()) state_->active.resize(fault.index() + 1);
  const bool is_new = state_->added.try_emplace(fault, std::move(spec)).second;
  CHECK(is_new);
}

void Pipeline::remove(Instant now, FaultId fault, Acts& out) {
  for (const std::uint32_t place : state_->standing()) {
    const State::Running& running = state_->all[place];
    if (running.fault != fault) continue;
    Emit emit{running.fault, running.device, out};
    running.made->heal(now, emit);
    state_->settle(place, out);
  }
  state_->added.erase(fault);
}

void Pipeline::release(Instant now, DeviceId device, FaultId fault, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) {
    if (fault == kNoFault || emit.fault() == fault) c.heal(now, emit);
  });
}

void Pipeline::handle_version(Instant now, DeviceId device, mqtt::Version version, Acts& out) {
  state_->each(device, out, [&](Case& c, Emit& emit) {
    if (!can_be_said(state_->spec_of(emit.fault()).what, version)) c.heal(now, emit);
  });
}

void Pipeline::fire(Instant now, const Strike& strike, Acts& out) {
  const FaultId fault = strike.fault;
  const DeviceId device = strike.device;
  const FaultSpec& spec = state_->spec_of(fault);
  // One case of a fault at a time: a repeated firing on a device that it still holds is skipped.
  bool is_held = false;
  state_->visit(device, [&](const State::Running& running, std::uint32_t) {
    is_held = running.fault == fault;
    return !is_held;
  });
  if (is_held) {
    out.push_back({fault, device, Skipped{"still_active"}});
    return;
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
  const std::uint32_t place = state_->take_place();
  State::Running& made = state_->all[place];
  made.fault = fault;
  made.device = device;
  made.made = std::move(begun.made);
  made.number = ++state_->struck;
  state_->append(device, place);
  ++state_->active[fault.index()];
  Emit emit{fault, device, out};
  made.made->begin(now, emit);
  state_->settle(place, out);
}

namespace {

// True if what the case says about a CONNECT leaves nothing to the ones behind it.
bool admit_by(const Case& made, FaultId fault, Duration& delay, Admission& admission) {
  switch (made.on_connect()) {
    case Case::OnConnect::nothing:
      return false;
    case Case::OnConnect::delay:
      delay += made.connect_delay();
      if (!std::holds_alternative<HoldConnect>(admission)) admission = DelayConnect{fault, delay};
      return false;
    case Case::OnConnect::hold:
      admission = HoldConnect{fault, made.ack()};
      return false;
    case Case::OnConnect::refuse:
      admission = RefuseConnect{fault};
      return true;
    case Case::OnConnect::answer:
      admission = AnswerConnect{fault, made.connack_reason()};
      return true;
    case Case::OnConnect::swallow:
      admission = SwallowConnect{fault, made.takes_whole_source(), made.hears_attempts()};
      return true;
    case Case::OnConnect::redirect:
      admission = RedirectConnect{fault};
      return true;
  }
  return false;
}

}  // namespace

Admission Pipeline::admit(Instant, DeviceId device) {
  Admission admission = Admit{};
  Duration delay{};
  state_->visit(device, [&](const State::Running& running, std::uint32_t) {
    return !admit_by(*running.made, running.fault, delay, admission);
  });
  return admission;
}

void Pipeline::handle_connect_kept(Instant now, FaultId fault, DeviceId device) {
  state_->visit(device, [&](State::Running& running, std::uint32_t place) {
    if (running.fault != fault) return true;
    running.made->handle_connect_kept(now);
    state_->requeue(running, place, state_->due_of(running));
    return true;
  });
}

Treatment Pipeline::treat(Instant now, DeviceId device, const PacketFacts& packet) {
  Treatment treatment = PassPacket{};
  state_->visit(device, [&](State::Running& running, std::uint32_t place) {
    treatment = running.made->treat(now, running.fault, packet);
    if (std::holds_alternative<PassPacket>(treatment)) return true;
    state_->requeue(running, place, state_->due_of(running));
    return false;
  });
  return treatment;
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
  while (state_->handle_first_due(now, out)) {
  }
}

bool Pipeline::handle_next_timeout(Instant now, Acts& out) {
  if (state_->queue.empty() || state_->queue.front().at > now) return false;
  const std::uint32_t first = state_->queue.front().place;
  bool is_alone = true;
  state_->visit(state_->all[first].device, [&](const State::Running& other, std::uint32_t place) {
    is_alone = place == first || other.queued_for > now;
    return is_alone;
  });
  if (is_alone) return state_->handle_first_due(now, out);
  handle_timeout(now, out);
  return true;
}

std::optional<Instant> Pipeline::next_timeout() const {
  if (state_->queue.empty()) return std::nullopt;
  return state_->queue.front().at;
}

void Pipeline::heal_all(Instant now, Acts& out) {
  std::map<FaultId, std::vector<std::uint32_t>> members;
  for (const std::uint32_t place : state_->standing()) {
    members[state_->all[place].fault].push_back(place);
  }
  for (const auto& [fault, places] : members) {
    const Duration ramp = state_->spec_of(fault).ramp.value_or(Duration{});
    const auto count = static_cast<std::int64_t>(places.size());
    for (std::int64_t i = 0; i < count; ++i) {
      const std::uint32_t place = places[static_cast<std::size_t>(i)];
      State::Running& member = state_->all[place];
      state_->healing[member.number] = saturating_add(now, ramp * i / count);
      state_->requeue(member, place, state_->due_of(member));
    }
  }
  handle_timeout(now, out);
}

bool Pipeline::holds(DeviceId device) const { return state_->first(device) != State::kNone; }

void Pipeline::prefetch(DeviceId device, Fetch what) const {
  const std::size_t index = device.index();
  if (index >= state_->first_of.size()) return;
  if (what == Fetch::places) return prefetch_one(state_->first_of[index]);
  const std::uint32_t place = state_->first_of[index];
  if (place == State::kNone) return;
  if (what == Fetch::parts) return prefetch_one(state_->all[place]);
  prefetch_bytes(state_->all[place].made.get(), 1);
}

std::vector<FaultId> Pipeline::faults_on(DeviceId device) const {
  std::vector<FaultId> faults;
  state_->visit(device, [&faults](const State::Running& running, std::uint32_t) {
    faults.push_back(running.fault);
    return true;
  });
  return faults;
}

std::uint64_t Pipeline::active(FaultId fault) const { return state_->active[fault.index()]; }

}  // namespace probate::fault
