#include "sim/cli/control_api.hpp"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/controlled.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;

struct ApiWorld {
  proxy::ControlResponse ask(const std::string& method, const std::string& target,
                             const std::string& body = {}) {
    proxy::ControlResponse got;
    got.status = 0;
    api.handle({.method = method, .target = target, .host = "127.0.0.1", .body = body},
               [&got](const proxy::ControlServer::Reply& reply) { got = reply(); });
    return got;
  }
  unsigned status(const std::string& method, const std::string& target,
                  const std::string& body = {}) {
    return ask(method, target, body).status;
  }

  test::FakeProxy fake;
  std::optional<Reloader::Outcome> reloaded;  // nothing: it was not asked
  int reloads = 0;
  ControlApi api{[this](const std::function<void(live::Controlled&)>& task) { task(fake); },
                 {ToxiproxyApi::Front{"127.0.0.1:1884", "broker.lab:1883"}},
                 {"devices", "meters"},
                 [this](const Reloader::Done& done) {
                   ++reloads;
                   if (reloaded) done(*reloaded);
                 }};
};

TEST(ControlApi, says_that_it_lives_and_what_it_is) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/-/healthy").body, "ok\n");
  EXPECT_THAT(world.ask("GET", "/v1/version").body, HasSubstr("\"api\":1"));
}

