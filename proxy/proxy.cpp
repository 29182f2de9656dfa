#include "proxy/proxy.hpp"

#include <utility>
#include <variant>

#include <boost/asio/post.hpp>
#include <linux/filter.h>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
#include "core/mqtt/codec.hpp"
#include "proxy/hub.hpp"
#include "proxy/link.hpp"
#include "proxy/listener.hpp"
#include "proxy/syn_gate.hpp"
#include "proxy/twin.hpp"

namespace probate::proxy {
namespace {

template <typename... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

}  // namespace

class Proxy::Impl {
 public:
  Impl(Loop& loop, Owner& owner, ProxyConfig config) : hub_{loop, owner, std::move(config)} {
    const std::size_t count = hub_.config().fronts.size();
    CHECK(count > 0 && count <= kFrontsMax);
    for (std::size_t i = 0; i < count; ++i) {
      const auto front = static_cast<std::uint16_t>(i);
      listeners_.push_back(std::make_unique<Listener>(
          loop,
          [this, front](Socket socket, const Endpoint& peer) {
            accept(std::move(socket), peer, front);
          },
          [this, front] { turn_away(front); }));
    }
  }

  Result<Endpoints, std::string> bind();
  void start_accepting() {
    for (const auto& each : listeners_) each->start();
  }
  void stop_accepting() {
    for (const auto& each : listeners_) each->close();
  }
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Hub& hub() { return hub_; }

  void perform(const fault::Act& act);
  void fault_over(FaultId fault, DeviceId device);
  void expect(DeviceId device, const fault::Admission& admission);
  fault::DeviceView view(DeviceId device) const;
  void close_all();
  Result<bool, std::string> shut(std::uint16_t front);
  Result<bool, std::string> reopen(std::uint16_t front);

 private:
  void accept(Socket socket, const Endpoint& peer, std::uint16_t front);
  void turn_away(std::uint16_t front) {
    constexpr auto kWhy = journal::Refused::descriptors;
    ++hub_.counters_of(front).refused[static_cast<std::size_t>(kWhy)];
    hub_.owner().refused(front, kWhy, "");
  }
  void set_delay(const fault::Act& act, const fault::Delay& delay);
  void set_throttle(const fault::Act& act, const fault::Throttle& throttle);
  void set_slice(const fault::Act& act, const fault::SliceBytes& slice);
  void set_limits(const fault::Act& act, const fault::LimitLinks& limits);
  void delay_fin(const fault::Act& act, const fault::DelayFin& late);
  void set_idle(const fault::Act& act, const fault::WatchIdle& watched);
  void set_watch(const fault::Act& act, const fault::Watch& watch);
  void set_order(const fault::Act& act, const fault::OrderTakeover& order);
  void conditions_changed(DeviceId device, FaultId fault);
  void open_twin(const fault::Act& act, fault::TwinWill will);
  void close_twins(DeviceId device);
  template <typename Visit>
  void with_newest(DeviceId device, Visit visit) {
    const boost::intrusive_ptr<Link> link{hub_.newest_link(device)};
    if (link) visit(*link);
  }
  // Also those that the device has left behind.
  template <typename Visit>
  void for_each_of(DeviceId device, Visit visit) {
    boost::intrusive_ptr<Link> link{hub_.newest_link(device)};
    while (link) {
      const boost::intrusive_ptr<Link> older{link->older()};
      visit(*link);
      link = older;
    }
  }

  bool is_segment() const { return hub_.config().fidelity == fault::Fidelity::segment; }
  void change_filters_soon();
  void change_filters();

  Hub hub_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // by front
  SynGate gate_;
  bool changes_filters_ = false;                                 // soon
  std::shared_ptr<Impl*> self_ = std::make_shared<Impl*>(this);  // reset with it
};

Proxy::Impl::~Impl() { *self_ = nullptr; }

Result<Proxy::Endpoints, std::string> Proxy::Impl::bind() {
  Endpoints all;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const auto bound = listeners_[i]->bind(hub_.config().fronts[i].listen);
    if (!bound) {
      stop_accepting();
      return Failure{bound.error()};
    }
    all.push_back(*bound);
  }
  return all;
}

