#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <sstream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics/exporter.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/run_options.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;

// What the call prints on stdout and stderr, and its exit code.
struct Said {
  ExitCode code;
  std::string out;
  std::string err;
};
Said say(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const ExitCode code = dispatch(words);
  std::fflush(stdout);
  std::fflush(stderr);
  std::string err = testing::internal::GetCapturedStderr();
  return {code, testing::internal::GetCapturedStdout(), std::move(err)};
}

TEST(CommandLine, without_a_command_shows_examples_and_is_a_usage_error) {
  const Said said = say({});
  EXPECT_EQ(said.code, ExitCode::usage);
  EXPECT_THAT(said.err, testing::StartsWith("Examples:"));
}

// Commands that run something block signals in the thread that calls them.
struct SignalMask {
  SignalMask() { ::pthread_sigmask(SIG_SETMASK, nullptr, &before); }
  ~SignalMask() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;
  sigset_t before{};
};

// A broker that answers nobody, and knows whether somebody came.
struct SilentBroker {
  SilentBroker() : fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* place = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(fd, place, size), 0);
    EXPECT_EQ(::listen(fd, 8), 0);
    EXPECT_EQ(::getsockname(fd, place, &size), 0);
    address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  ~SilentBroker() { ::close(fd); }
  SilentBroker(const SilentBroker&) = delete;
  SilentBroker& operator=(const SilentBroker&) = delete;
  bool was_left_alone() const { return ::accept(fd, nullptr, nullptr) < 0 && errno == EAGAIN; }

  int fd;
  std::string address;
};

TEST(CommandLine, finds_a_metrics_port_in_use_before_it_speaks_to_the_broker) {
  const SignalMask mask;
  const SilentBroker broker;
  const auto taken = metrics::Exporter::start({"127.0.0.1", 0});
  ASSERT_TRUE(taken);
  const std::string port = (*taken)->address().text();
  const std::string folder = testing::TempDir() + "/metrics-port-" + std::to_string(::getpid());

  const Said ran =
      say({"run", PROBATE_SOURCE_DIR "/scenarios/drop-fin.yaml", "--set",
           "broker={address: \"" + broker.address + "\"}", "--metrics", port, "--out", folder});
  const Said proxied =
      say({"proxy", "--upstream", broker.address, "--listen", "0", "--metrics", port});

  for (const Said& said : {ran, proxied}) {
    EXPECT_EQ(said.code, ExitCode::environment) << said.err;
    EXPECT_THAT(said.err, HasSubstr("cannot serve metrics on " + port));
  }
  EXPECT_TRUE(broker.was_left_alone());
  std::filesystem::remove_all(folder);
}

TEST(CommandLine, helps_for_every_command_examples_first) {
  for (const Command& command : commands()) {
    const Said said = say({std::string{command.name}, "--help"});
    EXPECT_EQ(said.code, ExitCode::pass);
    EXPECT_THAT(said.out, testing::StartsWith("Examples:")) << command.name;
    EXPECT_THAT(said.out, HasSubstr(std::string{command.about}));
  }
}

TEST(CommandLine, suggests_what_a_mistyped_word_meant) {
  EXPECT_THAT(say({"rnu"}).err, HasSubstr("did you mean \"run\"?"));
  EXPECT_THAT(say({"run", "x.yaml", "--sede", "4"}).err, HasSubstr("did you mean \"--seed\"?"));
  EXPECT_THAT(say({"list", "falts"}).err, HasSubstr("did you mean \"faults\"?"));
  EXPECT_EQ(say({"rnu"}).code, ExitCode::usage);
  EXPECT_EQ(say({"run", "x.yaml", "--sede", "4"}).code, ExitCode::usage);
  EXPECT_EQ(say({"list", "falts"}).code, ExitCode::usage);
}

TEST(CommandLine, refuses_a_flag_that_is_of_another_subcommand) {
  const Said healed = say({"fault", "heal", "3", "--on", "meter-*"});
  EXPECT_EQ(healed.code, ExitCode::usage);
  EXPECT_THAT(healed.err, HasSubstr("--on is of `probate fault add`"));
  for (const char* flag : {"--on=x", "--name=x", "--newcomers", "--forever", "--all"}) {
    EXPECT_EQ(say({"fault", "list", flag}).code, ExitCode::usage) << flag;
  }
  const Said added = say({"fault", "add", "drop", "--all"});
  EXPECT_EQ(added.code, ExitCode::usage);
  EXPECT_THAT(added.err, HasSubstr("--all is of `probate fault heal`"));
}

TEST(CommandLine, minds_no_variable_that_is_for_another_subcommand_or_was_typed_instead) {
  ::setenv("PROBATE_ON", "meter-*", 1);
  // Nobody answers there: so far it came.
  const Said listed = say({"fault", "list", "--control", "127.0.0.1:1"});
  const Said added = say({"fault", "add", "drop", "--on", "valve-*", "--control", "127.0.0.1:1"});
  ::unsetenv("PROBATE_ON");
  EXPECT_EQ(listed.code, ExitCode::environment);
  EXPECT_EQ(added.code, ExitCode::environment) << added.err;
}

