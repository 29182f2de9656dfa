#include "sim/cli/proxy_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::cli {
namespace {

using testing::HasSubstr;

ProxyCommand good(std::vector<std::string> words) {
  words.insert(words.begin(), {"--listen", "1884", "--upstream", "broker.lab"});
  auto parsed = parse_proxy_options(words);
  EXPECT_TRUE(parsed.has_value());
  return parsed ? std::move(*parsed) : ProxyCommand{};
}

std::string mistake(const std::vector<std::string>& words) {
  const auto parsed = parse_proxy_options(words);
  return parsed ? std::string{"none"} : parsed.error();
}

TEST(ProxyOptions, need_only_two_addresses) {
  const ProxyCommand command = good({});
  EXPECT_EQ(command.proxy.listen_host, "127.0.0.1");
  EXPECT_EQ(command.proxy.listen_port, 1884);
  EXPECT_EQ(command.proxy.upstream_host, "broker.lab");
  EXPECT_EQ(command.proxy.upstream_port, 1883);
  EXPECT_EQ(command.proxy.drain, 10s);
  EXPECT_FALSE(command.proxy.observes);
  EXPECT_EQ(command.out, "");
  EXPECT_TRUE(command.load.load.real_devices);
  EXPECT_THAT(mistake({}), HasSubstr("proxy needs --listen"));
  EXPECT_THAT(mistake({"--listen", "1"}), HasSubstr("proxy needs --upstream"));
}

TEST(ProxyOptions, know_the_forms_of_an_upstream) {
  const auto upstream = [](const std::string& text) {
    const auto parsed = parse_proxy_options({"--listen", "0", "--upstream", text});
    if (!parsed) return parsed.error();
    return parsed->proxy.upstream_host + " " + std::to_string(parsed->proxy.upstream_port);
  };
  EXPECT_EQ(upstream("b:18"), "b 18");
  EXPECT_EQ(upstream("[::1]:18"), "::1 18");
  EXPECT_EQ(upstream("[::1]"), "::1 1883");
  for (const char* bad : {":1883", "b:0", "b:x", "b:65536", "::1", ""}) {
    EXPECT_THAT(upstream(bad), HasSubstr("expected the broker as HOST")) << bad;
  }
}

TEST(ProxyOptions, write_results_where_they_are_judged) {
  EXPECT_EQ(good({"--observe"}).out, "probate-out");
  EXPECT_EQ(good({"--observe", "--out", "x"}).out, "x");
  EXPECT_EQ(good({"--out", "x"}).out, "x");
}

TEST(ProxyOptions, refuse_what_they_do_not_know) {
  const std::vector<std::string> addresses{"--listen", "0", "--upstream", "b"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), addresses.begin(), addresses.end());
    return mistake(more);
  };
  EXPECT_THAT(with({"lab.yaml"}), HasSubstr("given with --scenario"));
  EXPECT_THAT(with({"--time-scale", "2"}), HasSubstr("unknown flag"));
  EXPECT_THAT(with({"--drain", "5m"}), HasSubstr("--drain 5m: expected 0, or seconds"));
  EXPECT_THAT(with({"--drain", "3601s"}), HasSubstr("at most 3600s"));
  EXPECT_THAT(mistake({"--listen", "lab:1", "--upstream", "b"}), HasSubstr("--listen"));
}

TEST(ProxyOptions, take_a_control_address_of_this_machine_without_a_token) {
  EXPECT_FALSE(good({}).control.has_value());
  EXPECT_FALSE(good({}).proxy.is_controlled);
  const ProxyCommand command = good({"--control", "9465"});
  EXPECT_EQ(command.control->text(), "127.0.0.1:9465");
  EXPECT_TRUE(command.proxy.is_controlled);
  EXPECT_EQ(good({"--control", "[::1]:9465"}).control->text(), "[::1]:9465");
}

TEST(ProxyOptions, want_a_token_where_others_can_reach_the_control_api) {
  const std::vector<std::string> addresses{"--listen", "1884", "--upstream", "broker.lab"};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.begin(), addresses.begin(), addresses.end());
    return mistake(words);
  };
  EXPECT_THAT(with({"--control", "0.0.0.0:9465"}), HasSubstr("needs a --control-token-file"));
  EXPECT_THAT(with({"--control", "[::]:9465"}), HasSubstr("needs a --control-token-file"));
  EXPECT_THAT(with({"--control", "10.0.0.1:9465"}), HasSubstr("needs a --control-token-file"));
  EXPECT_THAT(with({"--control", "proxy.lab:9465"}), HasSubstr("--control \"proxy.lab:9465\""));
  EXPECT_THAT(with({"--control-token-file", "x"}), HasSubstr("which is not given"));
}

}  // namespace
}  // namespace probate::cli
