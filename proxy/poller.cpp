#include "proxy/poller.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/check.hpp"

namespace probate::proxy {

Socket::Socket(Socket&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, greets_{other.greets_} {
  CHECK(other.poller_ == nullptr);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  CHECK(poller_ == nullptr && other.poller_ == nullptr);
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  greets_ = other.greets_;
  return *this;
}

void Socket::close() {
  if (poller_ != nullptr) poller_->forget(*this);
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Poller::Poller(boost::asio::io_context& io)
    : io_{io}, set_{::epoll_create1(EPOLL_CLOEXEC)}, inner_{io.get_executor()} {
  if (set_ < 0) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
  join();
}

Poller::~Poller() {
  if (inner_.is_open()) leave();
  ::close(set_);
}

bool Poller::watch(Socket& socket, Pollable& owner) {
  CHECK(socket.is_open() && socket.poller_ == nullptr);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(watched_.size()));
    watched_.push_back(nullptr);
  }
  const std::uint32_t slot = free_.back();
  const std::uint32_t watch = ++watches_;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = std::uint64_t{watch} << 32 | slot;
  if (::epoll_ctl(set_, EPOLL_CTL_ADD, socket.descriptor_, &event) != 0) {
    return false;
  }
  free_.pop_back();
  watched_[slot] = &socket;
  socket.slot_ = slot;
  socket.watch_ = watch;
  socket.owner_ = &owner;
  socket.poller_ = this;
  return true;
}

void Poller::await_read(Socket& socket) {
  CHECK(socket.poller_ == this);
  socket.awaits_read_ = true;
  if (socket.can_read_) make_due(socket);
}

void Poller::await_write(Socket& socket) {
  CHECK(socket.poller_ == this);
  socket.awaits_write_ = true;
  if (socket.can_write_) make_due(socket);
}

void Poller::call_soon(Socket& socket) {
  CHECK(socket.poller_ == this);
  socket.awaits_read_ = true;
  socket.can_read_ = true;
  make_due(socket);
}

void Poller::make_due(Socket& socket) {
  if (socket.due_place_ != Socket::kNowhere) return;
  socket.due_place_ = static_cast<std::uint32_t>(due_.size());
  due_.push_back(&socket);
  if (!is_running_) come_back();
}

// Its close takes it out of the set. A child that has been forked and has not called exec() yet
// keeps it there; what the kernel says of it meanwhile is for nobody.
Socket* Poller::find(std::uint64_t name) const {
  Socket* const socket = watched_[static_cast<std::uint32_t>(name)];
  return socket != nullptr && socket->watch_ == name >> 32 ? socket : nullptr;
}

void Poller::forget(Socket& socket) {
  watched_[socket.slot_] = nullptr;
  free_.push_back(socket.slot_);
  socket.slot_ = Socket::kNowhere;
  if (socket.place_ != Socket::kNowhere) batch_[socket.place_] = nullptr;
  if (socket.due_place_ != Socket::kNowhere) due_[socket.due_place_] = nullptr;
  socket.place_ = socket.due_place_ = Socket::kNowhere;
  socket.can_read_ = socket.can_write_ = socket.has_hung_up_ = false;
  socket.awaits_read_ = socket.awaits_write_ = false;
  socket.owner_ = nullptr;
  socket.poller_ = nullptr;
}

void Poller::wait() {
  waits_ = true;
  inner_.async_wait(decltype(inner_)::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    waits_ = false;
    run();
  });
}

// Behind everything else that is ready by now.
void Poller::come_back() {
  if (std::exchange(comes_back_, true)) return;
  boost::asio::post(io_, [this] {
    comes_back_ = false;
    run();
  });
}

void Poller::run() {
  is_running_ = true;
  std::size_t count = 0;
  std::size_t served = 0;
  do {
    ++turns_;
    count = collect(kBatch - served);
    served += count;
    serve_batch(count);
    serve_due();
  } while (count >= kMany && served < kBusy && due_.empty());
  is_running_ = false;
  if (served >= kBusy && count > 0 && inner_.is_open()) leave();
  const bool has_left = !inner_.is_open();
  if (!due_.empty() || (has_left && count > 0)) return come_back();
  if (has_left) return join();
  if (!waits_) wait();
}

// The kernel says at once what has come meanwhile. Where it has no room for the set any more, that
// is asked by itself until there is.
void Poller::join() {
  boost::system::error_code error;
  inner_.assign(set_, error);
  if (error) return come_back();
  wait();
}

void Poller::leave() {
  inner_.release();
  waits_ = false;
}

// What is known of all of them is noted before any of them is served: serving one may make another
// one blocked again.
std::size_t Poller::collect(std::size_t most) {
  std::array<epoll_event, kBatch> events;
  const int found = ::epoll_wait(set_, events.data(), static_cast<int>(most), 0);
  const std::size_t count = found < 0 ? 0 : static_cast<std::size_t>(found);
  for (std::size_t i = 0; i < count; ++i) {
    Socket* const socket = find(events[i].data.u64);
    batch_[i] = socket;
    if (socket == nullptr) continue;
    const std::uint32_t what = events[i].events;
    const bool has_hung_up = (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (has_hung_up) socket->has_hung_up_ = true;
    if (has_hung_up || (what & EPOLLIN) != 0) socket->can_read_ = true;
    if ((what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) socket->can_write_ = true;
    socket->place_ = static_cast<std::uint32_t>(i);
  }
  return count;
}

void Poller::serve_batch(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) serve(batch_, i, &Socket::place_);
}

// Those that become due meanwhile have their turn the next time.
void Poller::serve_due() {
  const std::size_t count = due_.size();
  for (std::size_t i = 0; i < count; ++i) serve(due_, i, &Socket::due_place_);
  due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < due_.size(); ++i) {
    if (due_[i] != nullptr) due_[i]->due_place_ = static_cast<std::uint32_t>(i);
  }
}

// Writing first: it makes room for what is read.
template <typename Places>
void Poller::serve(Places& places, std::size_t at, std::uint32_t Socket::*place) {
  Socket* socket = places[at];
  if (socket == nullptr) return;
  if (socket->can_write_ && socket->awaits_write_) {
    socket->awaits_write_ = false;
    socket->owner_->handle_writable(*socket);
    socket = places[at];
    if (socket == nullptr) return;  // it was closed
  }
  socket->*place = Socket::kNowhere;
  // It asked again from within the call, while it still stood among those that are due.
  if (socket->can_write_ && socket->awaits_write_) make_due(*socket);
  if (socket->can_read_ && socket->awaits_read_) {
    socket->awaits_read_ = false;
    socket->owner_->handle_readable(*socket);
  }
}

}  // namespace probate::proxy
