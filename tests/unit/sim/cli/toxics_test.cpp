#include "sim/cli/toxics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::cli {
namespace {

using testing::HasSubstr;

// The words of the fault that a toxic is, or why it is none.
std::string toxic_words(std::string_view type, std::string_view stream, const char* attributes) {
  const auto orders =
      faults_of_toxic(type, stream, boost::json::parse(attributes).get_object(), "My Toxic");
  if (!orders) return orders.error();
  EXPECT_EQ(orders->size(), 1u);
  const live::HandOrder& order = orders->front();
  EXPECT_TRUE(order.fault.newcomers);
  EXPECT_TRUE(order.fault.forever);
  EXPECT_EQ(order.fault.spec.name, "toxic-my-toxic");
  return fault::to_text(order.fault.spec.what);
}

TEST(Toxics, are_faults_of_ours_with_the_direction_of_their_stream) {
  EXPECT_EQ(toxic_words("latency", "upstream", R"({"latency":100,"jitter":10})"),
            fault::to_text(fault::Latency{100ms, 10ms, fault::FlowDirection::up}));
  EXPECT_EQ(toxic_words("bandwidth", "downstream", R"({"rate":4})"),
            fault::to_text(fault::Bandwidth{4000, fault::FlowDirection::down}));
  EXPECT_EQ(toxic_words("slow_close", "downstream", R"({"delay":50})"),
            fault::to_text(fault::SlowClose{50ms}));
  EXPECT_EQ(
      toxic_words("limit_data", "upstream", R"({"bytes":7})"),
      fault::to_text(fault::Limit{7, std::nullopt, fault::CutHow::fin, fault::FlowDirection::up}));
  EXPECT_EQ(toxic_words("reset_peer", "upstream", R"({"timeout":0})"),
            fault::to_text(fault::Limit{std::nullopt, 1ms}));
  EXPECT_EQ(toxic_words("timeout", "upstream", R"({"timeout":5})"),
            fault::to_text(fault::Stall{fault::FlowDirection::up}));
}

TEST(Toxics, close_what_a_timeout_has_held) {
  const auto after = [](const char* attributes) {
    const auto orders = faults_of_toxic(
        "timeout", "upstream", boost::json::parse(attributes).get_object(), "timeout_upstream");
    return orders->front().cutting.value().after;
  };
  EXPECT_EQ(after(R"({"timeout":1500})"), 1500ms);
  EXPECT_EQ(after(R"({"timeout":0})"), std::nullopt);
  EXPECT_EQ(after("{}"), std::nullopt);
}

TEST(Toxics, of_latency_may_have_more_jitter_than_that_or_change_nothing) {
  EXPECT_EQ(toxic_words("latency", "upstream", R"({"latency":10,"jitter":20})"),
            fault::to_text(fault::Latency{10ms, 20ms, fault::FlowDirection::up}));
  EXPECT_EQ(toxic_words("latency", "upstream", R"({"jitter":20})"),
            fault::to_text(fault::Latency{{}, 20ms, fault::FlowDirection::up}));
  for (const char* nothing : {R"({"latency":0})", "{}"}) {
    const auto orders =
        faults_of_toxic("latency", "upstream", boost::json::parse(nothing).get_object(), "none");
    ASSERT_TRUE(orders.has_value()) << nothing;
    EXPECT_TRUE(orders->empty()) << nothing;
  }
}

TEST(Toxics, of_a_timeout_downstream_hold_from_the_connect_on) {
  const auto stall = [](const char* stream) {
    const auto orders = faults_of_toxic("timeout", stream, {}, "t");
    return std::get<fault::Stall>(orders->front().fault.spec.what);
  };
  EXPECT_TRUE(stall("downstream").coming_links);
  EXPECT_FALSE(stall("upstream").coming_links) << "that one holds the CONNECT itself";
}

TEST(Toxics, that_mean_nothing_are_refused_with_a_sentence) {
  EXPECT_THAT(toxic_words("slicer", "upstream", "{}"), HasSubstr("has the toxics latency,"));
  EXPECT_THAT(toxic_words("latency", "upstream", R"({"latency":-1})"),
              HasSubstr("latency must be a whole number"));
  EXPECT_THAT(toxic_words("latency", "upstream", R"({"latency":"5"})"),
              HasSubstr("latency must be a whole number"));
  EXPECT_THAT(toxic_words("latency", "upstream", R"({"latency":1.5})"),
              HasSubstr("latency must be a whole number"));
  EXPECT_THAT(toxic_words("latency", "upstream", R"({"latency":5,"delay":1})"),
              HasSubstr("no attribute \"delay\""));
  EXPECT_THAT(toxic_words("latency", "upstream", R"({"latency":9000000000000})"),
              HasSubstr("not between 1ns and "));
  EXPECT_THAT(toxic_words("bandwidth", "upstream", R"({"rate":0})"), HasSubstr("out of range"));
  EXPECT_THAT(toxic_words("limit_data", "upstream", "{}"), HasSubstr("0B would cut"));
}

}  // namespace
}  // namespace probate::cli
