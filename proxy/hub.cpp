#include "proxy/hub.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "core/base/check.hpp"
#include "proxy/link.hpp"
#include "proxy/twin.hpp"

namespace probate::proxy {

Hub::Hub(Loop& loop, Owner& owner, ProxyConfig config)
    : loop_{loop},
      owner_{owner},
      config_{std::move(config)},
      read_buffer_{std::make_unique<std::array<std::uint8_t, 64 * 1024>>()},
      connections_{config_.connections_from},
      rng_{config_.seed},
      self_{std::make_shared<Hub*>(this)} {
  auto& fronts = loop_.counters().fronts;
  fronts.resize(std::max(fronts.size(), config_.fronts.size()));
}

Hub::~Hub() {
  *self_ = nullptr;
  for_each_link([](Link& link) { link.vanish(); });
  for_each_twin([](Twin& twin) { twin.vanish(); });
}

ConnectionId Hub::next_connection() { return ConnectionId{++connections_}; }

Rng Hub::jitter_stream(ConnectionId connection, mqtt::Direction direction) const {
  const bool up = direction == mqtt::Direction::uplink;
  return rng_.stream(up ? "proxy/jitter/up" : "proxy/jitter/down", connection.value);
}

Rng Hub::loss_stream(ConnectionId connection, mqtt::Direction direction) const {
  const bool up = direction == mqtt::Direction::uplink;
  return rng_.stream(up ? "proxy/loss/up" : "proxy/loss/down", connection.value);
}

void Hub::add(Link& link) {
  intrusive_ptr_add_ref(&link);
  links_.push_back(link);
  if (link.device() != kNoDevice) enroll(link);
}

// A device that has come anew has left its deaf legs behind.
void Hub::forget_left_behind(DeviceId device) {
  if (config_.fidelity == fault::Fidelity::stream) return;
  boost::intrusive_ptr<Link> link{newest_link(device)};
  while (link) {
    const boost::intrusive_ptr<Link> older{link->older()};
    link->forget_device();
    link = older;
  }
}

void Hub::enroll(Link& link) {
  forget_left_behind(link.device());
  DeviceEntry& of = entry(link.device());
  link.set_older(of.newest);
  of.newest = &link;
}

void Hub::remove(Link& link) {
  if (link.device() != kNoDevice) {
    DeviceEntry& of = entry(link.device());
    if (of.newest == &link) {
      of.newest = link.older();
    } else {
      for (Link* newer = of.newest; newer != nullptr; newer = newer->older()) {
        if (newer->older() == &link) newer->set_older(link.older());
      }
    }
  }
  links_.erase(links_.iterator_to(link));
  intrusive_ptr_release(&link);
}

void Hub::add(Twin& twin) {
  intrusive_ptr_add_ref(&twin);
  twins_.push_back(twin);
  ++counters().twin_links;
}

void Hub::remove(Twin& twin) {
  --counters().twin_links;
  twins_.erase(twins_.iterator_to(twin));
  intrusive_ptr_release(&twin);
}

void Hub::for_each_link(const std::function<void(Link&)>& visit) {
  for (auto next = links_.begin(); next != links_.end();) visit(static_cast<Link&>(*next++));
}

void Hub::for_each_twin(const std::function<void(Twin&)>& visit) {
  for (auto next = twins_.begin(); next != twins_.end();) visit(static_cast<Twin&>(*next++));
}

std::size_t Hub::size() const { return links_.size() + twins_.size(); }

Hub::DeviceEntry& Hub::entry(DeviceId device) {
  CHECK(device != kNoDevice);
  if (device.index() >= devices_.size()) devices_.resize(device.index() + 1);
  return devices_[device.index()];
}

Link* Hub::newest_link(DeviceId device) const {
  return device.index() < devices_.size() ? devices_[device.index()].newest : nullptr;
}

void Hub::keep_connect(DeviceId device, ByteView bytes, Epoch epoch, std::uint16_t front) {
  if (!config_.keep_connects || device == kNoDevice) return;
  KeptConnect& kept = entry(device).connect;
  if (kept.size != bytes.size()) kept.bytes = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), kept.bytes.get());
  kept.size = static_cast<std::uint32_t>(bytes.size());
  kept.epoch = epoch;
  kept.front = front;
}

const KeptConnect* Hub::kept_connect(DeviceId device) const {
  if (device.index() >= devices_.size()) return nullptr;
  const KeptConnect& kept = devices_[device.index()].connect;
  return kept.size == 0 ? nullptr : &kept;
}

fault::Conditions* Hub::conditions(DeviceId device) {
  const auto found = conditions_.find(device);
  return found == conditions_.end() ? nullptr : &found->second;
}

fault::Conditions& Hub::conditions_to_change(DeviceId device) { return conditions_[device]; }

void Hub::tidy_conditions(DeviceId device) {
  const auto found = conditions_.find(device);
  if (found != conditions_.end() && found->second.empty()) conditions_.erase(found);
}

void Hub::deliver() {
  if (delivering_) return;
  delivering_ = true;
  // The owner's answer may add more.
  for (std::size_t i = 0; i < news_.size(); ++i) {
    const News news = news_[i];
    switch (news.kind) {
      case NewsKind::session_up:
        owner_.session_up(news.at, news.device);
        break;
      case NewsKind::link_down:
        owner_.link_down(news.at, news.device);
        break;
      case NewsKind::link_idle:
        owner_.link_idle(news.at, news.fault, news.device);
        break;
      case NewsKind::twin_closed:
        owner_.twin_closed(news.at, news.device);
        break;
      case NewsKind::stream_over:
        owner_.stream_over(news.at, news.device);
        break;
    }
  }
  news_.clear();
  delivering_ = false;
}

void Hub::deliver_soon() {
  if (delivering_ || news_.empty()) return;
  boost::asio::post(loop_.executor(), [self = self_] {
    if (*self != nullptr) (*self)->deliver();
  });
}

}  // namespace probate::proxy
