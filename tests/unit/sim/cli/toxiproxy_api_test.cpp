// Several listeners as several of Toxiproxy's proxies; one of them, and a real client library:
// tests/integration/toxiproxy_test.py.
#include "sim/cli/toxiproxy_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/controlled.hpp"

namespace probate::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct ToxiWorld {
  proxy::ControlResponse ask(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    proxy::ControlResponse got;
    got.status = 0;
    api.handle({.method = method, .target = target, .host = "127.0.0.1", .body = body},
               [&got](const proxy::ControlServer::Reply& reply) { got = reply(); });
    return got;
  }

  test::FakeProxy fake;
  ToxiproxyApi api{[this](const std::function<void(live::Controlled&)>& task) { task(fake); },
                   {{"127.0.0.1:1884", "a.lab:1883"},
                    {"[::1]:1884", "a.lab:1883"},
                    {"127.0.0.1:1885", "b:1883"}}};
};

TEST(ToxiproxyApi, is_a_proxy_for_each_listener) {
  ToxiWorld world;
  EXPECT_THAT(world.ask("GET", "/proxies").body,
              AllOf(HasSubstr(R"("mqtt":{"name":"mqtt","listen":"127.0.0.1:1884")"),
                    HasSubstr(R"("mqtt-2":{"name":"mqtt-2","listen":"[::1]:1884")"),
                    HasSubstr(R"("mqtt-3":{"name":"mqtt-3","listen":"127.0.0.1:1885")")));
}

TEST(ToxiproxyApi, gives_the_proxy_at_an_address_the_name_that_a_client_wants) {
  ToxiWorld world;
  EXPECT_EQ(world
                .ask("POST", "/populate",
                     R"([{"name":"b","listen":"0.0.0.0:1885","upstream":"b:1883"},)"
                     R"({"name":"six","listen":"[::1]:1884","upstream":"a.lab:1883"}])")
                .status,
            201u);
  EXPECT_THAT(world.ask("GET", "/proxies/b").body, HasSubstr("127.0.0.1:1885"));
  EXPECT_THAT(world.ask("GET", "/proxies/six").body, HasSubstr("[::1]:1884"));
  EXPECT_EQ(world.ask("GET", "/proxies/mqtt-3").status, 404u);
  EXPECT_THAT(world.ask("POST", "/proxies", R"({"name":"x","listen":"h:1","upstream":"b:1883"})"),
              testing::Field(&proxy::ControlResponse::body, HasSubstr("none of the 3 listeners")));
  EXPECT_THAT(world.ask("POST", "/proxies/mqtt", R"({"name":"six"})").body,
              HasSubstr("is called six already"));
  EXPECT_THAT(world.ask("POST", "/proxies/mqtt", R"({"listen":"127.0.0.1:1885"})").body,
              HasSubstr("begin another process"));
  EXPECT_EQ(world.ask("POST", "/populate", "[]").status, 400u);
}

TEST(ToxiproxyApi, lets_a_toxic_hold_at_its_own_listener_only) {
  ToxiWorld world;
  const std::string latency =
      R"({"type":"latency","stream":"upstream","attributes":{"latency":5}})";
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt-3/toxics", latency).status, 200u);
  ASSERT_EQ(world.fake.standing.size(), 1u);
  EXPECT_THAT(world.fake.standing[0].on, HasSubstr(R"(listener: "127.0.0.1:1885")"));
  // The same name at another proxy is another toxic.
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", latency).status, 200u);
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", latency).status, 409u);
  EXPECT_THAT(world.ask("GET", "/proxies/mqtt-2/toxics").body, Not(HasSubstr("latency")));
  EXPECT_EQ(world.ask("POST", "/reset").status, 204u);
  EXPECT_TRUE(world.fake.standing.empty());
}

