// Tells which of the proxy's sockets can be read or written: a set of epoll's of its own, inside
// Asio's unless there is much to do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace probate::proxy {

class Poller;
class Socket;

// Who owns sockets that a poller watches.
class Pollable {
 public:
  // What was awaited has come, and is not awaited any more: the socket can be read or written, or
  // has failed, which reading or writing will tell. Either may close any socket and end any owner.
  virtual void handle_readable(Socket& socket) = 0;
  virtual void handle_writable(Socket& socket) = 0;

 protected:
  Pollable() = default;
  ~Pollable() = default;
  Pollable(const Pollable&) = default;
  Pollable& operator=(const Pollable&) = default;
};

// A TCP socket that does not block, and what its poller knows of it. Owns its descriptor.
// Limits: it may be moved only while nobody watches it.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_{descriptor} {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  // Nothing is awaited any more.
  void close();

  bool awaits_read() const { return awaits_read_; }
  bool awaits_write() const { return awaits_write_; }
  // Its end or its error may have come: what has not been read yet.
  bool has_hung_up() const { return has_hung_up_; }
  // What one read or write found out: it took less than it was offered.
  void was_drained() { can_read_ = has_hung_up_; }
  void was_filled() { can_write_ = false; }
  // Its handshake waits for the first bytes.
  bool greets() const { return greets_; }
  void set_greets(bool greets) { greets_ = greets; }

 private:
  friend class Poller;
  static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

  int descriptor_ = -1;
  std::uint32_t slot_ = kNowhere;       // in its poller
  std::uint32_t watch_ = 0;             // tells this stay in the slot from others
  std::uint32_t place_ = kNowhere;      // in the batch that is served now
  std::uint32_t due_place_ = kNowhere;  // among those that are due without the kernel's word
  bool can_read_ : 1 = false;           // as far as is known
  bool can_write_ : 1 = false;
  bool has_hung_up_ : 1 = false;  // its end, or its error, waits to be read
  bool awaits_read_ : 1 = false;
  bool awaits_write_ : 1 = false;
  bool greets_ : 1 = false;
  Pollable* owner_ = nullptr;
  Poller* poller_ = nullptr;
};

// Each socket is told to the kernel once, edge-triggered; what is awaited is two bits of ours. So a
// message costs no system call beside its read and its write, where Asio's waits cost one each and
// an operation in its queues (docs/decisions/0010).
//
// Within Asio's set, each event wakes two. So while there is always something to serve the set is
// not in there, and asked by itself; it is back before anybody waits.
//
// Threads: the loop's. Lifetime: ends after every socket that it watches.
// Limits: serves kBatch sockets, and those that are due, before timers and others get their turn.
class Poller {
 public:
  static constexpr std::size_t kBatch = 256;

  explicit Poller(boost::asio::io_context& io);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // False: the kernel has no room for it (fs.epoll.max_user_watches).
  bool watch(Socket& socket, Pollable& owner);
  // Requires, of both: it is watched. The owner hears of it once, never from within the call.
  void await_read(Socket& socket);
  void await_write(Socket& socket);
  // handle_readable() soon, whatever the kernel says.
  void call_soon(Socket& socket);
  // Which turn of serving is under way; 0: none.
  std::uint64_t turn() const { return is_running_ ? turns_ : 0; }

 private:
  friend class Socket;
  static constexpr std::size_t kMany = 4;   // at once: meanwhile more will have come
  static constexpr std::size_t kBusy = 64;  // in one go: then others have their turn

  void forget(Socket& socket);
  Socket* find(std::uint64_t name) const;
  void make_due(Socket& socket);
  void wait();
  void come_back();
  void run();
  void join();
  void leave();
  std::size_t collect(std::size_t most);
  void serve_batch(std::size_t count);
  void serve_due();
  template <typename Places>
  void serve(Places& places, std::size_t at, std::uint32_t Socket::*place);

  boost::asio::io_context& io_;
  int set_ = -1;
  // The set within Asio's; not open: it is not in there.
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> inner_;
  std::vector<Socket*> watched_;  // by slot
  std::vector<std::uint32_t> free_;
  std::uint32_t watches_ = 0;
  std::array<Socket*, kBatch> batch_{};
  std::vector<Socket*> due_;
  std::uint64_t turns_ = 0;
  bool is_running_ = false;
  bool waits_ = false;       // for the kernel's word
  bool comes_back_ = false;  // run() is posted
};

}  // namespace probate::proxy
