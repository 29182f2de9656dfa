#include "proxy/control_guard.hpp"

#include <gtest/gtest.h>

namespace probate::proxy {
namespace {

constexpr const char* kToken = "correct-horse-battery";

unsigned status_of(const ControlGuard& guard, ControlRequest request) {
  const auto refused = guard.refuse(request);
  return refused ? refused->status : 200;
}
unsigned open_to(const std::string& host, std::optional<std::string> origin = {}) {
  return status_of(ControlGuard{""},
                   {.method = "GET", .target = "/", .host = host, .origin = std::move(origin)});
}
unsigned with_token(const std::string& authorization, const std::string& host = "127.0.0.1") {
  return status_of(ControlGuard{kToken},
                   {.method = "GET", .target = "/", .host = host, .authorization = authorization});
}

TEST(ControlGuard, answers_a_host_that_no_name_server_can_turn) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9465", "localhost:9465", "LocalHost", "[::1]",
                           "[::1]:9465", "192.168.7.14:80"}) {
    EXPECT_EQ(open_to(host), 200u) << host;
  }
}

TEST(ControlGuard, does_not_answer_a_name_that_somebody_made_lead_here) {
  for (const char* host : {"evil.example", "evil.example:9465", "localhost.evil.example",
                           "127.0.0.1.evil.example", "[", "[::1", ":9465", "127.0.0.1@evil"}) {
    EXPECT_EQ(open_to(host), 403u) << host;
  }
  EXPECT_EQ(open_to(""), 400u);
}

TEST(ControlGuard, does_not_answer_pages_from_elsewhere) {
  EXPECT_EQ(open_to("127.0.0.1:9465", "http://127.0.0.1:9465"), 200u);
  EXPECT_EQ(open_to("127.0.0.1:9465", "http://evil.example"), 403u);
  EXPECT_EQ(open_to("127.0.0.1:9465", "http://127.0.0.1:3000"), 403u);
  EXPECT_EQ(open_to("127.0.0.1:9465", "null"), 403u);
}

TEST(ControlGuard, wants_the_token_if_there_is_one) {
  EXPECT_EQ(with_token("Bearer correct-horse-battery"), 200u);
  EXPECT_EQ(with_token("bearer correct-horse-battery"), 200u) << "a scheme has no case";
  EXPECT_EQ(with_token("BEARER Correct-horse-battery"), 401u) << "a token has";
  EXPECT_EQ(with_token("Bearer correct-horse-batterx"), 401u);
  EXPECT_EQ(with_token("Bearer correct-horse-batter"), 401u);
  EXPECT_EQ(with_token("Bearer correct-horse-battery "), 401u);
  EXPECT_EQ(with_token("correct-horse-battery"), 401u);
  EXPECT_EQ(with_token("Bearer "), 401u);
  EXPECT_EQ(with_token(""), 401u);
}

TEST(ControlGuard, answers_any_name_to_who_knows_the_token) {
  EXPECT_EQ(with_token("Bearer correct-horse-battery", "proxy.lab:9465"), 200u);
  EXPECT_EQ(with_token("Bearer guessed", "proxy.lab:9465"), 401u);
}

TEST(ControlGuard, compares_secrets_whole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "a"));
}

TEST(ControlRate, lets_a_burst_through_and_then_so_many_a_second) {
  ControlRate rate;
  int taken = 0;
  while (rate.take(kRunStart)) ++taken;
  EXPECT_EQ(taken, 500);
  EXPECT_FALSE(rate.take(kRunStart + 1ms));
  EXPECT_TRUE(rate.take(kRunStart + 2ms));  // 500 a second
  EXPECT_FALSE(rate.take(kRunStart + 2ms));
  taken = 0;
  while (rate.take(kRunStart + 1h)) ++taken;
  EXPECT_EQ(taken, 500);
}

}  // namespace
}  // namespace probate::proxy
