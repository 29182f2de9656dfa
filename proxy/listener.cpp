#include "proxy/listener.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

namespace probate::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

Listener::Listener(Loop& loop, Accepted accepted, std::function<void()> turned_away)
    : loop_{loop},
      accepted_{std::move(accepted)},
      turned_away_{std::move(turned_away)},
      pause_{*this} {}

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
  error_code error = open_at(at);
  if (!error) error = begin_listening();
  if (error) return Failure{give_up(error)};
  open_reserve();
  return bound_;
}

// Bound, and not listening yet.
error_code Listener::open_at(const Endpoint& at) {
  bound_ = at;
  error_code error;
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor{loop_.executor()};
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.bind(at, error);
  Endpoint bound;
  if (!error) bound = acceptor.local_endpoint(error);
  if (!error) socket_ = Socket{acceptor.release(error)};
  if (!error) bound_ = bound;
  return error;
}

error_code Listener::begin_listening() {
  error_code error;
  const int listener = socket_.descriptor();
  const bool listens = ::listen(listener, asio::socket_base::max_listen_connections) == 0;
  if (listens) send_at_once(listener);
  if (!listens || !loop_.poller().watch(socket_, *this)) {
    error.assign(errno, boost::system::system_category());
  }
  return error;
}

std::string Listener::give_up(const error_code& error) {
  close();
  const char* form =
      bound_.address().is_v6() ? "cannot listen on [{}]:{}: {}" : "cannot listen on {}:{}: {}";
  return fmt::format(fmt::runtime(form), bound_.address().to_string(), bound_.port(),
                     error.message());
}

void Listener::start() {
  is_started_ = true;
  if (!is_shut_ && socket_.is_open()) loop_.poller().await_read(socket_);
}

// A socket that is bound and does not listen keeps the port.
Result<bool, std::string> Listener::shut() {
  if (is_shut_ || !socket_.is_open()) return true;
  close();
  is_shut_ = true;
  if (const error_code error = open_at(bound_); error) return Failure{give_up(error)};
  return true;
}

Result<bool, std::string> Listener::reopen() {
  if (!is_shut_) return true;
  error_code error;
  if (!socket_.is_open()) error = open_at(bound_);
  if (!error) error = begin_listening();
  if (error) return Failure{give_up(error)};
  is_shut_ = false;
  if (is_started_) loop_.poller().await_read(socket_);
  return true;
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
  if (is_shut_) return;  // it was on its way when that happened
  open_reserve();        // somebody else may have taken its descriptor
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
  const bool is_turned_away = error == 0 || (is_shortage(error) && refuse_one());
  if (is_turned_away && turned_away_) turned_away_();
  loop_.arm(pause_, saturating_add(loop_.now(), kPause));
  return false;
}

bool Listener::refuse_one() {
  if (reserve_ < 0) return false;
  ::close(reserve_);
  reserve_ = -1;
  const int refused = ::accept(socket_.descriptor(), nullptr, nullptr);
  if (refused >= 0) ::close(refused);
  open_reserve();
  return refused >= 0;
}

void Listener::open_reserve() {
  if (reserve_ < 0) reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace probate::proxy
