#include "sim/cli/proxy_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::cli {
namespace {

using testing::ElementsAre;
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
  ASSERT_EQ(command.proxy.fronts.size(), 1u);
  EXPECT_EQ(command.proxy.fronts[0].listen_host, "127.0.0.1");
  EXPECT_EQ(command.proxy.fronts[0].listen_port, 1884);
  EXPECT_EQ(command.proxy.fronts[0].upstream_host, "broker.lab");
  EXPECT_EQ(command.proxy.fronts[0].upstream_port, 1883);
  EXPECT_EQ(command.proxy.drain, 10s);
  EXPECT_FALSE(command.proxy.observes);
  EXPECT_EQ(command.out, "");
  EXPECT_TRUE(command.load.load.real_devices);
  EXPECT_THAT(mistake({}), HasSubstr("proxy needs --listen"));
  EXPECT_THAT(mistake({"--listen", "1"}), HasSubstr("proxy needs --upstream"));
}

TEST(ProxyOptions, store_as_much_of_the_journal_as_is_said) {
  EXPECT_EQ(good({"--out", "x"}).events, journal::Level::notable);
  EXPECT_EQ(good({"--out", "x", "--events", "all"}).events, journal::Level::all);
  EXPECT_EQ(good({"--observe", "--events", "none"}).events, journal::Level::none);
  const std::vector<std::string> words{"--listen", "0", "--upstream", "b", "--events"};
  const auto with = [&words](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return mistake(more);
  };
  EXPECT_THAT(with({"some", "--out", "x"}), HasSubstr("expected notable, all or none"));
  EXPECT_THAT(with({"all"}), HasSubstr("--out holds, which is not given"));
  EXPECT_THAT(with({"none", "--out", "x"}), HasSubstr("leaves nothing for --out"));
}

TEST(ProxyOptions, need_no_journal_where_nobody_reads_it) {
  EXPECT_FALSE(good({}).proxy.is_journalled);
  EXPECT_FALSE(good({"--control", "0", "--drain", "0"}).proxy.is_journalled);
  EXPECT_TRUE(good({"--observe"}).proxy.is_journalled);
  EXPECT_TRUE(good({"--out", "x"}).proxy.is_journalled);
  EXPECT_TRUE(good({"--metrics", "0"}).proxy.is_journalled);
  EXPECT_TRUE(good({"--scenario", "x.yaml"}).proxy.is_journalled);
}

TEST(ProxyOptions, read_a_scenario_again_that_stands_in_a_file) {
  EXPECT_TRUE(good({"--scenario", "x.yaml"}).proxy.is_read_again);
  EXPECT_FALSE(good({"--scenario", "-"}).proxy.is_read_again);
  EXPECT_FALSE(good({}).proxy.is_read_again);
}

TEST(ProxyOptions, know_the_forms_of_an_upstream) {
  const auto upstream = [](const std::string& text) {
    const auto parsed = parse_proxy_options({"--listen", "0", "--upstream", text});
    if (!parsed) return parsed.error();
    const live::FrontOptions& front = parsed->proxy.fronts[0];
    return front.upstream_host + " " + std::to_string(front.upstream_port);
  };
  EXPECT_EQ(upstream("b:18"), "b 18");
  EXPECT_EQ(upstream("[::1]:18"), "::1 18");
  EXPECT_EQ(upstream("[::1]"), "::1 1883");
  for (const char* bad : {":1883", "b:0", "b:x", "b:65536", "::1", ""}) {
    EXPECT_THAT(upstream(bad), HasSubstr("expected the broker as HOST")) << bad;
  }
  EXPECT_THAT(upstream("127.0.0.1:99999"), HasSubstr("with a PORT from 1 to 65535"));
}

// LISTEN>UPSTREAM of each listener.
std::vector<std::string> pairs(const std::vector<std::string>& words) {
  const auto parsed = parse_proxy_options(words);
  if (!parsed) return {parsed.error()};
  std::vector<std::string> all;
  for (const live::FrontOptions& front : parsed->proxy.fronts) {
    all.push_back(HostPort{front.listen_host, front.listen_port}.text() + ">" + front.upstream());
  }
  return all;
}

TEST(ProxyOptions, give_each_listener_the_flags_behind_it) {
  EXPECT_THAT(
      pairs({"--listen", "[::1]:1", "--upstream", "[::1]:2", "--listen", "3", "--upstream", "b"}),
      ElementsAre("[::1]:1>[::1]:2", "127.0.0.1:3>b:1883"));
  EXPECT_THAT(pairs({"--upstream", "b", "--listen", "1"}), ElementsAre("127.0.0.1:1>b:1883"));
}

TEST(ProxyOptions, give_every_listener_what_stands_before_the_first) {
  EXPECT_THAT(pairs({"--upstream", "b", "--listen", "1", "--listen", "2", "--upstream", "c"}),
              ElementsAre("127.0.0.1:1>b:1883", "127.0.0.1:2>c:1883"));
}

