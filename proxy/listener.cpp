#include "proxy/listener.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace probate::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

Listener::Listener(Loop& loop, Accepted accepted)
    : loop_{loop}, accepted_{std::move(accepted)}, pause_{*this} {}

Listener::~Listener() {
  close();
  if (reserve_ >= 0) ::close(reserve_);
}

Result<Endpoint, std::string> Listener::listen(const Endpoint& at) {
  auto bound = bind(at);
  if (bound) start();
  return bound;
}

Result<Endpoint, std::string> Listener::bind(const Endpoint& at) {
  error_code error;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor{loop_.executor()};
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) send_at_once(acceptor.native_handle());
  Endpoint bound;
  if (!error) bound = acceptor.local_endpoint(error);
  if (!error) socket_ = Socket{acceptor.release(error)};
  const bool is_watched = !error && loop_.poller().watch(socket_, *this);
  if (!error && !is_watched) error.assign(errno, boost::system::system_category());
  if (error) {
    close();
    const char* form =
        at.address().is_v6() ? "cannot listen on [{}]:{}: {}" : "cannot listen on {}:{}: {}";
    return Failure{
        fmt::format(fmt::runtime(form), at.address().to_string(), at.port(), error.message())};
  }
  open_reserve();
  return bound;
}

void Listener::start() {
  if (socket_.is_open()) loop_.poller().await_read(socket_);
}

bool Listener::filter(std::span<const sock_filter> program) {
  if (!socket_.is_open() || (program.empty() && !was_filtered_)) return true;
  was_filtered_ = true;
  return set_filter(socket_.descriptor(), program);
}

void Listener::close() {
  socket_.close();
  pause_.cancel();
}

void Listener::handle_readable(Socket&) { accept_waiting({}); }

void Listener::accept_waiting(Instant) {
  for (int i = 0; i < kBurst && socket_.is_open(); ++i) {
    if (!accept_one()) break;
  }
  if (socket_.is_open() && !pause_.armed()) loop_.poller().await_read(socket_);
}

// False: nothing waits, or it is no use going on now.
bool Listener::accept_one() {
  Endpoint peer;
  Socket socket = accept(socket_.descriptor(), peer);
  const int error = socket.is_open() ? 0 : errno;
  if (error == 0 && !loop_.descriptors().is_left_to_others(socket.descriptor())) {
    // It has the filter that the listener had at its SYN.
    if (was_filtered_) set_hearing(socket, Hearing::all);
    accepted_(std::move(socket), peer);
    return true;
  }
  if (error == EAGAIN || error == EWOULDBLOCK) {
    socket_.was_drained();
    return false;
  }
  ++loop_.counters().links.accept_errors;
  // The peer had gone already; the next one may be there.
  if (error == ECONNABORTED || error == EINTR) return true;
  if (error == 0 || is_shortage(error)) ++loop_.counters().links.shortages;
  if (is_shortage(error)) refuse_one();
  loop_.arm(pause_, saturating_add(loop_.now(), kPause));
  return false;
}

void Listener::refuse_one() {
  if (reserve_ < 0) return;
  ::close(reserve_);
  reserve_ = -1;
  const int refused = ::accept(socket_.descriptor(), nullptr, nullptr);
  if (refused >= 0) ::close(refused);
  open_reserve();
}

void Listener::open_reserve() {
  if (reserve_ < 0) reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace probate::proxy
