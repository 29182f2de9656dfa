// sim_arrears with `recover`: who is let in when, and who dials in between.
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/virtual_run.hpp"

namespace probate {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::Lt;

// The first device is without power while the others are rejected, and boots before it is paid for.
constexpr const char* kArrears = R"(
version: 1
name: recover
devices:
  meter:
    client_id: "m{index}"
    keep_alive: 10s
    connect: {connack_timeout: 5s, retry: {policy: fixed, every: 5s}}
    will: {topic: "w/{client_id}", payload: "gone"}
fleet:
  city: {device: meter, count: 4}
phases:
  - {name: ramp, connect: {rate: 200/s}, for: 1s}
  - {name: storm, for: 150s}
  - {name: settle, for: auto}
faults:
  - {name: arrears, at: storm + 1s, do: sim_arrears, mode: barred, for: 60s,
     recover: {RECOVER}}
  - {name: battery, at: storm + 10s, on: {devices: m0}, do: power_cut, for: 20s}
  - {name: reset, at: storm + 15s, do: drop}
)";

struct Story {
  std::vector<Duration> attempts;  // from the start of storm
  std::vector<Duration> healed;    // of the arrears
};

std::map<DeviceId, Story> stories_with(const std::string& recover) {
  std::string text = kArrears;
  text.replace(text.find("RECOVER"), 7, recover);
  const test::VirtualResult result = test::run_text_virtually(std::move(text));
  Instant storm = kNever;
  std::map<DeviceId, Story> stories;
  for (const journal::Record& record : result.records) {
    const auto* phase = std::get_if<journal::PhaseBegan>(&record.body);
    if (phase != nullptr && phase->name == "storm") storm = record.at;
    if (const auto* began = std::get_if<journal::AttemptBegan>(&record.body)) {
      if (record.at >= storm) stories[began->device].attempts.push_back(record.at - storm);
    }
    const auto* healed = std::get_if<journal::FaultHealed>(&record.body);
    if (healed == nullptr || healed->fault != FaultId{0}) continue;
    stories[healed->device].healed.push_back(record.at - storm);
  }
  return stories;
}

auto about(Duration at) { return AllOf(Ge(at), Lt(at + 10ms)); }

TEST(Recover, has_who_needs_a_reboot_dial_once_in_vain_and_return_after_the_batch) {
  auto stories = stories_with("needs_reboot: 100%, reboot: 20s, batch_every: 50s");
  ASSERT_EQ(stories.size(), 4U);
  for (const auto& [device, story] : stories) {
    EXPECT_THAT(story.healed, ElementsAre(about(120s)));
    const bool is_first = device == DeviceId{0};
    ASSERT_EQ(story.attempts.size(), 2U);
    EXPECT_THAT(story.attempts[0], is_first ? about(30s) : about(20s));
    EXPECT_THAT(story.attempts[1], about(120s));
  }
}

TEST(Recover, lets_who_retries_in_with_the_batch_and_not_when_it_is_paid_for) {
  auto stories = stories_with("batch_at: 100s");
  ASSERT_EQ(stories.size(), 4U);
  for (const auto& [device, story] : stories) {
    EXPECT_THAT(story.healed, ElementsAre(about(100s)));
    EXPECT_GT(story.attempts.size(), 7U);
    EXPECT_THAT(story.attempts.back(), AllOf(Ge(100s), Lt(111s)));
  }
}

TEST(Recover, cycles_the_power_when_settle_heals_it) {
  for (const auto& [device, story] : stories_with("needs_reboot: 100%, reboot: 2h")) {
    EXPECT_THAT(story.healed, ElementsAre(about(150s)));
    ASSERT_EQ(story.attempts.size(), 2U);
    EXPECT_THAT(story.attempts[1], about(150s));
  }
}

}  // namespace
}  // namespace probate
