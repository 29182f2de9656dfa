// Which profile a broker is judged against when the scenario names none.
#include "sim/live/broker_check.hpp"

#include <gtest/gtest.h>

namespace probate::live {
namespace {

TEST(BrokerVersion, of_mosquitto_decides_the_profile) {
  EXPECT_EQ(profile_for("mosquitto version 2.0.3"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.11"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.20"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.21"), "mosquitto-2.0.22");
  EXPECT_EQ(profile_for("mosquitto version 2.0.22"), "mosquitto-2.0.22");
  EXPECT_EQ(profile_for("mosquitto version 2.1.2"), "mosquitto-2.0.22");
}

TEST(BrokerVersion, that_is_not_known_has_no_profile) {
  for (const char* text :
       {"", "mosquitto", "mosquitto version ", "mosquitto version x.y.z", "mosquitto version 2.0",
        "mosquitto version 1.6.15", "mosquitto version 2.0.2", "HBMQTT version 0.9.5"}) {
    EXPECT_EQ(profile_for(text), "") << text;
  }
}

TEST(BrokerVersion, that_is_not_known_is_judged_by_the_specification_of_what_the_devices_speak) {
  scenario::Scenario scenario;
  scenario.devices.emplace_back();
  EXPECT_EQ(specification_for(scenario), "spec-3.1.1");
  scenario.devices.emplace_back().protocol = mqtt::Version::v5;
  EXPECT_EQ(specification_for(scenario), "spec-5.0");
}

}  // namespace
}  // namespace probate::live
