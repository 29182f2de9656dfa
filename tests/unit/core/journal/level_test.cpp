#include "core/journal/level.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/journal/names.hpp"
#include "tests/unit/core/journal/samples.hpp"

namespace probate::journal {
namespace {

constexpr DeviceId kMeter{7};

Observed report_of(DeviceId device, std::string topic = "meter/report", Epoch epoch = 0) {
  Observed seen;
  seen.kind = MessageKind::message;
  seen.device = device;
  seen.topic = std::move(topic);
  seen.epoch = epoch;
  return seen;
}

Observed of_kind(MessageKind kind) {
  Observed seen = report_of(kMeter);
  seen.kind = kind;
  return seen;
}

ConnectForwarded connect_of(DeviceId device) {
  ConnectForwarded connect;
  connect.device = device;
  return connect;
}

// Records a second apart; for each whether it is kept.
std::string kept(const std::vector<Body>& bodies, Duration apart = 1s) {
  Notable notable;
  std::string text;
  Record record;
  for (const Body& body : bodies) {
    record.body = body;
    std::uint64_t number = 0;
    text += notable.keeps(record, number) ? 'k' : '-';
    record.at += apart;
    ++record.sequence;
  }
  return text;
}

TEST(NotableRecords, leave_out_reports_that_only_repeat) {
  EXPECT_EQ(kept({connect_of(kMeter), report_of(kMeter), report_of(kMeter), report_of(kMeter)}),
            "kk--");
}

TEST(NotableRecords, keep_the_first_report_after_anything_that_a_policy_may_have_believed) {
  for (const MessageKind kind : {MessageKind::will, MessageKind::birth, MessageKind::farewell}) {
    EXPECT_EQ(kept({report_of(kMeter), of_kind(kind), report_of(kMeter), report_of(kMeter)}),
              "kkk-");
  }
  BrokerEvent told;
  told.device = kMeter;
  EXPECT_EQ(kept({report_of(kMeter), told, report_of(kMeter), report_of(kMeter)}), "kkk-");
  EXPECT_EQ(kept({report_of(kMeter), connect_of(kMeter), report_of(kMeter)}), "kkk");
}

TEST(NotableRecords, tell_devices_topics_epochs_and_observers_apart) {
  EXPECT_EQ(kept({report_of(kMeter), report_of(DeviceId{8}), report_of(kMeter)}), "kk-");
  EXPECT_EQ(kept({report_of(kMeter, "a"), report_of(kMeter, "b"), report_of(kMeter, "a"),
                  report_of(kMeter, "b"), report_of(kMeter, "c"), report_of(kMeter, "c")}),
            "kk--kk")
      << "a third topic is not remembered";
  EXPECT_EQ(kept({report_of(kMeter, "a", 1), report_of(kMeter, "a", 2)}), "kk");
  Observed other = report_of(kMeter);
  other.observer = Observer::control;
  EXPECT_EQ(kept({report_of(kMeter), other, report_of(kMeter), other}), "kk--");
}

TEST(NotableRecords, keep_whatever_is_no_ordinary_message) {
  Observed retained = report_of(kMeter);
  retained.retain = true;
  EXPECT_EQ(kept({retained, retained}), "kk");
  EXPECT_EQ(kept({of_kind(MessageKind::unknown), of_kind(MessageKind::unknown)}), "kk");
  Rng rng{4};
  for (const Record& record : samples::one_of_each(rng)) {
    if (std::holds_alternative<Observed>(record.body)) continue;
    EXPECT_EQ(kept({record.body, record.body}), "kk") << kind_of(record.body);
  }
}

TEST(NotableRecords, leave_out_births_that_only_repeat) {
  const auto birth = [](Epoch epoch) {
    Observed seen = of_kind(MessageKind::birth);
    seen.epoch = epoch;
    return seen;
  };
  EXPECT_EQ(kept({birth(1), report_of(kMeter), birth(1), report_of(kMeter)}), "kk--");
  EXPECT_EQ(kept({birth(1), birth(2), birth(1), birth(1)}), "kkk-")
      << "a policy may go by the birth that came last";
  EXPECT_EQ(kept({birth(1), connect_of(kMeter), birth(1)}), "kkk");
}

TEST(NotableRecords, are_not_silent_for_more_than_an_hour) {
  EXPECT_EQ(
      kept({report_of(kMeter), report_of(kMeter), report_of(kMeter), report_of(kMeter)}, 31min),
      "k-k-");
}

TEST(NotableRecords, are_numbered_so_that_only_lost_records_leave_a_hole) {
  Notable notable;
  std::vector<std::uint64_t> numbers;
  for (const std::uint64_t sequence : {0U, 1U, 2U, 5U, 6U}) {
    Record record;
    record.sequence = sequence;
    record.body = sequence < 5 ? Body{report_of(kMeter)} : Body{connect_of(kMeter)};
    std::uint64_t number = 0;
    if (notable.keeps(record, number)) numbers.push_back(number);
  }
  EXPECT_THAT(numbers, testing::ElementsAre(0, 3, 4)) << "3 and 4 were lost: so are 1 and 2";
}

TEST(KeepRules, stand_in_the_order_of_the_records) {
  const auto kinds = all_kinds();
  ASSERT_EQ(kKeepRules.size(), kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(kKeepRules[i].kind, kinds[i]);
}

TEST(Level, is_known_by_its_word) {
  for (const Level level : {Level::notable, Level::all, Level::none}) {
    EXPECT_EQ(level_of(to_text(level)), level);
  }
  EXPECT_EQ(level_of("some"), std::nullopt);
}

}  // namespace
}  // namespace probate::journal
