// Accepts connections, whatever happens to descriptors.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "proxy/hearing.hpp"
#include "proxy/loop.hpp"
#include "proxy/socket_io.hpp"

namespace probate::proxy {

// An error of accept() never ends it. Who would take one of the last kDescriptorsLeft is refused.
// Without any free descriptor it gives up a reserve one to take the waiting connection and close
// it, so that the client is refused instead of left hanging. Then it tries again after kPause.
class Listener final : private Pollable {
 public:
  using Accepted = std::function<void(Socket, const Endpoint& peer)>;
  static constexpr Duration kPause = 50ms;
  static constexpr int kBurst = 64;  // accepted in one go, before others get their turn

  // `turned_away`: told of each client for whom there was no descriptor.
  Listener(Loop& loop, Accepted accepted, std::function<void()> turned_away = {});
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Who connects waits in the backlog until start().
  Result<Endpoint, std::string> bind(const Endpoint& at);
  void start();
  Result<Endpoint, std::string> listen(const Endpoint& at);
  // What that program drops, the listener does not hear: a SYN is not answered. None: everything.
  // Whoever is accepted hears everything. False: the kernel does not let us; as before.
  bool filter(std::span<const sock_filter> program);
  // Nobody listens at its address, which stays its own: who connects, and who waits in the backlog,
  // is refused by the kernel. The error is a sentence.
  Result<bool, std::string> shut();
  Result<bool, std::string> reopen();
  // What waits in the backlog gets RST from the kernel.
  void close();

 private:
  void handle_readable(Socket& socket) override;
  void handle_writable(Socket&) override {}
  boost::system::error_code open_at(const Endpoint& at);
  boost::system::error_code begin_listening();
  std::string give_up(const boost::system::error_code& error);
  void accept_waiting(Instant now);
  bool accept_one();
  bool refuse_one();
  void open_reserve();

  Loop& loop_;
  Accepted accepted_;
  std::function<void()> turned_away_;
  Endpoint bound_{};
  Socket socket_;
  MemberTimer<Listener, &Listener::accept_waiting> pause_;
  int reserve_ = -1;
  bool was_filtered_ = false;
  bool is_started_ = false;
  bool is_shut_ = false;
};

}  // namespace probate::proxy
