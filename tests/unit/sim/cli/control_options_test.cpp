#include "sim/cli/control_options.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace probate::cli {
namespace {

using testing::HasSubstr;

// HOST:PORT, or the mistake.
std::string end_of(const std::vector<std::string>& words) {
  boost::program_options::options_description flags;
  add_control_flags(flags);
  const auto arguments = parse_arguments(words, flags);
  EXPECT_TRUE(arguments.has_value());
  const auto end = control_end(*arguments);
  if (!end) return end.error();
  return end->address.host + ":" + std::to_string(end->address.port) + end->token;
}

class TokenFile {
 public:
  explicit TokenFile(const std::string& content)
      : path_{std::filesystem::temp_directory_path() /
              ("probate-token-" + std::to_string(::getpid()))} {
    std::ofstream{path_} << content;
  }
  ~TokenFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(ControlOptions, know_the_forms_of_an_address) {
  EXPECT_EQ(end_of({}), "127.0.0.1:9465");
  EXPECT_EQ(end_of({"--control", "80"}), "127.0.0.1:80");
  EXPECT_EQ(end_of({"--control", "proxy.lab:80"}), "proxy.lab:80");
  EXPECT_EQ(end_of({"--control", "http://127.0.0.1:80/"}), "127.0.0.1:80");
  EXPECT_EQ(end_of({"--control", "[::1]:80"}), "::1:80");
  for (const char* wrong : {"x", "h:", ":80", "h:0", "h:65536", "https://h:1", "http://"}) {
    EXPECT_THAT(end_of({"--control", wrong}), HasSubstr("expected the control API as")) << wrong;
  }
}

TEST(ControlOptions, read_a_token_without_its_line_end) {
  const TokenFile good{"0123456789abcdef\n"};
  EXPECT_EQ(end_of({"--token-file", good.path()}), "127.0.0.1:94650123456789abcdef");
}

TEST(ControlOptions, refuse_a_token_that_is_none) {
  EXPECT_THAT(end_of({"--token-file", "/nowhere/token"}), HasSubstr("cannot read"));
  EXPECT_THAT(end_of({"--token-file", "/"}), HasSubstr("cannot read")) << "a folder";
  const std::string behind_lines = "0123456789abcdef" + std::string(5000, '\n') + "more";
  const std::vector<std::string> contents{"",
                                          "short\n",
                                          "0123456789abcdef\nmore\n",
                                          "0123456789 abcdef",
                                          behind_lines,
                                          std::string(1025, 'x')};
  for (const std::string& content : contents) {
    const TokenFile bad{content};
    EXPECT_THAT(end_of({"--token-file", bad.path()}), HasSubstr("must hold one line")) << content;
  }
}

}  // namespace
}  // namespace probate::cli
