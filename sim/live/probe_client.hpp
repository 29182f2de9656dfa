// A blocking MQTT 3.1.1 client for the minutes before and after a run: is the broker there, what is
// it, does it publish wills; and for tidying up behind us.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"
#include "sim/live/brokers_tls.hpp"

namespace probate::live {

struct BrokerAddress {
  std::string host;
  std::uint16_t port = 1883;
  std::string username;
  std::string password;
  BrokersTls tls{};
};

// Every call is bounded by its `patience`, but for the look-up of a host's name, which takes as
// long as the system's resolver does. None waits while a signal that ends the run is pending: the
// patience is over then. Errors are sentences with the address in them.
// Threads: its caller's; owns an event loop of its own.
class ProbeClient {
 public:
  ProbeClient();
  ~ProbeClient();
  ProbeClient(ProbeClient&&) noexcept;
  ProbeClient& operator=(ProbeClient&&) noexcept;

  // TCP, CONNECT, CONNACK. A refusal is an error with its reason code.
  Result<mqtt::Connack, std::string> connect(const BrokerAddress& address, mqtt::Connect connect,
                                             Duration patience);
  // SUBSCRIBE with QoS 0, and its SUBACK; a failure code is an error.
  Result<bool, std::string> subscribe(const std::string& filter, Duration patience);
  Result<bool, std::string> send(const mqtt::Packet& packet, Duration patience);
  // The next PUBLISH; nothing after `patience` or if the connection is lost. It is closed then.
  std::optional<mqtt::Publish> receive(Duration patience);
  // The broker closed it, or spoke no MQTT.
  bool is_lost() const;
  // FIN without DISCONNECT.
  void drop();
  // DISCONNECT and FIN.
  void leave();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace probate::live
