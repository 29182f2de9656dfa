#include "core/mqtt/rules.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"

namespace probate::mqtt {
namespace {

TEST(Rules, name_a_statement_and_a_sentence_each_under_a_name_of_its_own) {
  std::set<std::string> names;
  for (const RuleInfo& info : rules()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_NE(std::string{info.v3} + info.v5, "") << info.name;
    EXPECT_NE(std::string{info.sentence}, "") << info.name;
    EXPECT_EQ(&describe(info.rule), &info);
  }
}

TEST(Rules, keep_the_statements_of_the_two_versions_apart) {
  for (const RuleInfo& info : rules()) {
    EXPECT_EQ(std::string{info.v3}.find("MQTT5"), std::string::npos) << info.name;
    EXPECT_EQ(std::string{info.v5}.find("[MQTT-"), std::string::npos) << info.name;
  }
}

TEST(DecodeError, says_where_who_what_and_by_which_statement) {
  EXPECT_EQ(to_text(DecodeError{Rule::connect_reserved_flag, 9, Direction::uplink}),
            "byte 9 sent by the device: the reserved flag of CONNECT is set "
            "([MQTT-3.1.2-3]; [MQTT5-3.1.2-3])");
  EXPECT_EQ(to_text(DecodeError{Rule::topic_alias_zero, 6, Direction::downlink}),
            "byte 6 sent by the broker: the topic alias is 0 ([MQTT5-3.3.2-8])");
}

}  // namespace
}  // namespace probate::mqtt