void Proxy::Impl::accept(Socket socket, const Endpoint& peer, std::uint16_t front) {
  ++hub_.counters().accepted;
  ++hub_.counters_of(front).accepted;
  const DeviceId device = hub_.owner().device_at(peer);
  const Epoch epoch = device == kNoDevice ? 0 : hub_.owner().epoch_of(device);
  const boost::intrusive_ptr<Link> link{
      new Link{hub_, front, {std::move(socket), peer}, hub_.next_connection(), device, epoch}};
  hub_.add(*link);
  link->start();
  hub_.deliver_soon();
}

void Proxy::Impl::perform(const fault::Act& act) {
  const DeviceId device = act.device;
  // An act on the device, or a note.
  const auto not_ours = [] { CHECK(false); };
  std::visit(Overloaded{
                 [&](const fault::Cut& cut) {
                   with_newest(device, [&](Link& link) { link.cut(cut, act.fault); });
                 },
                 [&](const fault::Silence& silence) {
                   if (silence.coming_links) {
                     hub_.conditions_to_change(device).set_hush(act.fault, silence);
                   }
                   with_newest(device, [&](Link& link) { link.silence(silence, act.fault); });
                 },
                 [&](const fault::Resume&) {
                   if (fault::Conditions* standing = hub_.conditions(device)) {
                     standing->end_hush(act.fault);
                     hub_.tidy_conditions(device);
                   }
                   for_each_of(device, [&](Link& link) { link.resume(act.fault); });
                 },
                 [&](const fault::MakeGhost& how) {
                   with_newest(device, [&](Link& link) { link.make_ghost(how, act.fault); });
                 },
                 [&](const fault::Delay& delay) { set_delay(act, delay); },
                 [&](const fault::Throttle& throttle) { set_throttle(act, throttle); },
                 [&](const fault::SliceBytes& slice) { set_slice(act, slice); },
                 [&](const fault::LimitLinks& limits) { set_limits(act, limits); },
                 [&](const fault::DelayFin& late) { delay_fin(act, late); },
                 [&](const fault::WatchIdle& watch) { set_idle(act, watch); },
                 [&](const fault::Watch& watch) { set_watch(act, watch); },
                 [&](const fault::InjectDisconnect& what) {
                   with_newest(device, [&](Link& link) { link.inject(what, act.fault); });
                 },
                 [&](const fault::OrderTakeover& order) { set_order(act, order); },
                 [&](const fault::OpenTwin& twin) { open_twin(act, twin.will); },
                 [&](const fault::CloseTwins&) { close_twins(device); },
                 [&](const fault::LinkDied&) { not_ours(); },
                 [&](const fault::TellLeave&) { not_ours(); },
                 [&](const fault::TellPowerCut&) { not_ours(); },
                 [&](const fault::EndBroker&) { not_ours(); },
                 [&](const fault::StartBroker&) { not_ours(); },
                 [&](const fault::Applied&) { not_ours(); },
                 [&](const fault::Skipped&) { not_ours(); },
                 [&](const fault::Healed&) { not_ours(); },
             },
             act.what);
  hub_.deliver_soon();
}

void Proxy::Impl::fault_over(FaultId fault, DeviceId device) {
  if (!is_segment()) return;
  for_each_of(device, [fault](Link& link) {
    if (link.deafened_by() == fault) link.forget_device();
  });
  hub_.deliver_soon();
}

