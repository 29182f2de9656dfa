#include "core/journal/text.hpp"

#include <gtest/gtest.h>

#include "core/journal/names.hpp"
#include "tests/unit/core/journal/samples.hpp"

namespace probate::journal {
namespace {

TEST(JournalText, reads_like_this) {
  EXPECT_EQ(to_text(samples::leg_closed()),
            "   +301.200 s  leg_closed           connection=7 leg=broker by=proxy how=rst fault=3 "
            "last_uplink_packet_at=+299.500s");
  EXPECT_EQ(to_text(samples::connect_forwarded()),
            "     +1.235 s  connect_forwarded    connection=7 device=412 epoch=2 "
            "client_id=meter-00412 version=3.1.1 clean=yes keep_alive_s=10 will.topic=/willmsg "
            "will.payload=meter-00412#2 will.qos=1");
  EXPECT_EQ(to_text(Record{.at = kRunStart + 60s, .body = DrainBegan{}}),
            "    +60.000 s  drain_began");
  EXPECT_EQ(to_text(Record{.body = ObserverUp{.observer = Observer::control,
                                              .filters = {"/willmsg", "/device/+/birth"}}}),
            "     +0.000 s  observer_up          observer=control "
            "filters=[/willmsg /device/+/birth]");
  EXPECT_EQ(to_text(Record{.body = BrokerStopped{FaultId{2}, BrokerEnd::crash}}),
            "     +0.000 s  broker_stopped       fault=2 how=crash");
  EXPECT_EQ(to_text(Record{.body = FaultHealed{FaultId{2}, kNoDevice}}),
            "     +0.000 s  fault_healed         fault=2");
}

TEST(JournalText, quotes_what_could_be_mistaken) {
  EXPECT_EQ(to_text(Record{.body = BrokerLost{.cause = "connection reset"}}),
            "     +0.000 s  broker_lost          cause=\"connection reset\"");
  EXPECT_EQ(to_text(Record{.body = BrokerLost{.cause = "a=\"\xff\n"}}),
            "     +0.000 s  broker_lost          cause=\"a=\\\"\\xff\\x0a\"");
}

TEST(JournalText, is_one_printable_line_for_every_kind) {
  Rng rng = Rng{15}.stream("text");
  for (int round = 0; round < 100; ++round) {
    for (const Record& record : samples::one_of_each(rng)) {
      const std::string text = to_text(record);
      EXPECT_NE(text.find(kind_of(record.body)), std::string::npos);
      for (const char c : text) ASSERT_TRUE(c >= ' ' && c <= '~') << text;
      EXPECT_NE(text.back(), ' ');
    }
  }
}

}  // namespace
}  // namespace probate::journal