TEST(ToxiproxyApi, has_no_toxic_any_more_that_was_healed_elsewhere) {
  ToxiWorld world;
  const std::string toxics = "/proxies/mqtt/toxics";
  const std::string nothing = R"({"type":"latency","name":"none","attributes":{"latency":0}})";
  const std::string slow = R"({"type":"latency","name":"slow","attributes":{"latency":5}})";
  EXPECT_EQ(world.ask("POST", toxics, nothing).status, 200u);
  EXPECT_EQ(world.ask("POST", toxics, slow).status, 200u);
  EXPECT_THAT(world.ask("GET", toxics).body, HasSubstr("slow"));
  world.fake.heal_faults();
  EXPECT_THAT(world.ask("GET", toxics).body, AllOf(Not(HasSubstr("slow")), HasSubstr("none")));
  EXPECT_EQ(world.ask("GET", toxics + "/slow").status, 404u);
  EXPECT_EQ(world.ask("POST", toxics, slow).status, 200u) << "it can be made anew";
}

TEST(ToxiproxyApi, disables_one_listener_and_leaves_the_others) {
  ToxiWorld world;
  EXPECT_THAT(world.ask("POST", "/proxies/mqtt-2", R"({"enabled":false})").body,
              HasSubstr(R"("enabled":false)"));
  ASSERT_EQ(world.fake.standing.size(), 1u);
  EXPECT_THAT(world.fake.standing[0].on, HasSubstr(R"(listener: "[::1]:1884")"));
  EXPECT_EQ(world.fake.shut, std::set<std::string>{"[::1]:1884"});
  EXPECT_THAT(world.ask("GET", "/proxies/mqtt").body, HasSubstr(R"("enabled":true)"));
  EXPECT_EQ(world.ask("POST", "/reset").status, 204u);
  EXPECT_TRUE(world.fake.shut.empty());
}

TEST(ToxiproxyApi, says_what_keeps_a_listener_from_being_shut_or_opened_again) {
  ToxiWorld world;
  world.fake.trouble = "cannot listen on 127.0.0.1:1884: Address already in use";
  const auto refused = world.ask("POST", "/proxies/mqtt", R"({"enabled":false})");
  EXPECT_EQ(refused.status, 503u);
  EXPECT_THAT(refused.body, HasSubstr("Address already in use"));
  world.fake.trouble.clear();
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt", R"({"enabled":true})").status, 200u);
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt", R"({"enabled":false})").status, 200u);
  world.fake.trouble = "cannot listen on 127.0.0.1:1884: Address already in use";
  EXPECT_EQ(world.ask("POST", "/reset").status, 503u);
  EXPECT_THAT(world.ask("GET", "/proxies/mqtt").body, HasSubstr(R"("enabled":false)"));
}

constexpr const char* kLatency =
    R"({"name":"slow","type":"latency","stream":"upstream","attributes":{"latency":5}})";

TEST(ToxiproxyApi, makes_a_proxy_that_is_disabled_from_the_beginning) {
  ToxiWorld world;
  const std::string off = R"({"name":"a","listen":"127.0.0.1:1884","enabled":false})";
  const auto made = world.ask("POST", "/proxies", off);
  EXPECT_EQ(made.status, 201u);
  EXPECT_THAT(made.body, HasSubstr(R"("enabled":false)"));
  EXPECT_EQ(world.fake.shut, std::set<std::string>{"127.0.0.1:1884"});
  const auto all = world.ask("POST", "/populate",
                             R"([{"name":"a","listen":"127.0.0.1:1884","enabled":true},)"
                             R"({"name":"b","listen":"127.0.0.1:1885","enabled":false}])");
  EXPECT_EQ(all.status, 201u);
  EXPECT_THAT(all.body, AllOf(HasSubstr(R"("enabled":true)"), HasSubstr(R"("enabled":false)")));
  EXPECT_EQ(world.fake.shut, std::set<std::string>{"127.0.0.1:1885"});
  ASSERT_EQ(world.fake.standing.size(), 1u);
  EXPECT_THAT(world.fake.standing[0].on, HasSubstr(R"(listener: "127.0.0.1:1885")"));
}