void Proxy::Impl::expect(DeviceId device, const fault::Admission& admission) {
  if (!is_segment() || device == kNoDevice) return;
  const auto* swallowed = std::get_if<fault::SwallowConnect>(&admission);
  bool has_changed = false;
  if (swallowed == nullptr || swallowed->hears_attempts) {
    has_changed = gate_.open(device);
  } else {
    const SourceOf source = hub_.owner().source_of(device);
    const bool is_meant = !source.is_shared || swallowed->takes_whole_source;
    has_changed = source.address && is_meant && gate_.shut(device, *source.address);
  }
  if (has_changed) change_filters_soon();
}

// Once for all that one instant's faults hit.
void Proxy::Impl::change_filters_soon() {
  if (std::exchange(changes_filters_, true)) return;
  boost::asio::post(hub_.loop().executor(), [self = self_] {
    if (*self != nullptr) (*self)->change_filters();
  });
}

// What the kernel refuses in spite of the trial at the start stays as it was: then the CONNECT is
// swallowed.
void Proxy::Impl::change_filters() {
  changes_filters_ = false;
  const std::vector<sock_filter> program = gate_.program();
  for (const auto& each : listeners_) each->filter(program);
}

fault::DeviceView Proxy::Impl::view(DeviceId device) const {
  const Link* link = hub_.newest_link(device);
  fault::DeviceView view = link == nullptr ? fault::DeviceView{} : link->view();
  if (!is_segment()) return view;
  const SourceOf source = hub_.owner().source_of(device);
  view.shares_source = source.is_shared || !source.address;
  view.no_room_for_source = source.address && !gate_.has_room_for(*source.address);
  return view;
}

void Proxy::Impl::set_delay(const fault::Act& act, const fault::Delay& delay) {
  hub_.conditions_to_change(act.device).set_delay(act.fault, delay);
  conditions_changed(act.device, act.fault);
}

void Proxy::Impl::set_throttle(const fault::Act& act, const fault::Throttle& throttle) {
  hub_.conditions_to_change(act.device).set_throttle(act.fault, throttle);
  conditions_changed(act.device, act.fault);
}

void Proxy::Impl::set_slice(const fault::Act& act, const fault::SliceBytes& slice) {
  hub_.conditions_to_change(act.device).set_slice(act.fault, slice);
  conditions_changed(act.device, act.fault);
}

void Proxy::Impl::set_limits(const fault::Act& act, const fault::LimitLinks& limits) {
  hub_.conditions_to_change(act.device).set_limits(act.fault, limits);
  conditions_changed(act.device, kNoFault);
}

void Proxy::Impl::delay_fin(const fault::Act& act, const fault::DelayFin& late) {
  hub_.conditions_to_change(act.device).set_late_fin(act.fault, late);
  hub_.tidy_conditions(act.device);
  if (late.delay == Duration{}) for_each_of(act.device, [](Link& link) { link.release_ends(); });
}

void Proxy::Impl::set_idle(const fault::Act& act, const fault::WatchIdle& watched) {
  hub_.conditions_to_change(act.device).set_idle(act.fault, watched);
  conditions_changed(act.device, kNoFault);
}

void Proxy::Impl::set_watch(const fault::Act& act, const fault::Watch& watch) {
  hub_.conditions_to_change(act.device).set_watch(act.fault, watch);
  conditions_changed(act.device, kNoFault);
}

// Without an order, an end that waited for a CONNECT waits no longer.
void Proxy::Impl::set_order(const fault::Act& act, const fault::OrderTakeover& order) {
  hub_.conditions_to_change(act.device).set_order(act.fault, order);
  hub_.tidy_conditions(act.device);
  if (!order.gap) for_each_of(act.device, [](Link& link) { link.release_ends(); });
}

void Proxy::Impl::conditions_changed(DeviceId device, FaultId fault) {
  hub_.tidy_conditions(device);
  for_each_of(device, [&](Link& link) { link.follow_conditions(fault); });
}

