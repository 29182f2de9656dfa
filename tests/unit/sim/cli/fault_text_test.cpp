#include "sim/cli/fault_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/yaml/hand_fault.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;

std::string text_from(const FaultWords& words) {
  const auto text = fault_text(words);
  return text ? *text : "refused: " + text.error();
}

TEST(FaultText, writes_the_language_of_a_scenario) {
  EXPECT_EQ(text_from({.words = {"drop"}}), "{do: drop}");
  EXPECT_EQ(text_from({.words = {"stall", "for=30s", "direction=up"}, .on = {"meter-*"}}),
            R"({do: stall, on: {devices: "meter-*"}, for: 30s, direction: up})");
  EXPECT_EQ(
      text_from({.words = {"half_open", "notices={uniform: [1s, 2s]}"},
                 .on = {"username=city,share=10%", "source=10.*", "listener=*:1884,sni=a.lab"},
                 .name = "mine",
                 .newcomers = true,
                 .forever = true}),
      R"({do: half_open, on: {username: "city", share: 10%, source: "10.*", listener: "*:1884", )"
      R"(sni: "a.lab"}, )"
      R"(notices: {uniform: [1s, 2s]}, name: "mine", newcomers: true, forever: true})");
}

TEST(FaultText, is_understood_by_who_reads_it_whatever_a_pattern_holds) {
  const auto text = fault_text({.words = {"refuse"}, .on = {"devices=\"}: *#'\\"}});
  ASSERT_TRUE(text.has_value());
  const auto fault = yaml::load_hand_fault(*text, "fault");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->spec.on.devices, "\"}: *#'\\");
}

TEST(FaultText, refuses_what_is_no_key_and_value) {
  EXPECT_THAT(text_from({}), HasSubstr("needs a fault"));
  EXPECT_THAT(text_from({.words = {"for=30s"}}), HasSubstr("\"for=30s\" is no fault"));
  EXPECT_THAT(text_from({.words = {"drop", "fin"}}), HasSubstr("\"fin\" is no KEY=VALUE"));
  EXPECT_THAT(text_from({.words = {"drop"}, .on = {"share=1%,x"}}), HasSubstr("\"x\" is no KEY"));
  EXPECT_THAT(text_from({.words = {"drop", "a b=c"}}), HasSubstr("is no KEY=VALUE"));
}

TEST(FaultText, asks_for_links_by_an_address_that_is_one) {
  EXPECT_EQ(links_target("meter-*", 0), "/v1/links?devices=meter-*");
  EXPECT_EQ(links_target("a&b c", 12), "/v1/links?devices=a%26b%20c&after=12");
}

TEST(FaultText, shows_a_fault_on_one_line) {
  const auto fault = boost::json::parse(
      R"({"by":"hand","id":3,"name":"mine","what":"stall direction: both","on":"all","active":2,)"
      R"("left_s":29.96,"hit":4,"skipped":{"no_link":1}})");
  EXPECT_EQ(
      fault_line(fault.get_object()),
      "3  mine: stall direction: both, on all: 4 hit, 2 active, skipped 1 no_link, 30.0s left");
  EXPECT_EQ(fault_lines(boost::json::object{}), "no faults\n");
  EXPECT_THAT(fault_line({}), HasSubstr("scenario"));
}

TEST(FaultText, finds_the_ids_of_the_faults_by_hand_that_have_a_name) {
  const auto answer = boost::json::parse(
      R"({"faults":[{"id":1,"name":"slow"},{"name":"slow"},{"id":4,"name":"slower"},7,)"
      R"({"id":9,"name":"slow"}]})");
  EXPECT_THAT(ids_named(answer.get_object(), "slow"), testing::ElementsAre("1", "9"));
  EXPECT_THAT(ids_named(answer.get_object(), "low"), testing::IsEmpty());
  EXPECT_THAT(ids_named({}, "slow"), testing::IsEmpty());
}

TEST(FaultText, says_whose_a_fault_is_that_cannot_be_healed_by_name) {
  const auto answer = boost::json::parse(
      R"({"faults":[{"by":"hand","id":1,"name":"slow"},{"by":"scenario","name":"lag"}]})");
  EXPECT_THAT(why_not_healed(answer.get_object(), "lag"),
              testing::AllOf(HasSubstr("is a fault of the scenario"), HasSubstr("fault reload")));
  EXPECT_THAT(why_not_healed(answer.get_object(), "lags"), HasSubstr("no fault by hand is called"));
  // It may be one that has yet to strike.
  EXPECT_THAT(why_not_healed({}, "lag"), HasSubstr("one of the scenario is changed in its file"));
}

TEST(FaultLine, of_what_hit_nobody_says_why) {
  const auto missed =
      boost::json::parse(R"({"id":1,"name":"a","what":"drop","on":"share: 10%","active":0,)"
                         R"("left_s":0,"hit":0,"nobody":"so it is"})");
  EXPECT_EQ(fault_line(missed.get_object()),
            "1  a: drop, on share: 10%: 0 hit, 0 active, over: so it is");
}

TEST(FaultLine, of_what_is_over_says_so) {
  const auto over =
      boost::json::parse(R"({"id":1,"name":"cut","what":"drop","on":"devices: \"m1\"","active":0,)"
                         R"("left_s":0,"hit":1,"skipped":{}})");
  EXPECT_EQ(fault_line(over.get_object()),
            "1  cut: drop, on devices: \"m1\": 1 hit, 0 active, over");
}

TEST(FaultText, shows_links_and_nothing_that_a_terminal_obeys) {
  const auto links = boost::json::parse(
      "[{\"client_id\":\"m\\u001b[2J\",\"state\":\"open\",\"source\":\"127.0.0.1:5\","
      "\"listener\":\"[::1]:1884\",\"age_s\":1.5,\"bytes_up\":12,\"bytes_down\":3,\"faults\":["
      "\"a\",\"b\"]},7,{\"client_id\":\"m2\",\"group\":\"meters\",\"faults\":[\"a\"]},"
      "{\"client_id\":\"m3\",\"group\":\"devices\"}]");
  const std::string lines = link_lines(links.get_array());
  EXPECT_THAT(lines, HasSubstr("m?[2J"));
  EXPECT_THAT(lines, HasSubstr("12 up"));
  EXPECT_THAT(lines, HasSubstr("down  in meters  a\n"));
  EXPECT_THAT(lines, testing::EndsWith("down\n"));
  EXPECT_THAT(lines, HasSubstr("127.0.0.1:5            to [::1]:1884 "));
  EXPECT_THAT(lines, HasSubstr("  a, b\n"));
  EXPECT_EQ(link_lines({}), "no links\n");
  const auto stream =
      boost::json::parse("[{\"client_id\":\"\",\"speaks\":\"tls\",\"sni\":\"a.lab\"}]");
  EXPECT_THAT(link_lines(stream.get_array()), HasSubstr("tls a.lab "));
  const auto young = boost::json::parse("[{\"client_id\":\"\",\"speaks\":\"\",\"sni\":\"\"}]");
  EXPECT_THAT(link_lines(young.get_array()), HasSubstr("? "));
}

}  // namespace
}  // namespace probate::cli
