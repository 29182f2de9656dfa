#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/command.hpp"
#include "sim/cli/timeline_text.hpp"
#include "sim/yaml/loader.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What a command prints on stdout, if it ends well.
std::string printed(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  const ExitCode code = dispatch(words);
  std::fflush(stdout);
  std::string out = testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, ExitCode::pass) << out;
  return out;
}

constexpr const char* kFirstLook = PROBATE_SOURCE_DIR "/scenarios/first-look.yaml";

TEST(Explain, tells_who_when_what_and_which_wills_follow) {
  const std::string text = printed({"explain", kFirstLook});
  EXPECT_THAT(text, HasSubstr("400 devices of city: keep-alive 4s, a will, a birth"));
  EXPECT_THAT(text, HasSubstr("until 100 % are online, at most 20s"));
  EXPECT_THAT(text, HasSubstr("resets: every 2s during storm, on city, count: 8: drop"));
  EXPECT_THAT(text, HasSubstr("→ a will at once"));
  // One and a half keep-alives, and mosquitto's scan of six seconds.
  EXPECT_THAT(text, HasSubstr("a will when the broker notices, 6s to 12s"));
  EXPECT_THAT(text, HasSubstr("naive debounce_2s epoch"));
  EXPECT_THAT(text, HasSubstr("in virtual time: "));
  EXPECT_THAT(text, HasSubstr("assuming that"));
}

TEST(Explain, begins_with_the_name_alone_where_nothing_is_said_about_it) {
  auto scenario = yaml::load_file(kFirstLook);
  ASSERT_TRUE(scenario);
  scenario->about.clear();
  const auto profile = yaml::load_profile("mosquitto-2.0.11");
  EXPECT_THAT(timeline_text(*scenario, *profile), StartsWith("first-look\n\n"));
}

TEST(Explain, has_a_word_on_every_fault_of_the_library) {
  for (const char* name : {"clean-disconnect", "drop-fin", "nat-idle", "sim-arrears", "twin-war",
                           "walled-garden", "weak-signal", "lost-connack", "late-disconnect"}) {
    const auto scenario =
        yaml::load_file(std::string{PROBATE_SOURCE_DIR "/scenarios/"} + name + ".yaml");
    ASSERT_TRUE(scenario) << name;
    const auto profile = yaml::load_profile("mosquitto-2.0.11");
    const std::string text = timeline_text(*scenario, *profile);
    EXPECT_THAT(text, HasSubstr("→ ")) << name;
    for (const fault::FaultSpec& fault : scenario->faults) {
      EXPECT_THAT(text, HasSubstr("  " + fault.name + ": "));
    }
  }
}

TEST(Explain, tells_what_an_error_means) {
  const std::string text = printed({"explain", "e0106"});
  EXPECT_THAT(text, HasSubstr("E0106: "));
  EXPECT_THAT(text, HasSubstr("What to do: "));
}

TEST(Explain, refuses_what_it_cannot_explain) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(dispatch({"explain", "E9999"}), ExitCode::usage);
  EXPECT_EQ(dispatch({"explain"}), ExitCode::usage);
  EXPECT_EQ(dispatch({"explain", "no-such-file.yaml"}), ExitCode::invalid_scenario);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("there is no error E9999"));
}

TEST(Validate, estimates_what_a_run_will_take) {
  const std::string text = printed({"validate", kFirstLook});
  EXPECT_THAT(text, HasSubstr("in virtual time: "));
  EXPECT_THAT(text, HasSubstr("live: "));
  EXPECT_THAT(text, HasSubstr("2128 file descriptors"));
}

}  // namespace
}  // namespace probate::cli