void Proxy::Impl::open_twin(const fault::Act& act, fault::TwinWill will) {
  const KeptConnect* kept = hub_.kept_connect(act.device);
  if (kept == nullptr) return;
  with_newest(act.device, [&](Link& victim) { victim.touch(act.fault); });
  auto packet = mqtt::decode(kept->view(), mqtt::Version::v3_1_1, mqtt::Direction::uplink);
  CHECK(packet.has_value());
  auto& connect = std::get<mqtt::Connect>(*packet);
  Bytes bytes{kept->view().begin(), kept->view().end()};
  if (will == fault::TwinWill::strip && connect.will) {
    connect.will.reset();
    bytes.clear();
    mqtt::encode(*packet, connect.version, bytes);
  }
  journal::ConnectForwarded record = journal::connect_record(connect);
  record.connection = hub_.next_connection();
  record.device = act.device;
  record.epoch = kept->epoch;
  record.twin = true;
  const boost::intrusive_ptr<Twin> twin{
      new Twin{hub_, kept->front, std::move(bytes), std::move(record), act.fault}};
  hub_.add(*twin);
  twin->start();
}

void Proxy::Impl::close_twins(DeviceId device) {
  hub_.for_each_twin([device](Twin& twin) {
    const boost::intrusive_ptr<Twin> self{&twin};
    if (twin.device() == device) twin.leave();
  });
}

void Proxy::Impl::close_all() {
  hub_.for_each_link([](Link& link) {
    const boost::intrusive_ptr<Link> self{&link};
    link.close_for_good();
  });
  hub_.for_each_twin([](Twin& twin) {
    const boost::intrusive_ptr<Twin> self{&twin};
    twin.leave();
  });
  hub_.deliver_soon();
}

Result<bool, std::string> Proxy::Impl::shut(std::uint16_t front) {
  auto done = listeners_[front]->shut();
  hub_.for_each_link([front](Link& link) {
    const boost::intrusive_ptr<Link> self{&link};
    if (link.front() == front && !link.is_cut()) link.close_for_good();
  });
  hub_.deliver_soon();
  return done;
}

// Its socket is a new one.
Result<bool, std::string> Proxy::Impl::reopen(std::uint16_t front) {
  auto done = listeners_[front]->reopen();
  change_filters_soon();
  return done;
}

Proxy::Proxy(Loop& loop, Owner& owner, ProxyConfig config)
    : impl_{std::make_unique<Impl>(loop, owner, std::move(config))} {}
Proxy::~Proxy() = default;

Result<Proxy::Endpoints, std::string> Proxy::bind() { return impl_->bind(); }

void Proxy::start_accepting() { impl_->start_accepting(); }

Result<Proxy::Endpoints, std::string> Proxy::listen() {
  auto bound = bind();
  if (bound) start_accepting();
  return bound;
}

void Proxy::perform(Instant, const fault::Act& act) { impl_->perform(act); }

void Proxy::fault_over(FaultId fault, DeviceId device) { impl_->fault_over(fault, device); }

void Proxy::expect(DeviceId device, const fault::Admission& admission) {
  impl_->expect(device, admission);
}

fault::DeviceView Proxy::view(DeviceId device) const { return impl_->view(device); }

void Proxy::secure(std::uint16_t front, std::shared_ptr<const TlsContext> in,
                   std::shared_ptr<const TlsContext> out) {
  impl_->hub().secure(front, std::move(in), std::move(out));
}
void Proxy::stop_accepting() { impl_->stop_accepting(); }

Result<bool, std::string> Proxy::shut(std::uint16_t front) { return impl_->shut(front); }

Result<bool, std::string> Proxy::reopen(std::uint16_t front) { return impl_->reopen(front); }

void Proxy::close_all(Instant) { impl_->close_all(); }

void Proxy::for_each_link(const std::function<bool(const LinkSight&)>& visit) const {
  bool goes_on = true;
  impl_->hub().for_each_link([&](Link& link) {
    if (goes_on) goes_on = visit(link.sight());
  });
}

std::size_t Proxy::links() const { return impl_->hub().size(); }

}  // namespace probate::proxy
