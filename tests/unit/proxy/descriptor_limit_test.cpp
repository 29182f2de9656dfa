#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/socket_io.hpp"

namespace probate::proxy::test {
namespace {

constexpr int kDescriptor = 200;

// What this process may have, for as long as it lasts.
class Allowed {
 public:
  Allowed() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~Allowed() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Allowed(const Allowed&) = delete;
  Allowed& operator=(const Allowed&) = delete;
  void is_just_enough() { is(kDescriptor + kDescriptorsLeft + 1); }
  void is_one_too_few() { is(kDescriptor + kDescriptorsLeft); }

 private:
  void is(rlim_t most) {
    const rlimit changed{most, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &changed), 0);
  }
  rlimit before_{};
};

TEST(DescriptorLimit, is_asked_for_each_time_outside_of_a_turn) {
  boost::asio::io_context io{1};
  Poller poller{io};
  DescriptorLimit limit{poller};
  Allowed allowed;
  for (int i = 0; i < 2; ++i) {
    allowed.is_just_enough();
    EXPECT_FALSE(limit.is_left_to_others(kDescriptor));
    allowed.is_one_too_few();
    EXPECT_TRUE(limit.is_left_to_others(kDescriptor));
  }
}

// Asks twice in each turn, and changes the limit in between.
class Asking final : public Pollable {
 public:
  explicit Asking(Poller& poller) : poller_{poller}, limit_{poller} {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    socket_ = Socket{ends[0]};
    peer_ = Socket{ends[1]};
    EXPECT_TRUE(poller_.watch(socket_, *this));
  }
  void begin() { poller_.call_soon(socket_); }
  void handle_readable(Socket&) override {
    before.push_back(limit_.is_left_to_others(kDescriptor));
    before.size() % 2 == 0 ? allowed_.is_just_enough() : allowed_.is_one_too_few();
    after.push_back(limit_.is_left_to_others(kDescriptor));
    if (before.size() < 4) poller_.call_soon(socket_);
  }
  void handle_writable(Socket&) override {}

  std::vector<bool> before;
  std::vector<bool> after;

 private:
  Poller& poller_;
  DescriptorLimit limit_;
  Allowed allowed_;
  Socket socket_;
  Socket peer_;
};

TEST(DescriptorLimit, is_asked_for_once_in_a_turn) {
  boost::asio::io_context io{1};
  Poller poller{io};
  Asking asking{poller};
  io.poll();  // it can be written: that is a turn of its own
  asking.begin();
  while (io.poll() > 0) io.restart();
  EXPECT_EQ(asking.before, (std::vector{false, true, false, true}));
  EXPECT_EQ(asking.after, asking.before);
}

}  // namespace
}  // namespace probate::proxy::test
