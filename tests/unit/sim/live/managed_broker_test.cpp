#include "sim/live/managed_broker.hpp"

#include <array>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/fake_mosquitto.hpp"

namespace probate::live {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ManagedBroker, holds_no_socket_of_ours) {
  const test::FakeMosquitto program{"ls -l /proc/self/fd >&2; exit 3"};
  std::array<int, 2> pair{};
  // As Asio makes them: not closed on exec.
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  ManagedBroker broker;
  const auto started = broker.start({}, program.log_path());
  ::close(pair[0]);
  ::close(pair[1]);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("exited with status 3"));
  EXPECT_THAT(program.log(), HasSubstr("-> /dev/null"));
  EXPECT_THAT(program.log(), Not(HasSubstr("socket:")));
}

// Nor is a connection of anybody's given it as its own end while the broker is down.
TEST(ManagedBroker, has_a_port_that_is_free_for_it_and_for_nobody_else) {
  const test::FakeMosquitto program{R"sh(python3 - "$2" >&2 <<'END'
import re, socket, sys
port = int(re.search(r"listener (\d+)", open(sys.argv[1]).read())[1])
try:
    socket.socket().bind(("127.0.0.1", port))
except OSError as error:
    print("anybody:", error.strerror)
socket.create_server(("127.0.0.1", port))  # with SO_REUSEADDR, as mosquitto
print("a broker: it listens")
END
exit 3)sh"};
  ManagedBroker broker;
  ASSERT_FALSE(broker.start({}, program.log_path()));
  EXPECT_THAT(program.log(), HasSubstr("anybody: Address already in use\na broker: it listens\n"));
}

TEST(ManagedBroker, that_ends_without_a_word_has_no_last_words) {
  const test::FakeMosquitto program{"exit 3"};
  ManagedBroker broker;
  const auto started = broker.start({}, program.log_path());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("mosquitto: it exited with status 3 (its log: "));
}

TEST(ManagedBroker, is_known_by_the_version_in_its_log) {
  const test::FakeMosquitto program{
      "echo '1764184000: mosquitto version 2.0.11 starting' >&2\n"
      "echo '1764184000: Config loaded from mosquitto.conf.' >&2\nexit 3"};
  ManagedBroker broker;
  ASSERT_FALSE(broker.start({}, program.log_path()));
  EXPECT_EQ(broker.version(), "mosquitto version 2.0.11");
  const test::FakeMosquitto silent{"exit 3"};
  ManagedBroker another;
  ASSERT_FALSE(another.start({}, silent.log_path()));
  EXPECT_EQ(another.version(), "");
}

TEST(ManagedBroker, is_not_started_with_half_a_configuration) {
  const test::FakeMosquitto program{"exit 3"};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit nothing{16, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
  ManagedBroker broker;
  const auto started = broker.start({}, program.log_path());
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("mosquitto.conf: File too large"));
}

}  // namespace
}  // namespace probate::live
