#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
