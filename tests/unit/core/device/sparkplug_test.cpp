#include "core/device/sparkplug.hpp"

#include <gtest/gtest.h>

namespace probate::device::sparkplug {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// By hand from sparkplug_b.proto: 0x0a = field 1 as bytes, 0x18 = field 3 as varint, …
TEST(Sparkplug, a_death_is_these_bytes) {
  const std::string metric = bytes({0x0a, 5}) + "bdSeq" + bytes({0x20, 8}) +  // UInt64
                             bytes({0x58, 0xac, 0x01});                       // 172
  EXPECT_EQ(ndeath(172), bytes({0x12, static_cast<int>(metric.size())}) + metric);
}

TEST(Sparkplug, a_birth_tells_its_time) {
  const std::string metric = bytes({0x0a, 5}) + "bdSeq" + bytes({0x18, 0x96, 0x01}) +  // 150 ms
                             bytes({0x20, 8}) + bytes({0x58, 7});
  const std::string payload = nbirth(7, Instant{150ms});
  EXPECT_TRUE(payload.starts_with(bytes({0x08, 0x96, 0x01, 0x12, static_cast<int>(metric.size())}) +
                                  metric));
}

TEST(Sparkplug, a_birth_has_the_rebirth_control_and_seq_0_as_well) {
  const std::string payload = nbirth(3, kRunStart);
  EXPECT_NE(payload.find("Node Control/Rebirth"), std::string::npos);
  EXPECT_TRUE(payload.ends_with(bytes({0x18, 0}))) << "seq";
  EXPECT_EQ(ndeath(3).find("Rebirth"), std::string::npos);
}

TEST(Sparkplug, every_bdseq_comes_back_of_both) {
  for (int i = 0; i < 256; ++i) {
    const auto bdseq = static_cast<std::uint8_t>(i);
    EXPECT_EQ(read_bdseq(nbirth(bdseq, Instant{1h})), bdseq);
    EXPECT_EQ(read_bdseq(ndeath(bdseq)), bdseq);
  }
}

TEST(Sparkplug, reads_what_others_write) {
  // As an Int64 without timestamps, behind a double (field 13) and an unknown 32-bit field.
  const std::string other = bytes({0x0a, 1, 'x', 0x69, 1, 2, 3, 4, 5, 6, 7, 8});
  const std::string metric = bytes({0x0a, 5}) + "bdSeq" + bytes({0x20, 4, 0x50, 9});
  const std::string payload = bytes({0x12, static_cast<int>(other.size())}) + other +
                              bytes({0xfd, 0x07, 1, 2, 3, 4}) +
                              bytes({0x12, static_cast<int>(metric.size())}) + metric;
  EXPECT_EQ(read_bdseq(payload), std::uint8_t{9});
}

TEST(Sparkplug, bytes_that_are_no_payload_have_no_bdseq) {
  EXPECT_EQ(read_bdseq(""), std::nullopt);
  EXPECT_EQ(read_bdseq("offline"), std::nullopt);
  EXPECT_EQ(read_bdseq(bytes({0x08})), std::nullopt) << "a key without its value";
  EXPECT_EQ(read_bdseq(bytes({0x12, 0x7f, 0x0a})), std::nullopt) << "longer than the rest";
  EXPECT_EQ(read_bdseq(bytes({0x0b})), std::nullopt) << "a group";
  EXPECT_EQ(read_bdseq(bytes({0x00, 0x00})), std::nullopt) << "field 0";
  EXPECT_EQ(read_bdseq(std::string(11, static_cast<char>(0xff))), std::nullopt)
      << "a number that does not end";
  const std::string big = bytes({0x0a, 5}) + "bdSeq" + bytes({0x58, 0x80, 0x02});
  EXPECT_EQ(read_bdseq(bytes({0x12, static_cast<int>(big.size())}) + big), std::nullopt) << "256";
  const std::string none = bytes({0x0a, 5}) + "bdSeq";
  EXPECT_EQ(read_bdseq(bytes({0x12, static_cast<int>(none.size())}) + none), std::nullopt);
}

TEST(Sparkplug, a_cut_payload_is_none_wherever_it_is_cut) {
  const std::string whole = ndeath(200);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_bdseq(whole.substr(0, size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace probate::device::sparkplug
