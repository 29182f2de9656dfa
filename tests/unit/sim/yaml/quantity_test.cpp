#include "sim/yaml/quantity.hpp"

#include <gtest/gtest.h>

namespace probate::yaml {
namespace {

using scenario::ErrorCode;

Duration duration_of(std::string_view text) {
  const auto read = parse_duration(text);
  EXPECT_TRUE(read) << text;
  return read ? *read : Duration::min();
}

ErrorCode bad(std::string_view text) {
  const auto read = parse_duration(text);
  EXPECT_FALSE(read) << text;
  return read ? ErrorCode{} : read.error().code;
}

TEST(Durations, are_numbers_with_units_from_large_to_small) {
  EXPECT_EQ(duration_of("90s"), 90s);
  EXPECT_EQ(duration_of("2m30s"), 150s);
  EXPECT_EQ(duration_of("250ms"), 250ms);
  EXPECT_EQ(duration_of("1h2m3s4ms5us6ns"), 1h + 2min + 3s + 4ms + 5us + 6ns);
  EXPECT_EQ(duration_of("0s"), 0s);
  EXPECT_EQ(duration_of("24h"), 24h);
}

TEST(Durations, may_have_a_fraction_of_their_only_unit) {
  EXPECT_EQ(duration_of("1.5s"), 1500ms);
  EXPECT_EQ(duration_of("0.25m"), 15s);
  EXPECT_EQ(duration_of("0.000000001s"), 1ns);
  EXPECT_EQ(bad("0.0000000001s"), ErrorCode::out_of_range);
  EXPECT_EQ(bad("1.5m30s"), ErrorCode::bad_quantity);
}

TEST(Durations, read_back_what_the_core_writes) {
  for (const Duration each :
       {Duration{1}, Duration{999}, Duration{61s}, Duration{3h + 1ms}, kDurationMax}) {
    EXPECT_EQ(duration_of(probate::to_text(each)), each);
  }
}

TEST(Durations, without_a_unit_propose_one) {
  const auto read = parse_duration("30");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::missing_unit);
  EXPECT_EQ(read.error().message, "a duration needs its unit; did you mean 30s?");
}

TEST(Durations, refuse_what_is_no_duration) {
  for (const char* text : {"", "s", "5 minutes", "5d", "-5s", "+5s", "30s2m", "5s5s", "1e3s", "5S",
                           "soon", "5s ", ".5s", "5.s"}) {
    EXPECT_EQ(bad(text), ErrorCode::bad_quantity) << text;
  }
  EXPECT_EQ(bad("010s"), ErrorCode::octal_looking);
}

TEST(Durations, end_at_the_longest_that_mqtt_can_say) {
  EXPECT_EQ(duration_of("4294967295s"), kDurationMax);
  EXPECT_EQ(bad("4294967296s"), ErrorCode::out_of_range);
  EXPECT_EQ(bad("99999999999999999999h"), ErrorCode::out_of_range);
  EXPECT_EQ(bad("1193046h28m16s"), ErrorCode::out_of_range);
}

TEST(Shares, are_per_cent) {
  EXPECT_DOUBLE_EQ(*parse_share("10%"), 0.1);
  EXPECT_DOUBLE_EQ(*parse_share("99.5%"), 0.995);
  EXPECT_EQ(parse_share("0.1").error().message, "a share needs its %; did you mean 10%?");
  EXPECT_EQ(parse_share("99").error().message, "a share needs its %; did you mean 99%?");
  EXPECT_EQ(parse_share("10 %").error().code, ErrorCode::bad_quantity);
  EXPECT_EQ(parse_share("-1%").error().code, ErrorCode::bad_quantity);
  EXPECT_EQ(parse_share("010%").error().code, ErrorCode::octal_looking);
}

TEST(Rates, are_per_second) {
  EXPECT_DOUBLE_EQ(*parse_rate("20/s"), 20);
  EXPECT_DOUBLE_EQ(*parse_rate("3/m"), 0.05);
  EXPECT_DOUBLE_EQ(*parse_rate("6/h"), 6.0 / 3600);
  EXPECT_EQ(parse_rate("20").error().message, "a rate needs its unit; did you mean 20/s?");
  EXPECT_EQ(parse_rate("20/d").error().code, ErrorCode::bad_quantity);
  EXPECT_EQ(parse_rate("fast").error().code, ErrorCode::bad_quantity);
}

TEST(WholeNumbers, are_decimal_digits) {
  EXPECT_EQ(*parse_whole("0"), 0U);
  EXPECT_EQ(*parse_whole("18446744073709551615"), ~std::uint64_t{0});
  EXPECT_EQ(parse_whole("18446744073709551616").error().code, ErrorCode::out_of_range);
  for (const char* text : {"010", "0x10", "0o17", "0b1", "00"}) {
    EXPECT_EQ(parse_whole(text).error().code, ErrorCode::octal_looking) << text;
  }
  for (const char* text : {"", "-1", "+1", "1.0", "1e3", "1_000", "ten", " 1"}) {
    EXPECT_EQ(parse_whole(text).error().code, ErrorCode::wrong_kind) << text;
  }
}

TEST(Bytes, carry_a_binary_unit) {
  EXPECT_EQ(*parse_bytes("512B"), 512U);
  EXPECT_EQ(*parse_bytes("64KiB"), 65536U);
  EXPECT_EQ(*parse_bytes("1.5MiB"), 1572864U);
  EXPECT_EQ(*parse_bytes("1GiB"), 1073741824U);
  EXPECT_EQ(parse_bytes("64").error().message, "a size needs its unit; did you mean 64B or 64KiB?");
  EXPECT_EQ(parse_bytes("64kB").error().code, ErrorCode::bad_quantity);
  EXPECT_EQ(parse_bytes("0.5B").error().code, ErrorCode::out_of_range);
  EXPECT_EQ(parse_bytes("2000GiB").error().code, ErrorCode::out_of_range);
  EXPECT_EQ(parse_bytes("064KiB").error().code, ErrorCode::octal_looking);
  EXPECT_EQ(parse_bytes("much").error().code, ErrorCode::bad_quantity);
}

TEST(ByteRate, is_a_size_in_a_second) {
  EXPECT_EQ(*parse_byte_rate("64KiB/s"), 65536U);
  EXPECT_EQ(parse_byte_rate("64KiB").error().message,
            "bytes per second are needed; did you mean 64KiB/s?");
  EXPECT_EQ(parse_byte_rate("64/s").error().code, ErrorCode::missing_unit);
  EXPECT_EQ(parse_byte_rate("64KiB/m").error().code, ErrorCode::bad_quantity);
  EXPECT_EQ(parse_byte_rate("1kbit/s").error().message,
            "not bytes per second, as in 10KiB/s; the units are B/s, KiB/s, MiB/s and GiB/s");
}

}  // namespace
}  // namespace probate::yaml
