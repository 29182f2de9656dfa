#include "proxy/poller.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/socket_io.hpp"

namespace probate::proxy::test {
namespace {

// One end of a stream is watched; the test has the other one.
class Watched final : public Pollable {
 public:
  explicit Watched(Poller& poller) : poller_{poller} {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    socket = Socket{ends[0]};
    peer = Socket{ends[1]};
    EXPECT_TRUE(poller.watch(socket, *this));
  }

  void await() { poller_.await_read(socket); }
  void say(std::size_t bytes) {
    const Bytes some(bytes, 'x');
    EXPECT_EQ(write_some(peer, some).bytes, bytes);
  }
  IoResult read(std::size_t most = 64) {
    Bytes into(most);
    return read_some(socket, into);
  }
  // Until it is blocked.
  void fill() {
    const Bytes much(4096, 'x');
    while (write_some(socket, much).status == IoStatus::moved) {
    }
  }
  void empty() {
    Bytes into(4096);
    while (read_some(peer, into).status == IoStatus::moved) {
    }
  }

  void handle_readable(Socket&) override {
    ++reads;
    if (on_readable) on_readable();
  }
  void handle_writable(Socket&) override {
    ++writes;
    if (on_writable) on_writable();
  }

  Socket socket;
  Socket peer;
  int reads = 0;
  int writes = 0;
  std::function<void()> on_readable;
  std::function<void()> on_writable;

 private:
  Poller& poller_;
};

struct Polling : testing::Test {
  // Until nothing happens any more.
  void poll() {
    do {
      io.restart();
    } while (io.poll() > 0);
  }

  boost::asio::io_context io{1};
  Poller poller{io};
};

TEST_F(Polling, tells_once_of_what_was_awaited) {
  Watched one{poller};
  one.say(1);
  poll();
  EXPECT_EQ(one.reads, 0) << "nobody asked";
  one.await();
  EXPECT_EQ(one.reads, 0) << "never from within the call";
  poll();
  EXPECT_EQ(one.reads, 1);
  one.say(1);
  poll();
  EXPECT_EQ(one.reads, 1);
}

// A child between fork() and exec() has our connections, closed ones too.
TEST_F(Polling, tells_nobody_of_a_closed_socket_that_somebody_else_holds_open) {
  Watched one{poller};
  one.await();
  poll();
  const Socket held{::dup(one.socket.descriptor())};
  one.socket.close();
  one.say(1);
  poll();
  Watched next{poller};  // in its place
  next.await();
  one.peer.close();
  poll();
  EXPECT_EQ(one.reads, 0);
  EXPECT_EQ(next.reads, 0);
  EXPECT_FALSE(next.socket.has_hung_up());
}

TEST_F(Polling, tells_again_of_what_was_not_read_to_its_end) {
  Watched one{poller};
  one.on_readable = [&] {
    EXPECT_EQ(one.read(4).status, IoStatus::moved);
    one.await();
  };
  one.await();
  one.say(10);
  poll();
  EXPECT_EQ(one.reads, 3) << "four, four, and two, which are the last";
  one.say(1);
  poll();
  EXPECT_EQ(one.reads, 4);
}

TEST_F(Polling, tells_of_an_end_that_came_with_the_last_bytes) {
  Watched one{poller};
  std::vector<IoStatus> seen;
  one.on_readable = [&] {
    seen.push_back(one.read().status);
    if (seen.back() == IoStatus::moved) one.await();
  };
  one.say(3);
  send_fin(one.peer);
  one.await();
  poll();
  EXPECT_EQ(seen, (std::vector{IoStatus::moved, IoStatus::ended}));
}

TEST_F(Polling, tells_of_an_end_that_came_while_nobody_listened) {
  Watched one{poller};
  one.peer.close();
  poll();
  one.await();
  poll();
  EXPECT_EQ(one.reads, 1);
  EXPECT_EQ(one.read().status, IoStatus::ended);
}

TEST_F(Polling, tells_when_there_is_room_again) {
  Watched one{poller};
  one.fill();
  poller.await_write(one.socket);
  poll();
  EXPECT_EQ(one.writes, 0);
  EXPECT_TRUE(one.socket.awaits_write());
  one.empty();
  poll();
  EXPECT_EQ(one.writes, 1);
  EXPECT_FALSE(one.socket.awaits_write());
}

TEST_F(Polling, tells_again_of_room_that_was_not_used_up) {
  Watched one{poller};
  poll();  // that there is room is known from here on
  one.on_writable = [&] {
    if (one.writes < 3) poller.await_write(one.socket);
  };
  poller.await_write(one.socket);
  poll();
  EXPECT_EQ(one.writes, 3);
  EXPECT_FALSE(one.socket.awaits_write());
}

TEST_F(Polling, serves_writing_first) {
  Watched one{poller};
  one.fill();
  std::vector<char> order;
  one.on_readable = [&] { order.push_back('r'); };
  one.on_writable = [&] { order.push_back('w'); };
  one.await();
  poller.await_write(one.socket);
  one.empty();
  one.say(1);
  poll();
  EXPECT_EQ(order, (std::vector{'w', 'r'}));
}

TEST_F(Polling, calls_soon_who_has_input_that_the_kernel_does_not_know_of) {
  Watched one{poller};
  poller.call_soon(one.socket);
  EXPECT_EQ(one.reads, 0);
  poll();
  EXPECT_EQ(one.reads, 1);
}

TEST_F(Polling, lets_the_first_of_a_batch_close_the_others) {
  std::vector<std::unique_ptr<Watched>> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(std::make_unique<Watched>(poller));
    all.back()->on_readable = [&all, i] {
      for (int other = 0; other < 20; ++other) {
        if (other != i) all[static_cast<std::size_t>(other)].reset();
      }
    };
    all.back()->await();
    all.back()->say(1);
  }
  poll();
  int left = 0;
  int reads = 0;
  for (const auto& each : all) {
    if (!each) continue;
    ++left;
    reads += each->reads;
  }
  EXPECT_EQ(left, 1);
  EXPECT_EQ(reads, 1);
}

TEST_F(Polling, lets_one_that_is_due_close_the_others) {
  std::vector<std::unique_ptr<Watched>> all;
  int reads = 0;
  for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<Watched>(poller));
  all[0]->on_readable = [&] {
    ++reads;
    all[1].reset();
  };
  all[2]->on_readable = [&] {
    ++reads;
    poller.call_soon(all[2]->socket);
    all[2].reset();
  };
  for (const auto& each : all) poller.call_soon(each->socket);
  poll();
  EXPECT_EQ(reads, 2);
}

