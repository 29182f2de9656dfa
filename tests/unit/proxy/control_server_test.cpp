#include "proxy/control_server.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/control_client.hpp"

namespace probate::proxy {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kLoopback = "127.0.0.1";

// A server whose handler says what it was asked, keeps the answers for later, or holds it up.
struct ControlWorld {
  explicit ControlWorld(const ControlServer::Config& config = {.host = kLoopback}) {
    auto started = ControlServer::start(
        config, [this](const ControlRequest& request, const ControlServer::Answer& answer) {
          if (request.target == "/later") return keep(answer);
          if (request.target == "/hold") {
            keep(answer);
            is_held.release();
            go_on.acquire();
            return;
          }
          answer([text = request.method + " " + request.target + " " + request.body] {
            return ControlResponse{.body = text, .type = "text/plain"};
          });
        });
    EXPECT_TRUE(started.has_value());
    server = std::move(*started);
  }
  void keep(const ControlServer::Answer& answer) {
    const std::lock_guard lock{mutex};
    kept.push_back(answer);
  }
  std::size_t waiting() {
    const std::lock_guard lock{mutex};
    return kept.size();
  }

  std::uint64_t rejected(journal::Rejected why) const {
    return server->counters().rejected[static_cast<std::size_t>(why)];
  }

  std::mutex mutex;
  std::deque<ControlServer::Answer> kept;
  std::binary_semaphore is_held{0};  // the server's thread, until it may go on
  std::binary_semaphore go_on{0};
  std::unique_ptr<ControlServer> server;
};

// A client that sends bytes and reads what comes.
class RawClient {
 public:
  explicit RawClient(const ControlWorld& world) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), world.server->port()});
  }
  RawClient& send(const std::string& bytes) {
    boost::system::error_code error;  // a server that has refused may have closed
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return *this;
  }
  // Up to the end of the connection, or until `part` has come.
  std::string read(const std::string& part = {}) {
    std::string all;
    std::array<char, 4096> buffer{};
    boost::system::error_code error;
    while (!error && (part.empty() || all.find(part) == all.npos)) {
      const std::size_t bytes = socket_.read_some(boost::asio::buffer(buffer), error);
      all.append(buffer.data(), bytes);
    }
    return all;
  }

 private:
  boost::asio::io_context io_;
  tcp::socket socket_{io_};
};

std::string get(const std::string& target, const std::string& fields = "Connection: close\r\n") {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + fields + "\r\n";
}
std::string post(std::size_t length, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: " +
         std::to_string(length) + "\r\n\r\n" + body;
}

TEST(ControlServer, answers_one_request_after_another_on_a_connection) {
  const ControlWorld world;
  RawClient client{world};
  EXPECT_THAT(client.send(get("/a", "")).read("GET /a "), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.send(get("/b", "")).read("GET /b "), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.send(post(5, "hello")).read(), HasSubstr("\r\n\r\nPOST / hello"));
  EXPECT_EQ(world.server->counters().answered, (std::array<std::uint64_t, 3>{3, 0, 0}));
}

TEST(ControlServer, takes_requests_that_come_in_one_piece) {
  const ControlWorld world;
  const std::string both = RawClient{world}.send(get("/a", "") + get("/b")).read();
  EXPECT_THAT(both, HasSubstr("GET /a "));
  EXPECT_THAT(both, HasSubstr("GET /b "));
}

TEST(ControlServer, refuses_a_body_that_is_too_large_before_it_comes) {
  const ControlWorld world;
  EXPECT_THAT(RawClient{world}.send(post(kControlBodyBytesMax + 1, "")).read(),
              StartsWith("HTTP/1.1 413 "));
  const std::string most(kControlBodyBytesMax, 'x');
  EXPECT_THAT(RawClient{world}.send(post(most.size(), most)).read(), StartsWith("HTTP/1.1 200 "));
}

TEST(ControlServer, refuses_a_body_in_chunks_that_grows_too_large) {
  const ControlWorld world;
  std::string request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 5; ++i) request += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  EXPECT_THAT(RawClient{world}.send(request + "0\r\n\r\n").read(), StartsWith("HTTP/1.1 413 "));
}