TEST(ToxiproxyApi, changes_nothing_where_one_of_several_proxies_is_refused) {
  ToxiWorld world;
  for (const char* second : {R"({"name":"b","listen":"h:1"})",
                             R"({"name":"b","listen":"127.0.0.1:1885","enabled":"no"})", "7"}) {
    const std::string both =
        R"([{"name":"a","listen":"127.0.0.1:1884","enabled":false},)" + std::string{second} + "]";
    EXPECT_EQ(world.ask("POST", "/populate", both).status, 400u) << second;
    EXPECT_EQ(world.ask("GET", "/proxies/a").status, 404u) << second;
    EXPECT_TRUE(world.fake.standing.empty()) << second;
  }
  // One proxy that is disabled takes a fault.
  world.fake.most = 1;
  EXPECT_EQ(world
                .ask("POST", "/populate",
                     R"([{"name":"a","listen":"127.0.0.1:1884","enabled":false},)"
                     R"({"name":"b","listen":"127.0.0.1:1885","enabled":false}])")
                .status,
            503u);
  EXPECT_TRUE(world.fake.standing.empty());
  EXPECT_THAT(world.ask("GET", "/proxies").body, Not(HasSubstr(R"("enabled":false)")));
  EXPECT_EQ(world.ask("GET", "/proxies/mqtt").status, 200u);
}

TEST(ToxiproxyApi, refuses_an_enabled_that_is_neither_true_nor_false) {
  ToxiWorld world;
  EXPECT_THAT(world.ask("POST", "/proxies/mqtt", R"({"enabled":"false"})").body,
              HasSubstr("enabled must be true or false"));
}

TEST(ToxiproxyApi, lists_no_toxic_that_the_proxy_did_not_take) {
  ToxiWorld world;
  world.fake.most = 0;
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", kLatency).status, 503u);
  EXPECT_EQ(world.ask("GET", "/proxies/mqtt/toxics").body, "[]\n");
  world.fake.most = 1;
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", kLatency).status, 200u);
}

TEST(ToxiproxyApi, keeps_a_toxic_whose_change_the_proxy_did_not_take) {
  ToxiWorld world;
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", kLatency).status, 200u);
  const std::string change = R"({"attributes":{"latency":7}})";
  world.fake.most = 1;
  EXPECT_EQ(world.ask("PATCH", "/proxies/mqtt/toxics/slow", change).status, 503u);
  EXPECT_THAT(world.ask("GET", "/proxies/mqtt/toxics/slow").body, HasSubstr(R"("latency":5)"));
  ASSERT_EQ(world.fake.standing.size(), 1u);
  const std::string what = world.fake.standing[0].what;
  world.fake.most = 2;
  EXPECT_EQ(world.ask("PATCH", "/proxies/mqtt/toxics/slow", change).status, 200u);
  ASSERT_EQ(world.fake.standing.size(), 1u);
  EXPECT_NE(world.fake.standing[0].what, what);
  EXPECT_EQ(world.ask("DELETE", "/proxies/mqtt/toxics/slow").status, 204u);
  EXPECT_TRUE(world.fake.standing.empty());
}

TEST(ToxiproxyApi, refuses_a_change_of_a_toxic_that_it_would_not_make) {
  ToxiWorld world;
  EXPECT_EQ(world.ask("POST", "/proxies/mqtt/toxics", kLatency).status, 200u);
  for (const char* change :
       {R"({"toxicity":0.5})", R"({"type":"bandwidth"})", R"({"stream":"downstream"})",
        R"({"name":"fast"})", R"({"attributes":5})", R"({"attributes":{"rate":5}})", "5"}) {
    EXPECT_EQ(world.ask("PATCH", "/proxies/mqtt/toxics/slow", change).status, 400u) << change;
  }
  // What clients send back that they have got is no change.
  const auto got = world.ask("GET", "/proxies/mqtt/toxics/slow");
  EXPECT_EQ(world.ask("PATCH", "/proxies/mqtt/toxics/slow", got.body).status, 200u);
}

}  // namespace
}  // namespace probate::cli
