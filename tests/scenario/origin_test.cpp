// What an observer makes of a message whose origin it is told, held against what the texts say.
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/device/compose.hpp"
#include "core/scenario/recognizer.hpp"
#include "sim/yaml/loader.hpp"
#include "tests/support/scenario_files.hpp"

namespace probate {
namespace {

namespace fs = std::filesystem;

std::vector<const device::MessageConfig*> messages_of(const device::DeviceConfig& kind) {
  std::vector<const device::MessageConfig*> all;
  if (kind.birth) all.push_back(&*kind.birth);
  if (kind.farewell) all.push_back(&*kind.farewell);
  for (const auto& publish : kind.publish) all.push_back(&publish);
  if (!kind.luat_loop) return all;
  all.push_back(&kind.luat_loop->report);
  all.push_back(&kind.luat_loop->response);
  return all;
}

mqtt::Publish published(const scenario::Scenario& scenario, DeviceId device,
                        const device::MessageConfig& message, std::uint64_t number) {
  const auto epoch = static_cast<Epoch>(1 + number % 300);
  TemplateValues values = scenario.values_of(device, {});
  values.epoch = epoch;
  const std::string client_id = scenario.kind_of(device).client_id.expand(values);
  values.client_id = client_id;
  values.time = kRunStart + 1ms * static_cast<std::int64_t>(number * 37);
  values.seq = number;
  mqtt::Publish publish = device::compose_publish(message, values);
  publish.origin = {&message, device.value};
  return publish;
}

// Of messages; with them go times and epochs of every length.
constexpr std::array<std::uint64_t, 8> kNumbers{0, 1, 9, 10, 255, 256, 12'345, 9'999'999};

class MessageOfAScenario : public testing::TestWithParam<fs::path> {};

TEST_P(MessageOfAScenario, is_the_same_by_its_origin_as_by_its_texts) {
  const auto scenario = yaml::load_file(GetParam().string());
  ASSERT_TRUE(scenario.has_value());
  const scenario::Recognizer recognizer{*scenario};
  std::uint32_t first = 0;
  for (const scenario::GroupSpec& group : scenario->fleet) {
    const std::uint32_t last = first + group.count - 1;
    for (const std::uint32_t index : {first, (first + last) / 2, last}) {
      if (group.count == 0) break;
      const DeviceId device{index};
      for (const auto* message : messages_of(scenario->kind_of(device))) {
        for (const std::uint64_t number : kNumbers) {
          const mqtt::Publish publish = published(*scenario, device, *message, number);
          EXPECT_EQ(recognizer.recognize(publish),
                    recognizer.recognize(publish.topic, publish.payload))
              << publish.topic << " " << publish.payload;
        }
      }
    }
    first += group.count;
  }
}

INSTANTIATE_TEST_SUITE_P(Scenario, MessageOfAScenario,
                         testing::ValuesIn(test::scenario_files({"scenarios", "tests/negative"})),
                         test::name_of_file);

constexpr const char* kTwoKinds = R"(
version: 1
name: origins
seed: 7
devices:
  plain:
    client_id: "p{index}"
    birth: {topic: "p/{client_id}/up", payload: "up"}
    will: {topic: "p/{client_id}/up", payload: "down"}
    publish: [{topic: "p/{client_id}/report", payload: "n {seq}", every: 10s}]
  doubtful:
    client_id: "d{index}"
    will: {topic: "{client_id}/state", payload: "lost"}
    publish: [{topic: "{client_id}/state", payload: "{client_id}", every: 10s}]
fleet:
  a: {device: plain, count: 3}
  b: {device: doubtful, count: 3}
phases:
  - {name: ramp, connect: {rate: 100/s}, until: {online: 100%, timeout: 5m}}
)";

// Else the texts would have been read for nothing: here they are another device's.
TEST(Origin, is_believed_where_texts_could_say_nothing_else) {
  const auto scenario = yaml::load_text(kTwoKinds, "test.yaml");
  ASSERT_TRUE(scenario.has_value());
  const scenario::Recognizer recognizer{*scenario};
  const device::DeviceConfig& plain = scenario->kind_of(DeviceId{0});
  mqtt::Publish report = published(*scenario, DeviceId{0}, plain.publish.front(), 5);
  report.origin.maker = 2;
  EXPECT_EQ(recognizer.recognize(report).device, DeviceId{2});
  EXPECT_EQ(recognizer.recognize(report).kind, journal::MessageKind::message);
}

TEST(Origin, is_not_believed_where_a_text_may_be_two_things) {
  const auto scenario = yaml::load_text(kTwoKinds, "test.yaml");
  ASSERT_TRUE(scenario.has_value());
  const scenario::Recognizer recognizer{*scenario};
  const device::DeviceConfig& doubtful = scenario->kind_of(DeviceId{3});
  mqtt::Publish report = published(*scenario, DeviceId{3}, doubtful.publish.front(), 5);
  report.origin.maker = 4;
  EXPECT_EQ(recognizer.recognize(report).device, DeviceId{3});
}

}  // namespace
}  // namespace probate