TEST(CommandLine, lists_everything_that_it_says_it_lists) {
  for (const char* subject :
       {"faults", "policies", "metrics", "presets", "profiles", "exit-codes"}) {
    const Said said = say({"list", subject});
    EXPECT_EQ(said.code, ExitCode::pass) << subject;
    EXPECT_FALSE(said.out.empty()) << subject;
  }
}

TEST(CommandLine, tells_more_of_one_policy) {
  const Said said = say({"list", "policies", "hybrid"});
  EXPECT_EQ(said.code, ExitCode::pass);
  EXPECT_THAT(said.out, testing::StartsWith("hybrid: epoch; but a will"));
  EXPECT_THAT(said.out, HasSubstr("needs    {epoch} or {bdseq} in will and birth"));
  EXPECT_THAT(said.out, HasSubstr("presence: [{hybrid: {wait: 10s, heartbeat: 2m, misses: 3}}]\n"));
  EXPECT_THAT(say({"list", "policies", "naive"}).out, HasSubstr("presence: [naive]\n"));
  EXPECT_THAT(say({"list", "policies", "debounce"}).out, HasSubstr("presence: [{debounce: 10s}]"));
  const Said mistyped = say({"list", "policies", "hybird"});
  EXPECT_EQ(mistyped.code, ExitCode::usage);
  EXPECT_THAT(mistyped.err, HasSubstr("did you mean \"hybrid\"?"));
  EXPECT_EQ(say({"list", "presets", "esp-idf"}).code, ExitCode::usage);
}

TEST(RunOptions, refuse_bad_values_with_the_flag_in_the_sentence) {
  const auto error = [](std::vector<std::string> words) {
    words.insert(words.begin(), "x.yaml");
    const auto options = parse_run_options(words);
    return options ? std::string{"accepted"} : options.error();
  };
  EXPECT_THAT(error({"--engine", "vrtual"}), HasSubstr("--engine vrtual: expected live or"));
  EXPECT_THAT(error({"--metrics", "0", "--metrics-linger", "soon"}),
              HasSubstr("--metrics-linger soon"));
  EXPECT_THAT(error({"--metrics", "0", "--metrics-linger", "30"}), HasSubstr("30s"));
  EXPECT_THAT(error({"--metrics-linger", "30s"}), HasSubstr("which is not given"));
  EXPECT_THAT(error({"--metrics", "x"}), HasSubstr("--metrics \"x\" is no address"));
  EXPECT_THAT(error({"--time-scale", "0"}), HasSubstr("--time-scale"));
  EXPECT_THAT(error({"--color", "red"}), HasSubstr("--color red"));
  EXPECT_THAT(error({"--seed", "many"}), HasSubstr("seed"));
  EXPECT_THAT(error({"--out", ""}), HasSubstr("--out"));
  EXPECT_THAT(error({"y.yaml"}), HasSubstr("one scenario"));
}

TEST(RunOptions, complain_about_a_variable_by_its_own_name) {
  const auto error = [](const char* variable, const char* value) {
    ::setenv(variable, value, 1);
    const auto options = parse_run_options({"x.yaml"});
    ::unsetenv(variable);
    return options ? std::string{"accepted"} : options.error();
  };
  EXPECT_EQ(error("PROBATE_SEED", "foo"), "PROBATE_SEED=foo: expected a whole number, 0 or more");
  EXPECT_EQ(error("PROBATE_COLOR", "red"), "PROBATE_COLOR=red: expected auto, always or never");
  EXPECT_EQ(error("PROBATE_TIME_SCALE", "0"), "PROBATE_TIME_SCALE=0: expected a number above 0");
  EXPECT_THAT(error("PROBATE_TIME_SCALE", "x"), testing::StartsWith("PROBATE_TIME_SCALE: "));
}

TEST(CommandLine, calls_standard_input_by_one_name) {
  const std::istringstream scenario{
      "version: 1\nname: x\n"
      "devices: {m: {client_id: \"m-{index}\"}}\n"
      "fleet: {city: {device: m, count: 1}}\n"
      "phases: [{name: a, for: 4s}]\n"};
  std::streambuf* const before = std::cin.rdbuf(scenario.rdbuf());
  const Said said = say({"validate", "-"});
  std::cin.rdbuf(before);
  EXPECT_THAT(said.out, testing::StartsWith("<stdin>: ok: "));
}

TEST(RunOptions, take_a_flag_from_the_environment_unless_the_line_says_otherwise) {
  ::setenv("PROBATE_OUT", "from-environment", 1);
  const auto from_environment = parse_run_options({"x.yaml"});
  const auto from_line = parse_run_options({"x.yaml", "--out", "from-line"});
  ::unsetenv("PROBATE_OUT");
  ASSERT_TRUE(from_environment);
  EXPECT_EQ(from_environment->out, "from-environment");
  ASSERT_TRUE(from_line);
  EXPECT_EQ(from_line->out, "from-line");
}

}  // namespace
}  // namespace probate::cli
