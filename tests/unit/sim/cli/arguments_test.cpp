#include "sim/cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/proxy_options.hpp"
#include "tests/unit/sim/cli/variable.hpp"

namespace probate::cli {
namespace {

namespace po = boost::program_options;
using testing::ElementsAre;
using testing::HasSubstr;

using Texts = std::vector<std::string>;

po::options_description some_flags() {
  po::options_description flags;
  auto add = flags.add_options();
  add("loud", po::bool_switch());
  add("each", po::value<Texts>()->zero_tokens());
  add("on", po::value<Texts>());
  return flags;
}

Result<Arguments, std::string> parsed(const Texts& words) {
  return parse_arguments(words, some_flags());
}

const Texts kTrue{"true", "yes", "on", "1", "TRUE"};
const Texts kFalse{"false", "no", "off", "0", "False"};

TEST(Arguments, take_a_flag_without_a_value_from_the_environment_by_its_truth) {
  for (const std::string& word : kTrue) {
    const Variable loud{"PROBATE_LOUD", word};
    const Variable each{"PROBATE_EACH", word};
    const auto arguments = parsed({});
    ASSERT_TRUE(arguments.has_value()) << arguments.error();
    EXPECT_TRUE(arguments->values["loud"].as<bool>()) << word;
    EXPECT_EQ(arguments->values.count("each"), 1u) << word;
    EXPECT_EQ(arguments->in_order.size(), 2u) << word;
  }
  for (const std::string& word : kFalse) {
    const Variable loud{"PROBATE_LOUD", word};
    const Variable each{"PROBATE_EACH", word};
    const auto arguments = parsed({});
    ASSERT_TRUE(arguments.has_value()) << arguments.error();
    EXPECT_FALSE(arguments->values["loud"].as<bool>()) << word;
    EXPECT_EQ(arguments->values.count("each"), 0u) << word;
    EXPECT_TRUE(arguments->in_order.empty()) << word;
    EXPECT_TRUE(parsed({"--loud"})->values["loud"].as<bool>()) << word;
  }
}

TEST(Arguments, refuse_a_word_that_is_neither_true_nor_false_and_name_the_variable) {
  for (const char* word : {"maybe", "", "2"}) {
    const Variable each{"PROBATE_EACH", word};
    const auto arguments = parsed({});
    ASSERT_FALSE(arguments.has_value()) << word;
    EXPECT_EQ(arguments.error(), std::string{"PROBATE_EACH="} + word + ": expected true or false");
  }
}

TEST(Arguments, let_the_command_line_replace_what_the_environment_says) {
  const Variable on{"PROBATE_ON", "around"};
  EXPECT_THAT(parsed({})->values["on"].as<Texts>(), ElementsAre("around"));
  EXPECT_THAT(parsed({"--on", "a", "--on", "b"})->values["on"].as<Texts>(), ElementsAre("a", "b"));
}

TEST(Arguments, know_what_was_typed) {
  const Variable on{"PROBATE_ON", "around"};
  EXPECT_THAT(parsed({"--loud", "word"})->typed, ElementsAre("loud"));
}

TEST(Arguments, check_certificates_unless_the_environment_says_otherwise) {
  const Texts words{"--listen", "1", "--upstream", "b", "--upstream-tls"};
  const auto verifies = [&words] {
    const auto command = parse_proxy_options(words);
    EXPECT_TRUE(command.has_value());
    return command && command->proxy.fronts[0].broker_tls->verifies;
  };
  {
    const Variable no{"PROBATE_UPSTREAM_INSECURE", "false"};
    EXPECT_TRUE(verifies());
  }
  const Variable yes{"PROBATE_UPSTREAM_INSECURE", "1"};
  EXPECT_FALSE(verifies());
}

TEST(Arguments, expect_no_header_and_speak_no_tls_where_the_environment_says_false) {
  const Variable header{"PROBATE_PROXY_PROTOCOL_IN", "0"};
  const Variable tls{"PROBATE_UPSTREAM_TLS", "off"};
  const auto command = parse_proxy_options({"--listen", "1", "--upstream", "b"});
  ASSERT_TRUE(command.has_value());
  EXPECT_FALSE(command->proxy.fronts[0].expects_header);
  EXPECT_FALSE(command->proxy.fronts[0].broker_tls.has_value());
}

}  // namespace
}  // namespace probate::cli