TEST(ProxyOptions, leave_no_listener_without_a_broker_and_none_with_two) {
  EXPECT_THAT(mistake({"--listen", "1", "--listen", "2", "--upstream", "b"}),
              HasSubstr("--listen 1 has no --upstream"));
  const char* const twice = "--upstream is given twice for one listener";
  EXPECT_THAT(mistake({"--listen", "1", "--upstream", "b", "--upstream", "c"}), HasSubstr(twice));
  EXPECT_THAT(mistake({"--upstream", "b", "--listen", "1", "--upstream", "c"}), HasSubstr(twice));
  EXPECT_THAT(mistake({"--upstream", "b", "--upstream", "c", "--listen", "1"}), HasSubstr(twice));
  std::vector<std::string> many{"--upstream", "b"};
  for (int i = 0; i < 65; ++i) many.insert(many.end(), {"--listen", "0"});
  EXPECT_THAT(mistake(many), HasSubstr("at 64 addresses at most"));
}

TEST(ProxyOptions, take_the_proxy_protocol_of_each_listener) {
  const auto parsed =
      parse_proxy_options({"--upstream", "b", "--listen", "1", "--proxy-protocol-in", "--listen",
                           "2", "--proxy-protocol-out", "v2"});
  ASSERT_TRUE(parsed.has_value());
  const auto& fronts = parsed->proxy.fronts;
  EXPECT_TRUE(fronts[0].expects_header);
  EXPECT_FALSE(fronts[0].sends_header.has_value());
  EXPECT_FALSE(fronts[1].expects_header);
  EXPECT_EQ(fronts[1].sends_header, proxy::HeaderVersion::v2);
  EXPECT_THAT(mistake({"--upstream", "b", "--listen", "1", "--proxy-protocol-out", "v3"}),
              HasSubstr("expected v1 or v2"));
}

TEST(ProxyOptions, take_the_tls_of_each_listener) {
  const auto parsed = parse_proxy_options({"--upstream",
                                           "b.lab",
                                           "--upstream-tls",
                                           "--upstream-ca",
                                           "ca.pem",
                                           "--listen",
                                           "1",
                                           "--tls-cert",
                                           "c.pem",
                                           "--tls-key",
                                           "k.pem",
                                           "--tls-client-ca",
                                           "d.pem",
                                           "--listen",
                                           "2",
                                           "--upstream-sni",
                                           "x.lab",
                                           "--upstream-cert",
                                           "e.pem",
                                           "--upstream-key",
                                           "f.pem"});
  ASSERT_TRUE(parsed.has_value());
  const auto& fronts = parsed->proxy.fronts;
  ASSERT_TRUE(fronts[0].devices_tls && fronts[0].broker_tls && fronts[1].broker_tls);
  EXPECT_EQ(fronts[0].devices_tls->client_ca, "d.pem");
  EXPECT_EQ(fronts[0].broker_tls->name, "");
  EXPECT_TRUE(fronts[0].broker_tls->verifies);
  EXPECT_FALSE(fronts[1].devices_tls.has_value());
  EXPECT_EQ(fronts[1].broker_tls->ca, "ca.pem");
  EXPECT_EQ(fronts[1].broker_tls->name, "x.lab");
  EXPECT_EQ(fronts[1].broker_tls->key, "f.pem");
}

TEST(ProxyOptions, say_which_flags_of_tls_belong_together) {
  const auto with = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"--upstream", "b", "--listen", "1"});
    return mistake(more);
  };
  EXPECT_THAT(with({"--tls-cert", "c"}), HasSubstr("--tls-cert and --tls-key belong together"));
  EXPECT_THAT(with({"--tls-client-ca", "c"}), HasSubstr("which is not given"));
  EXPECT_THAT(with({"--upstream-insecure"}), HasSubstr("is of --upstream-tls"));
  EXPECT_THAT(with({"--upstream-tls", "--upstream-cert", "c"}), HasSubstr("belong together"));
  EXPECT_THAT(with({"--upstream-tls", "--upstream-insecure", "--upstream-ca", "c"}),
              HasSubstr("would mean nothing"));
}

TEST(ProxyOptions, observe_over_tls_where_the_devices_do) {
  EXPECT_TRUE(
      parse_proxy_options({"--listen", "1", "--upstream", "b", "--upstream-tls", "--observe"}));
}

TEST(ProxyOptions, observe_where_no_header_is_expected) {
  std::vector<std::string> words{"--listen", "1",        "--upstream", "b", "--proxy-protocol-out",
                                 "v1",       "--observe"};
  EXPECT_THAT(mistake(words), HasSubstr("say with --observe-at where"));
  words.insert(words.end(), {"--observe-at", "c:2"});
  const auto parsed = parse_proxy_options(words);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->proxy.observe_host, "c");
  EXPECT_EQ(parsed->proxy.observe_port, 2);
  EXPECT_THAT(mistake({"--listen", "1", "--upstream", "b", "--observe-at", "c"}),
              HasSubstr("which is not given"));
}

TEST(ProxyOptions, observe_one_broker_only) {
  const std::vector<std::string> words{"--listen",   "1", "--upstream", "b", "--listen", "2",
                                       "--upstream", "c", "--observe"};
  EXPECT_THAT(mistake(words), HasSubstr("c:1883 is another one than b:1883"));
  EXPECT_EQ(mistake({"--upstream", "b", "--listen", "1", "--listen", "2", "--observe"}), "none");
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
  EXPECT_THAT(with({"--policies", "naive"}), HasSubstr("--observe judges, which is not given"));
  EXPECT_EQ(with({"--policies", "naive", "--observe"}), "none");
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
