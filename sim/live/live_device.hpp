// A device machine on a real socket.
#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "core/device/books.hpp"
#include "core/device/machine.hpp"
#include "core/fault/acts.hpp"
#include "proxy/loop.hpp"
#include "sim/live/mqtt_socket.hpp"

namespace probate::live {

class LiveDevice;

// What all devices of a loop share.
struct DeviceHost {
  proxy::Loop& loop;
  SharedBuffers& buffers;
  boost::asio::ip::tcp::endpoint target;  // the proxy
  device::Actions actions;                // scratch of the call under way
  std::uint64_t online = 0;
};

// The source address that tells the proxy which device dials: 127.64.0.0/10 plus index + 1.
boost::asio::ip::address_v4 address_of(DeviceId device);
// The other way round; kNoDevice for an address outside the range of `count` devices.
DeviceId device_of(const boost::asio::ip::address_v4& address, std::uint32_t count);

// Performs what its machine says and tells it what happened.
// Threads: its loop's.
class LiveDevice final : private proxy::Timer, private MqttSocket::User {
 public:
  LiveDevice(DeviceHost& host, DeviceId id, GroupId group, device::DeviceMachine machine);
  ~LiveDevice() override;

  void start(Instant intended);
  void finish();
  // Performs the acts that concern the device itself.
  void obey(const fault::LinkDied& order);
  void obey(const fault::TellLeave& order);
  void obey(const fault::TellPowerCut& order);

  const device::DeviceMachine& machine() const { return machine_; }
  bool online() const { return online_; }
  // Neither cut off, nor gone for good, nor finished.
  bool powered() const { return powered_; }
  bool finished() const { return finished_ && socket_ == nullptr; }

 private:
  void expired(Instant now) override;
  void socket_opened(Instant now) override;
  void socket_received(Instant now, const mqtt::Packet& packet) override;
  void socket_closed(Instant now, device::CloseCause cause) override;

  // Runs one call of the machine and everything that follows from it. `intended`: when it was due.
  template <typename Call>
  void drive(Instant intended, Call call);
  void perform(Instant now, Instant intended, const device::Action& action);
  void close(device::CloseMode mode);
  void end_attempt(Instant now);
  void keep_books(Instant now);

  DeviceHost& host_;
  std::shared_ptr<MqttSocket> socket_;
  DeviceId id_;
  device::DeviceBooks books_;
  bool online_ = false;
  bool powered_ = true;
  bool finished_ = false;
  device::DeviceMachine machine_;
};

}  // namespace probate::live