TEST_F(Polling, lets_a_socket_close_itself_while_it_may_write) {
  Watched one{poller};
  one.on_writable = [&] { one.socket.close(); };
  one.await();
  poller.await_write(one.socket);
  one.say(1);
  poll();
  EXPECT_EQ(one.writes, 1);
  EXPECT_EQ(one.reads, 0);
}

// More than one batch: all have their turn, and so has what else there is to do.
TEST_F(Polling, serves_more_than_a_batch) {
  std::vector<std::unique_ptr<Watched>> all;
  int served = 0;
  for (std::size_t i = 0; i < 2 * Poller::kBatch + 1; ++i) {
    all.push_back(std::make_unique<Watched>(poller));
    all.back()->on_readable = [&] { ++served; };
    all.back()->await();
    all.back()->say(1);
  }
  poll();
  EXPECT_EQ(served, static_cast<int>(all.size()));
}

// While it is busy its set is not in Asio's: afterwards Asio waits for it again.
TEST_F(Polling, tells_of_what_comes_once_nothing_was_left_to_do) {
  std::vector<std::unique_ptr<Watched>> all;
  for (std::size_t i = 0; i < Poller::kBatch; ++i) {
    all.push_back(std::make_unique<Watched>(poller));
    Watched& one = *all.back();
    one.on_readable = [&one] {
      one.read();
      one.await();
      if (one.reads < 10) one.say(1);
    };
    one.await();
    one.say(1);
  }
  poll();
  for (const auto& each : all) EXPECT_EQ(each->reads, 10);
  EXPECT_EQ(io.poll(), 0u) << "it asks on for nothing";
  all[0]->say(1);
  io.restart();
  io.run_one();
  EXPECT_EQ(all[0]->reads, 11);
}

TEST_F(Polling, lets_others_have_their_turn_where_there_is_always_something_to_serve) {
  std::vector<std::unique_ptr<Watched>> all;
  bool is_over = false;
  bool was_seen = false;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::make_unique<Watched>(poller));
    Watched& one = *all.back();
    one.on_readable = [&] {
      one.read();
      one.await();
      if (one.reads == 1) boost::asio::post(io, [&] { was_seen = true; });
      is_over = is_over || was_seen || one.reads == 1'000;
      if (!is_over) one.say(1);
    };
    one.await();
    one.say(1);
  }
  poll();
  EXPECT_TRUE(was_seen);
  EXPECT_LT(all[0]->reads, 1'000);
}

TEST_F(Polling, numbers_its_turns_and_has_none_in_between) {
  Watched one{poller};
  std::vector<std::uint64_t> turns;
  one.on_readable = [&] {
    turns.push_back(poller.turn());
    one.read();
    one.await();
  };
  one.await();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(poller.turn(), 0u);
    one.say(1);
    poll();
  }
  ASSERT_EQ(turns.size(), 2u);
  EXPECT_GT(turns[0], 0u);
  EXPECT_GT(turns[1], turns[0]);
}

TEST_F(Polling, refuses_what_the_kernel_cannot_watch) {
  Watched owner{poller};
  Socket file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  EXPECT_FALSE(poller.watch(file, owner));
}

}  // namespace
}  // namespace probate::proxy::test