TEST(ControlServer, refuses_a_head_that_is_too_large) {
  const ControlWorld world;
  const std::string field = "X: " + std::string(kControlHeaderBytesMax, 'x') + "\r\n";
  EXPECT_THAT(RawClient{world}.send(get("/", field)).read(), StartsWith("HTTP/1.1 431 "));
}

TEST(ControlServer, refuses_what_is_no_http) {
  const ControlWorld world;
  EXPECT_THAT(RawClient{world}.send("\x10\x0e\r\n\r\n").read(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(world.server->counters().answered, (std::array<std::uint64_t, 3>{0, 1, 0}));
  EXPECT_EQ(world.rejected(journal::Rejected::malformed), 1u);
}

TEST(ControlServer, gives_up_a_request_that_does_not_come_to_its_end) {
  const ControlWorld world{{.host = kLoopback, .request_wait = 20ms}};
  EXPECT_THAT(RawClient{world}.send("GET / HTTP/1.1\r\nHost: 127").read(),
              StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(RawClient{world}.send(post(10, "half")).read(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(world.rejected(journal::Rejected::late), 2u);
}

TEST(ControlServer, asks_for_a_body_that_its_client_holds_back) {
  const ControlWorld world;
  RawClient client{world};
  client.send(
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.read("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  EXPECT_THAT(client.send("ok").read(), HasSubstr("POST / ok"));
}

TEST(ControlServer, lets_nobody_past_the_guard) {
  const ControlWorld world{{.host = kLoopback, .token = "correct-horse-battery"}};
  const std::string refused = RawClient{world}.send(get("/")).read();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  const std::string known = "Authorization: Bearer correct-horse-battery\r\nConnection: close\r\n";
  EXPECT_THAT(RawClient{world}.send(get("/", known)).read(), StartsWith("HTTP/1.1 200 "));
  const ControlWorld open;
  EXPECT_THAT(RawClient{open}
                  .send("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                  .read(),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(RawClient{open}
                  .send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .read(),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(world.rejected(journal::Rejected::token), 1u);
  EXPECT_EQ(open.rejected(journal::Rejected::origin), 1u);
  EXPECT_EQ(open.rejected(journal::Rejected::malformed), 1u);
}

TEST(ControlServer, says_so_when_the_proxy_does_not_answer_in_time_and_forgets_what_comes_later) {
  ControlWorld world{{.host = kLoopback, .answer_wait = 20ms}};
  RawClient client{world};
  EXPECT_THAT(client.send(get("/later", "")).read("in time"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.server->counters().answered, (std::array<std::uint64_t, 3>{0, 0, 1}));
  ASSERT_EQ(world.waiting(), 1u);
  world.kept[0]([] { return ControlResponse{.body = "too late"}; });
  EXPECT_THAT(client.send(get("/next", "")).read("GET /next "), testing::Not(HasSubstr("late")));
}

TEST(ControlServer, answers_from_any_thread_and_to_nobody_once_it_is_gone) {
  ControlWorld world;
  RawClient client{world};
  client.send(get("/later", ""));
  while (world.waiting() == 0) std::this_thread::yield();
  world.kept[0]([] { return ControlResponse{.body = "from elsewhere"}; });
  EXPECT_THAT(client.read("elsewhere"), StartsWith("HTTP/1.1 200 "));
  client.send(get("/later", ""));
  while (world.waiting() == 1) std::this_thread::yield();
  world.server.reset();
  EXPECT_EQ(client.read(), "");
  world.kept[1]([] { return ControlResponse{}; });
}

// Once it has taken one it takes the next, which then waits behind the word that it is to stop.
TEST(ControlServer, stops_while_many_connect) {
  ControlWorld world;
  RawClient one{world};
  RawClient other{world};
  for (RawClient* each : {&one, &other}) each->send(get("/", "")).read("GET / ");
  one.send(get("/hold", ""));
  world.is_held.acquire();
  other.send(get("/hold", ""));
  std::deque<RawClient> many;
  while (many.size() < kControlConnectionsMax - 2) many.emplace_back(world);
  world.go_on.release();
  world.is_held.acquire();  // a few of them have been taken meanwhile
  std::thread stopping{[&world] { world.server.reset(); }};
  const auto is_told = [&world] {
    const auto word = std::make_shared<bool>();
    world.kept[0]([word] { return ControlResponse{}; });
    return word.use_count() == 1;  // nobody keeps an answer any more
  };
  while (!is_told()) std::this_thread::yield();
  world.go_on.release();
  stopping.join();
}

TEST(ControlServer, gives_the_place_of_an_idle_connection_to_a_new_one) {
  const ControlWorld world;
  std::deque<RawClient> idle;
  for (std::size_t i = 0; i < kControlConnectionsMax; ++i) {
    EXPECT_THAT(idle.emplace_back(world).send(get("/", "")).read("GET / "), HasSubstr(" 200 "));
  }
  EXPECT_THAT(RawClient{world}.send(get("/new")).read(), HasSubstr("GET /new "));
  EXPECT_EQ(idle.front().read(), "");
  EXPECT_THAT(idle.back().send(get("/still")).read(), HasSubstr("GET /still "));
  EXPECT_EQ(world.rejected(journal::Rejected::crowded), 1u);
}

TEST(ControlServer, has_so_many_requests_under_way_and_no_more) {
  ControlWorld world;
  std::deque<RawClient> busy;
  for (std::size_t i = 0; i < kControlConnectionsMax; ++i) {
    busy.emplace_back(world).send(get("/later", ""));
    while (world.waiting() == i) std::this_thread::yield();
  }
  EXPECT_EQ(RawClient{world}.send(get("/")).read(), "");
  EXPECT_EQ(world.rejected(journal::Rejected::crowded), 1u);
  for (const auto& answer : world.kept) answer([] { return ControlResponse{.body = "done"}; });
  EXPECT_THAT(busy.front().read("done"), HasSubstr("done"));
}

TEST(ControlServer, answers_no_more_than_so_many_requests_a_second) {
  const ControlWorld world;
  RawClient client{world};
  std::string last;
  for (int i = 0; i < 1'000'000 && last.find(" 429 ") == last.npos; ++i) {
    last = client.send(get("/", "")).read("\r\n\r\n");
    ASSERT_FALSE(last.empty());
  }
  EXPECT_THAT(last, HasSubstr(" 429 "));
  EXPECT_EQ(world.rejected(journal::Rejected::rate), 1u);
}

TEST(ControlServer, says_why_it_cannot_listen) {
  const ControlWorld world;
  const auto second = ControlServer::start({.host = "127.0.0.1", .port = world.server->port()},
                                           [](const auto&, const auto&) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error(), HasSubstr("cannot listen on 127.0.0.1:"));
}

TEST(ControlClient, asks_and_gets_the_answer) {
  const ControlWorld world{{.host = kLoopback, .token = "correct-horse-battery"}};
  const ControlAddress address{"127.0.0.1", world.server->port()};
  const auto answered = ask_control(
      address,
      {.method = "POST", .target = "/x", .body = "body", .token = "correct-horse-battery"});
  ASSERT_TRUE(answered.has_value());
  EXPECT_EQ(answered->status, 200u);
  EXPECT_EQ(answered->body, "POST /x body");
  const auto refused = ask_control(address, {.target = "/x"});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 401u);
}

TEST(ControlClient, says_that_nobody_is_there) {
  std::uint16_t port = 0;
  {
    const ControlWorld world;
    port = world.server->port();
  }
  const auto answered = ask_control({"127.0.0.1", port}, {.target = "/"});
  ASSERT_FALSE(answered.has_value());
  EXPECT_THAT(answered.error(), StartsWith("cannot connect to the control API at 127.0.0.1:"));
}

TEST(ControlRequestText, is_read_as_the_server_reads_it) {
  const auto read = read_control_request(post(5, "hello"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->method, "POST");
  EXPECT_EQ(read->host, "127.0.0.1");
  EXPECT_EQ(read->body, "hello");
  EXPECT_FALSE(read->origin.has_value());
  EXPECT_FALSE(read_control_request("GET /").has_value());
  const auto large = read_control_request(post(kControlBodyBytesMax + 1, ""));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().status, 413u);
}

}  // namespace
}  // namespace probate::proxy