TEST(ControlApi, makes_lists_shows_and_heals_faults) {
  ApiWorld world;
  const auto made = world.ask("POST", "/v1/faults", R"({"do":"stall","for":"30s","name":"mine"})");
  EXPECT_EQ(made.status, 201u);
  EXPECT_EQ(made.body,
            R"({"by":"hand","id":1,"name":"mine","what":"stall direction: both","on":"all",)"
            R"("active":2,"age_s":0E0,"left_s":3E1,"newcomers":false,"hit":2,)"
            R"("skipped":{"no_link":1}})"
            "\n");
  EXPECT_EQ(world.status("POST", "/v1/faults", "{do: refuse, forever: true}"), 201u);
  EXPECT_THAT(world.ask("GET", "/v1/faults").body, HasSubstr(R"("name":"mine")"));
  EXPECT_THAT(world.ask("GET", "/v1/faults/2").body, HasSubstr(R"("left_s":null)"));
  EXPECT_EQ(world.status("DELETE", "/v1/faults/1"), 200u);
  EXPECT_EQ(world.status("DELETE", "/v1/faults/1"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/faults/1"), 404u);
  EXPECT_THAT(world.ask("DELETE", "/v1/faults").body, HasSubstr(R"("id":2)"));
  EXPECT_EQ(world.ask("GET", "/v1/faults").body, "{\"faults\":[]}\n");
}

TEST(ControlApi, points_at_every_mistake_of_a_fault) {
  ApiWorld world;
  const auto refused = world.ask("POST", "/v1/faults", R"({"do":"stall","for":"30"})");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_THAT(refused.body, HasSubstr(R"({"error":"1:21: )"));
  EXPECT_THAT(refused.body,
              HasSubstr(R"("mistakes":[{"file":"fault","line":1,"column":21,"code":"E0106",)"));
  EXPECT_TRUE(world.fake.standing.empty());
}

TEST(ControlApi, takes_no_name_that_could_be_an_id) {
  ApiWorld world;
  const auto refused = world.ask("POST", "/v1/faults", R"({"do":"stall","name":"3"})");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_THAT(refused.body, HasSubstr("1:22: a name of digits only would be taken for an id"));
  EXPECT_EQ(world.status("POST", "/v1/faults", R"({"do":"stall","name":"3rd"})"), 201u);
}

TEST(ControlApi, takes_a_source_as_links_show_it) {
  ApiWorld world;
  EXPECT_EQ(world.status("POST", "/v1/faults", R"({"do":"stall","on":{"source":"[::1]"}})"), 201u);
  ASSERT_EQ(world.fake.standing.size(), 1u);
  EXPECT_EQ(world.fake.standing[0].on, R"(source: "::1")");
}

TEST(ControlApi, says_why_a_fault_could_try_nobody) {
  ApiWorld world;
  live::FaultFacts facts;
  facts.number = 1;
  facts.nobody = "nobody is there";
  world.fake.standing.push_back(facts);
  EXPECT_THAT(world.ask("GET", "/v1/faults").body, HasSubstr(R"("nobody":"nobody is there")"));
}

TEST(ControlApi, says_why_the_proxy_takes_no_fault) {
  ApiWorld world;
  world.fake.refusal = live::Refusal{live::Refusal::Why::too_many, "enough"};
  EXPECT_EQ(world.ask("POST", "/v1/faults", "{do: refuse}").status, 409u);
  world.fake.refusal = live::Refusal{live::Refusal::Why::impossible, "not here"};
  EXPECT_EQ(world.ask("POST", "/v1/faults", "{do: stall, ack: none}").status, 409u);
  world.fake.refusal = live::Refusal{live::Refusal::Why::draining, "ending"};
  EXPECT_EQ(world.ask("POST", "/v1/faults", "{do: refuse}").status, 503u);
  EXPECT_EQ(world.ask("POST", "/v1/faults", "{do: refuse}").body, "{\"error\":\"ending\"}\n");
}

TEST(ControlApi, lists_links_a_page_at_a_time) {
  ApiWorld world;
  live::LinkFacts link;
  link.connection = ConnectionId{7};
  link.client_id = "meter \"1\"";
  link.group = "meters";
  link.source = "127.0.0.1:5";
  link.listener = "127.0.0.1:1884";
  link.speaks = "mqtt";
  link.sni = "a.lab";
  link.state = "open";
  link.bytes_up = 12;
  link.faults = {"slow"};
  world.fake.page.links.push_back(link);
  world.fake.page.more = true;
  EXPECT_EQ(
      world.ask("GET", "/v1/links?devices=meter%20*&after=3&limit=1").body,
      R"({"links":[{"connection":7,"client_id":"meter \"1\"","group":"meters",)"
      R"("source":"127.0.0.1:5",)"
      R"("listener":"127.0.0.1:1884",)"
      R"("speaks":"mqtt","sni":"a.lab","age_s":0E0,"state":"open","bytes_up":12,"bytes_down":0,)"
      R"("faults":["slow"]}],"after":7})"
      "\n");
  EXPECT_EQ(world.fake.asked.devices, "meter *");
  EXPECT_EQ(world.fake.asked.after, ConnectionId{3});
  EXPECT_EQ(world.fake.asked.most, 1u);
}

TEST(ControlApi, lists_listeners) {
  ApiWorld world;
  world.fake.fronts = {{.listen = "[::1]:1884",
                        .upstream = "10.0.0.1:1883",
                        .accepted = 3,
                        .dial_errors = 1,
                        .refused = {{"proxy_header", 2}}}};
  EXPECT_EQ(world.ask("GET", "/v1/listeners").body,
            R"({"listeners":[{"listen":"[::1]:1884","upstream":"10.0.0.1:1883","accepted":3,)"
            R"("dial_errors":1,"refused":{"proxy_header":2}}]})"
            "\n");
  EXPECT_EQ(world.status("POST", "/v1/listeners"), 405u);
}

TEST(ControlApi, refuses_queries_that_mean_nothing) {
  ApiWorld world;
  for (const char* query : {"device=x", "after=x", "limit=0", "limit=1001", "devices=%4",
                            "devices=%zz", "after", "limit=-1", "&"}) {
    EXPECT_EQ(world.status("GET", std::string{"/v1/links?"} + query), 400u) << query;
  }
  EXPECT_EQ(world.status("GET", "/v1/links?"), 200u);
}

TEST(ControlApi, reads_the_files_again_and_says_what_changed) {
  ApiWorld world;
  world.reloaded = Reloader::Changed{
      {.faults = {.kept = 2, .added = {"late"}, .removed = {"cut"}}, .certificates = 1}, "a line"};
  const auto got = world.ask("POST", "/v1/reload");
  EXPECT_EQ(got.status, 200u);
  EXPECT_EQ(got.body,
            R"({"faults":{"kept":2,"added":["late"],"changed":[],"removed":["cut"],"past":[]},)"
            R"("certificates":1,"said":"a line"})"
            "\n");
  EXPECT_EQ(world.status("GET", "/v1/reload"), 405u);
  EXPECT_EQ(world.status("POST", "/v1/reload", "faults: []"), 400u) << "it is no file";
  EXPECT_EQ(world.reloads, 1);
}

TEST(ControlApi, says_why_nothing_that_was_read_again_is_taken) {
  ApiWorld world;
  yaml::Diagnostic mistake;
  mistake.file = "a.yaml";
  mistake.line = 3;
  mistake.column = 2;
  mistake.code = "E0101";
  mistake.message = "what";
  world.reloaded = Failure{Reloader::Trouble{{{mistake}, {}}}};
  const auto mistakes = world.ask("POST", "/v1/reload");
  EXPECT_EQ(mistakes.status, 400u);
  EXPECT_THAT(mistakes.body, HasSubstr(R"("file":"a.yaml","line":3)"));
  world.reloaded = Failure{Reloader::Trouble{{{}, "the phases changed"}}};
  EXPECT_EQ(world.status("POST", "/v1/reload"), 409u);
  world.reloaded = Failure{Reloader::Trouble{{{}, "it ends"}, true}};
  EXPECT_EQ(world.status("POST", "/v1/reload"), 503u);
}

TEST(ControlApi, knows_its_paths_and_their_methods) {
  ApiWorld world;
  EXPECT_EQ(world.status("GET", "/"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/fault"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/faultsx"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/faults/"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/faults/0"), 404u);
  EXPECT_EQ(world.status("GET", "/v1/faults/1x"), 404u);
  EXPECT_EQ(world.status("GET", ""), 404u);
  EXPECT_EQ(world.status("POST", "/v1/links"), 405u);
  EXPECT_EQ(world.status("PUT", "/v1/faults"), 405u);
  EXPECT_EQ(world.status("POST", "/v1/faults/1"), 405u);
  EXPECT_EQ(world.status("DELETE", "/v1/version"), 405u);
  const auto refused = world.ask("PUT", "/v1/faults");
  ASSERT_EQ(refused.fields.size(), 1u);
  EXPECT_EQ(refused.fields[0].second, "GET, POST, DELETE");
}

}  // namespace
}  // namespace probate::cli
