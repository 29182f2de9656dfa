#include "core/scenario/recognizer.hpp"

#include <gtest/gtest.h>

#include "core/device/sparkplug.hpp"
#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

Recognized nobody() { return {}; }

TEST(Recognizer, knows_will_birth_and_message) {
  const Scenario scenario = sample();
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/willmsg", "meter-00003device_conn_err#7"),
            (Recognized{MessageKind::will, DeviceId{3}, 7, std::nullopt, "meter-00003"}));
  EXPECT_EQ(recognizer.recognize("/device/gauge-00020/birth", "up 2"),
            (Recognized{MessageKind::birth, DeviceId{20}, 2, std::nullopt, "gauge-00020"}));
  EXPECT_EQ(recognizer.recognize("/device/meter-00000/report", "test publish 1500"),
            (Recognized{MessageKind::message, DeviceId{0}, 0, std::nullopt, "meter-00000"}));
}

TEST(Recognizer, does_not_know_strangers) {
  const Scenario scenario = sample();
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/other", "x"), nobody());
  EXPECT_EQ(recognizer.recognize("", ""), nobody());
  EXPECT_EQ(recognizer.recognize("/willmsg", "meter-00020device_conn_err#1"), nobody());
  EXPECT_EQ(recognizer.recognize("/willmsg", "meter-3device_conn_err#1"), nobody());
  EXPECT_EQ(recognizer.recognize("/device/meter-99999/birth", "up 1"), nobody());
}

TEST(Recognizer, takes_any_payload_on_a_publish_topic) {
  const Scenario scenario = sample();
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/device/meter-00001/report", "\x01\x02").kind,
            MessageKind::message);
}

TEST(Recognizer, tells_the_device_of_a_birth_topic_with_another_payload) {
  const Scenario scenario = sample();
  const Recognizer recognizer{scenario};
  const Recognized found = recognizer.recognize("/device/meter-00001/birth", "down");
  EXPECT_EQ(found.kind, MessageKind::unknown);
  EXPECT_EQ(found.device, DeviceId{1});
}

TEST(Recognizer, reads_a_bdseq_out_of_sparkplugs_protobuf) {
  Scenario scenario = sample();
  for (auto& kind : scenario.devices) {
    kind.will->topic = text("spBv1.0/{group}/NDEATH/{client_id}");
    kind.will->payload = text("{bdseq}");
    kind.will->encoding = device::Encoding::ndeath;
  }
  const Recognizer recognizer{scenario};
  const std::string topic = "spBv1.0/" + scenario.fleet[0].name + "/NDEATH/meter-00003";
  EXPECT_EQ(recognizer.recognize(topic, device::sparkplug::ndeath(255)),
            (Recognized{MessageKind::will, DeviceId{3}, 0, std::uint8_t{255}, "meter-00003"}));
  EXPECT_EQ(recognizer.recognize(topic, "255").kind, MessageKind::unknown) << "text is none";
}

TEST(Recognizer, knows_a_farewell_and_a_bdseq) {
  Scenario scenario = sample();
  for (auto& kind : scenario.devices) {
    kind.birth->payload = text("up {bdseq}");
    kind.farewell.emplace();
    kind.farewell->topic = text("/device/{client_id}/report");
    kind.farewell->payload = text("bye {bdseq}");
  }
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/device/meter-00003/report", "bye 255"),
            (Recognized{MessageKind::farewell, DeviceId{3}, 0, std::uint8_t{255}, "meter-00003"}));
  EXPECT_EQ(recognizer.recognize("/device/meter-00003/birth", "up 0").bdseq, std::uint8_t{0});
  EXPECT_EQ(recognizer.recognize("/device/meter-00003/report", "bye 256").kind,
            MessageKind::message);
}

TEST(Recognizer, will_and_birth_on_one_status_topic_differ_by_payload) {
  Scenario scenario = sample();
  for (auto& kind : scenario.devices) {
    kind.will->topic = kind.birth->topic = text("status/{client_id}");
    kind.will->payload = text("offline {epoch}");
    kind.birth->payload = text("online {epoch}");
  }
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("status/meter-00001", "offline 4"),
            (Recognized{MessageKind::will, DeviceId{1}, 4, std::nullopt, "meter-00001"}));
  EXPECT_EQ(recognizer.recognize("status/meter-00001", "online 5"),
            (Recognized{MessageKind::birth, DeviceId{1}, 5, std::nullopt, "meter-00001"}));
}

TEST(Recognizer, a_will_wins_over_a_birth_and_a_birth_over_a_message) {
  Scenario scenario = sample();
  auto& kind = scenario.devices[0];
  kind.publish[0].topic = kind.birth->topic;
  const Recognizer births{scenario};
  EXPECT_EQ(births.recognize("/device/meter-00001/birth", "up 3").kind, MessageKind::birth);
  EXPECT_EQ(births.recognize("/device/meter-00001/birth", "report").kind, MessageKind::message);
  kind.will->topic = kind.birth->topic;
  kind.will->payload = kind.birth->payload;
  const Recognizer wills{scenario};
  EXPECT_EQ(wills.recognize("/device/meter-00001/birth", "up 3").kind, MessageKind::will);
}

