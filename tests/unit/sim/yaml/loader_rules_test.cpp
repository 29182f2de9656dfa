// Rules that mean what is not there, in scenarios with other mistakes.
#include <gmock/gmock.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using testing::_;
using testing::ElementsAre;
using testing::StartsWith;

TEST(BadRules, are_reported_beside_other_problems) {
  const World world;
  constexpr std::string_view kRules =
      "faults: [{name: cut, at: storm + 1s, do: drop, how: rest}]\n"
      "gate:\n"
      "  - \"false_offlines{policy=epoch} == 0\"\n"
      "  - \"wills_missing{group=town} == 0\"\n"
      "  - \"wills_missing{fault=cat} == 0\"\n"
      "  - {expect: \"wills_missing == 0\", over: phase strom}\n";
  const std::string phases = with_line(11, "  - {name: storm, for: 5parsecs}");
  EXPECT_THAT(world.problems(phases + std::string{kRules}),
              ElementsAre(StartsWith("11:25 E0107"), StartsWith("13:53 E0123"),
                          StartsWith("15:28 E0303 unknown policy \"epoch\""),
                          StartsWith("16:26 E0303 unknown group \"town\""),
                          StartsWith("17:26 E0303 unknown fault \"cat\""),
                          StartsWith("18:42 E0201 no phase is called \"strom\"")));
}

TEST(BadRules, are_not_complained_about_for_what_could_not_be_read) {
  const World world;
  const auto codes = [&](const std::string& text) {
    std::vector<std::string> all;
    for (const std::string& line : world.problems(text)) {
      all.push_back(line.substr(line.find(' ') + 1, 5));
    }
    return all;
  };
  EXPECT_THAT(codes(with("backend: {presense: [epoch]}\n"
                         "gate: [\"false_offlines{policy=epoch} == 0\"]\n")),
              ElementsAre("E0102"));
  EXPECT_THAT(
      codes(with("faults: [{nmae: cut, at: storm + 1s, do: drop}]\n"
                 "gate: [\"wills_missing{fault=cut} == 0\", {expect: \"wills_missing == 0\", "
                 "over: fault cut}]\n")),
      ElementsAre("E0105", "E0102"));
  EXPECT_THAT(codes(with_line(9, "  city: {device: meter, count: 1, link: {loss: 2 of 3}}") +
                    "gate: [\"wills_missing{fault=city-link-loss} == 0\"]\n"),
              ElementsAre(_));
  EXPECT_THAT(codes(with("bakend: {presence: [epoch]}\n"
                         "gate: [\"false_offlines{policy=epoch} == 0\"]\n")),
              ElementsAre("E0102"));
  EXPECT_THAT(codes(with_line(11, "  - {name: [storm], for: 5m}") +
                    "gate: [{expect: \"wills_missing == 0\", over: phase storm}]\n"),
              ElementsAre("E0104"));
}

TEST(BadRules, have_no_policy_where_presence_is_empty) {
  const World world;
  EXPECT_THAT(world.problems(with("backend: {presence: []}\n"
                                  "gate: [\"false_offlines{policy=naive} == 0\"]\n")),
              ElementsAre("14:31 E0303 unknown policy \"naive\": there is none"));
  EXPECT_THAT(world.problems(with("backend: {presence: []}\ngate: [\"false_offlines == 0\"]\n")),
              ElementsAre("14:9 E0306 false_offlines needs a policy, and there is none"));
}

}  // namespace
}  // namespace probate::yaml