TEST(Recognizer, follows_a_client_id_that_changes_with_the_epoch) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = text("{group}-{index}-{epoch}");
  scenario.devices[0].will->payload = text("{client_id} gone");
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/willmsg", "city-7-12 gone"),
            (Recognized{MessageKind::will, DeviceId{7}, 12, std::nullopt, "city-7-12"}));
  EXPECT_EQ(recognizer.recognize("/device/city-7-13/birth", "up 13"),
            (Recognized{MessageKind::birth, DeviceId{7}, 13, std::nullopt, "city-7-13"}));
  EXPECT_EQ(recognizer.recognize("/device/city-7-13/birth", "up 12").kind, MessageKind::unknown)
      << "two epochs in one message";
  EXPECT_EQ(recognizer.recognize("/willmsg", "rural-7-12 gone"), nobody()) << "another group";
  EXPECT_EQ(recognizer.recognize("/willmsg", "city-25-1 gone"), nobody()) << "another kind";
}

TEST(Recognizer, finds_a_device_by_its_index_alone) {
  Scenario scenario = sample();
  scenario.devices[0].will->payload = text("{index:05} lost, bdSeq {bdseq}");
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/willmsg", "00019 lost, bdSeq 3"),
            (Recognized{MessageKind::will, DeviceId{19}, 0, 3, "meter-00019"}));
  EXPECT_EQ(recognizer.recognize("/willmsg", "00020 lost, bdSeq 3"), nobody()) << "a gauge";
  EXPECT_EQ(recognizer.recognize("/willmsg", "00099 lost, bdSeq 3"), nobody()) << "no device";
}

TEST(Recognizer, contradictions_match_nothing) {
  Scenario scenario = sample();
  scenario.devices[0].will->topic = text("/w/{client_id}/{group}");
  scenario.devices[0].will->payload = text("{index} {client_id} {epoch} {bdseq}");
  const Recognizer recognizer{scenario};
  const auto kind = [&](std::string_view topic, std::string_view payload) {
    return recognizer.recognize(topic, payload).kind;
  };
  EXPECT_EQ(kind("/w/meter-00001/city", "1 meter-00001 257 1"), MessageKind::will);
  EXPECT_EQ(kind("/w/meter-00001/city", "1 meter-00002 257 1"), MessageKind::unknown);
  EXPECT_EQ(kind("/w/meter-00001/city", "2 meter-00001 257 1"), MessageKind::unknown);
  EXPECT_EQ(kind("/w/meter-00001/city", "1 meter-00001 257 2"), MessageKind::unknown);
  EXPECT_EQ(kind("/w/meter-00001/rural", "1 meter-00001 257 1"), MessageKind::unknown);
}

TEST(Recognizer, needs_no_id_where_a_kind_has_one_device) {
  Scenario scenario = sample();
  scenario.devices[0].will->topic = text("alpha/lost");
  scenario.devices[0].will->payload = Template{};
  scenario.fleet[0].count = 1;
  const Recognizer one{scenario};
  EXPECT_EQ(one.recognize("alpha/lost", ""),
            (Recognized{MessageKind::will, DeviceId{0}, 0, std::nullopt, "meter-00000"}));
  EXPECT_EQ(one.recognize("alpha/lost", "x").kind, MessageKind::unknown);
  scenario.fleet[0].count = 2;
  const Recognizer two{scenario};
  EXPECT_EQ(two.recognize("alpha/lost", ""), nobody()) << "which of the two?";
}

TEST(Recognizer, kinds_share_topics_and_are_told_apart_by_the_device) {
  Scenario scenario = sample();
  scenario.devices[1].will->payload = text("{client_id} {epoch}");
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/willmsg", "gauge-00021 3").device, DeviceId{21});
  EXPECT_EQ(recognizer.recognize("/willmsg", "meter-00001 3"), nobody())
      << "a meter's will is worded otherwise";
}

TEST(Recognizer, knows_the_topics_of_the_luat_loop) {
  Scenario scenario = sample();
  scenario.devices[0].luat_loop.emplace();
  scenario.devices[0].luat_loop->report.topic = text("/luat/{client_id}/report");
  scenario.devices[0].luat_loop->response.topic = text("/luat/{client_id}/resp");
  const Recognizer recognizer{scenario};
  EXPECT_EQ(recognizer.recognize("/luat/meter-00002/resp", "").kind, MessageKind::message);
  EXPECT_EQ(recognizer.recognize("/luat/meter-00002/report", "").device, DeviceId{2});
}

TEST(Recognizer, recognizes_what_every_device_of_a_fleet_says) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 2000;
  const Recognizer recognizer{scenario};
  for (std::uint32_t i = 0; i < scenario.device_count(); ++i) {
    const std::string id = scenario.client_id_of(DeviceId{i});
    const auto& kind = scenario.kind_of(DeviceId{i});
    TemplateValues values = scenario.values_of(DeviceId{i}, id);
    values.epoch = i + 1;
    const Recognized found =
        recognizer.recognize(kind.will->topic.expand(values), kind.will->payload.expand(values));
    ASSERT_EQ(found, (Recognized{MessageKind::will, DeviceId{i}, i + 1, std::nullopt, id}));
  }
}

}  // namespace
}  // namespace probate::scenario
