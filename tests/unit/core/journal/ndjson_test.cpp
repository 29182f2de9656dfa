#include "core/journal/ndjson.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/journal/from_packets.hpp"
#include "core/journal/names.hpp"
#include "tests/unit/core/journal/samples.hpp"

namespace probate::journal {
namespace {

using testing::HasSubstr;

std::string line_of(const Record& record) {
  std::string line;
  append_ndjson(record, line);
  return line;
}

ParseError error_of(std::string_view line) {
  const auto parsed = parse_record(line);
  if (parsed.has_value()) {
    ADD_FAILURE() << "accepted: " << line;
    return {};
  }
  return parsed.error();
}

TEST(NdjsonRecord, reads_like_this) {
  EXPECT_EQ(line_of(samples::connect_forwarded()),
            R"({"at_ns":1234567890,"loop":1,"seq":42,"kind":"connect_forwarded","connection":7,)"
            R"("device":412,"epoch":2,"client_id":"meter-00412","version":"3.1.1","clean":true,)"
            R"("keep_alive_s":10,"will":{"topic":"/willmsg","payload":"meter-00412#2","qos":1}})"
            "\n");
  EXPECT_EQ(line_of(samples::leg_closed()),
            R"({"at_ns":301200000000,"loop":0,"seq":9001,"kind":"leg_closed","connection":7,)"
            R"("leg":"broker","by":"proxy","how":"rst","fault":3,)"
            R"("last_uplink_packet_at_ns":299500000000})"
            "\n");
  EXPECT_EQ(line_of({.sequence = 8, .body = BrokerStopped{FaultId{1}, BrokerEnd::shutdown}}),
            R"({"at_ns":0,"loop":0,"seq":8,"kind":"broker_stopped","fault":1,"how":"shutdown"})"
            "\n");
  EXPECT_EQ(line_of({.sequence = 9, .body = BrokerStarted{FaultId{1}}}),
            R"({"at_ns":0,"loop":0,"seq":9,"kind":"broker_started","fault":1})"
            "\n");
}

TEST(NdjsonRecord, of_a_reload_tells_what_goes_on_and_what_is_no_more) {
  const Record record{.sequence = 1, .body = Reloaded{"ab", 2, {"cut", "dead"}, 0}};
  EXPECT_EQ(line_of(record),
            R"({"at_ns":0,"loop":0,"seq":1,"kind":"reloaded","digest":"ab","kept":2,)"
            R"("removed":["cut","dead"],"certificates":0})"
            "\n");
  EXPECT_EQ(parse_record(line_of(record)).value(), record);
}

// broker_restart strikes no device.
TEST(NdjsonRecord, of_a_fault_without_a_device_leaves_it_out) {
  const Record record{.sequence = 1, .body = FaultApplied{FaultId{1}, kNoDevice, kNoConnection}};
  EXPECT_EQ(line_of(record), R"({"at_ns":0,"loop":0,"seq":1,"kind":"fault_applied","fault":1})"
                             "\n");
  EXPECT_EQ(parse_record(line_of(record)).value(), record);
}

TEST(NdjsonError, a_broker_that_stopped_says_how) {
  const std::string begin = R"({"at_ns":1,"loop":0,"seq":1,"kind":"broker_stopped","fault":1)";
  EXPECT_THAT(error_of(begin + "}").message, HasSubstr("how"));
  EXPECT_THAT(error_of(begin + R"(,"how":"killed"})").message, HasSubstr("killed"));
  EXPECT_THAT(error_of(R"({"at_ns":1,"loop":0,"seq":1,"kind":"broker_started"})").message,
              HasSubstr("fault"));
}

TEST(NdjsonRecord, of_every_kind_comes_back_as_it_was) {
  Rng rng = Rng{11}.stream("ndjson");
  for (int round = 0; round < 500; ++round) {
    for (const Record& record : samples::one_of_each(rng)) {
      const std::string line = line_of(record);
      const auto parsed = parse_record(line);
      ASSERT_TRUE(parsed.has_value()) << parsed.error().message << "\n" << line;
      ASSERT_EQ(*parsed, record) << line;
    }
  }
}

TEST(NdjsonRecord, is_one_line_of_ascii_controls_escaped) {
  Rng rng = Rng{12}.stream("ndjson");
  for (int round = 0; round < 100; ++round) {
    for (const Record& record : samples::one_of_each(rng)) {
      const std::string line = line_of(record);
      for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        ASSERT_GE(static_cast<std::uint8_t>(line[i]), 0x20) << line;
      }
      ASSERT_EQ(line.back(), '\n');
    }
  }
}

TEST(NdjsonRecord, carries_bytes_that_are_no_text_as_base64) {
  Observed observed;
  observed.payload.assign("\xff\xfe\x00!", 4);
  const Record record{.body = observed};
  const std::string line = line_of(record);
  EXPECT_THAT(line, HasSubstr(R"("payload_base64":"//4AIQ==")"));
  EXPECT_EQ(parse_record(line).value(), record);
}

TEST(NdjsonRecord, leaves_utf8_readable) {
  const std::string line = line_of({.body = BrokerLost{.cause = "coup\xc3\xa9"
                                                                "e"}});
  EXPECT_THAT(line, HasSubstr("\"coup\xc3\xa9"
                              "e\""));
}

TEST(NdjsonRecord, spells_no_end_of_time_as_never) {
  DisconnectForwarded disconnect;
  disconnect.session_expiry = Duration::max();
  const Record record{.body = disconnect};
  EXPECT_THAT(line_of(record), HasSubstr(R"("session_expiry_ns":"never")"));
  EXPECT_EQ(parse_record(line_of(record)).value(), record);
}

// Any of MQTT's 32-bit seconds.
TEST(NdjsonRecord, reads_back_the_longest_session_and_delay) {
  for (const std::uint32_t seconds : {0u, 1u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu}) {
    ConnectForwarded connect;
    connect.version = mqtt::Version::v5;
    connect.session_expiry = session_expiry(seconds);
    connect.will = WillFacts{.topic = "w", .payload = "p", .delay = std::chrono::seconds{seconds}};
    const Record record{.body = connect};
    const auto read = parse_record(line_of(record));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, record);
  }
}

TEST(NdjsonRecord, refuses_a_duration_that_is_longer_than_any_of_mqtt) {
  const auto read =
      parse_record(R"({"at_ns":5,"kind":"disconnect_forwarded","connection":9,"reason":0,)"
                   R"("session_expiry_ns":4294967295000000001})");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("2^32 - 1 seconds"));
}

TEST(NdjsonRecord, parses_in_any_order_and_with_white_space) {
  const auto parsed = parse_record(
      R"( { "kind" : "session_up", "connection" : 9, "seq" : 1, "loop" : 0, "at_ns" : 5 } )");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(*parsed, (Record{.at = kRunStart + 5ns, .sequence = 1, .body = SessionUp{{9}}}));
}

TEST(NdjsonError, names_a_kind_of_a_newer_version) {
  const auto error = error_of(R"({"at_ns":1,"loop":0,"seq":1,"kind":"leg_close","connection":1})");
  EXPECT_EQ(error.message,
            "this version knows no record of kind \"leg_close\"; did you mean \"leg_closed\"?");
  EXPECT_EQ(error.offset, 28u);
}

TEST(NdjsonError, names_an_unknown_key_and_where_it_stands) {
  const auto error =
      error_of(R"({"at_ns":1,"loop":0,"seq":1,"kind":"session_up","connection":1,"conection":2})");
  EXPECT_EQ(error.message, "unknown key \"conection\"; did you mean \"connection\"?");
  EXPECT_EQ(error.offset, 63u);
}

TEST(NdjsonError, names_the_missing_key) {
  EXPECT_EQ(error_of(R"({"at_ns":1,"loop":0,"seq":1,"kind":"session_up"})").message,
            "key \"connection\" is missing");
  EXPECT_EQ(error_of(R"({"loop":0,"seq":1,"kind":"session_up","connection":1})").message,
            "key \"at_ns\" is missing");
  EXPECT_EQ(error_of(R"({"at_ns":1,"loop":0,"seq":1})").message, "key \"kind\" is missing");
}

TEST(NdjsonError, tells_the_range_of_a_number) {
  for (const char* loop : {"65536", "-1", "1.5", "\"0\"", "null", "1e2"}) {
    const std::string line =
        std::string{R"({"at_ns":1,"seq":1,"kind":"session_up","connection":1,"loop":)"} + loop +
        "}";
    EXPECT_EQ(error_of(line).message, "\"loop\" must be a whole number from 0 to 65535") << loop;
  }
}

TEST(NdjsonError, tells_the_words_of_an_enumeration_apart) {
  const auto error = error_of(
      R"({"at_ns":1,"loop":0,"seq":1,"kind":"observer_lost","observer":"controll","cause":"x"})");
  EXPECT_EQ(error.message, "\"controll\" is no value of \"observer\"; did you mean \"control\"?");
}

TEST(NdjsonError, says_where_the_json_breaks) {
  EXPECT_EQ(error_of(R"({"at_ns":1,)").message, "no JSON: incomplete JSON");
  EXPECT_THAT(error_of("{]").message, HasSubstr("no JSON: "));
  EXPECT_EQ(error_of("{]").offset, 1u);
  EXPECT_EQ(error_of("{} {}").message, "more than one JSON value in the line");
  EXPECT_EQ(error_of("[]").message, "a line must be a JSON object");
  EXPECT_EQ(error_of("").message, "no JSON: incomplete JSON");
}

TEST(NdjsonError, of_wrong_base64_is_told) {
  EXPECT_EQ(
      error_of(R"({"at_ns":1,"loop":0,"seq":1,"kind":"broker_lost","cause_base64":"a"})").message,
      "\"cause_base64\" must be base64 with padding");
}

TEST(NdjsonError, of_an_inner_object_names_its_key) {
  std::string line = line_of(samples::connect_forwarded());
  line.replace(line.find("\"qos\":1"), 7, "\"qos\":3");
  EXPECT_EQ(error_of(line).message, "\"qos\" must be 0, 1 or 2");
  line.replace(line.find("\"qos\":3"), 7, "\"qox\":1");
  EXPECT_EQ(error_of(line).message, "key \"qos\" is missing");
}

TEST(NdjsonError, is_given_for_every_line_cut_short) {
  Rng rng = Rng{13}.stream("ndjson");
  for (const Record& record : samples::one_of_each(rng)) {
    const std::string line = line_of(record);
    for (std::size_t bytes = 0; bytes + 1 < line.size(); ++bytes) {
      ASSERT_FALSE(parse_record(std::string_view{line}.substr(0, bytes)).has_value()) << line;
    }
  }
}

TEST(NdjsonHeader, comes_back_as_it_was) {
  const Header header{.program = "0.1.0",
                      .started_at = "2026-11-02T10:00:00Z",
                      .recipe = {.file = "scenarios/first-look.yaml",
                                 .text = "version: 1\nname: x\n",
                                 .overrides = {"seed=8", "fleet.city.count=5"},
                                 .time_scale = 2.5,
                                 .files = {{"a.yaml", "seed: 1\n"}, {"b.yaml", ""}},
                                 .variables = {"CITY=Sofia", "NOT_SET"}},
                      .level = Level::notable};
  std::string line;
  append_ndjson(header, line);
  EXPECT_EQ(line, R"({"probate_journal":1,"program":"0.1.0","started_at":"2026-11-02T10:00:00Z",)"
                  R"("events":"notable",)"
                  R"("scenario_file":"scenarios/first-look.yaml","overrides":["seed=8",)"
                  R"("fleet.city.count=5"],"time_scale":2.5,"variables":["CITY=Sofia",)"
                  R"("NOT_SET"],"files":{"a.yaml":"seed: 1\n","b.yaml":""},)"
                  R"("scenario_yaml":"version: 1\nname: x\n"})"
                  "\n");
  EXPECT_EQ(parse_header(line).value(), header);
  Header bare;
  bare.program = "0.1.0";
  EXPECT_EQ(parse_header(R"({"probate_journal":1,"program":"0.1.0"})").value(), bare);
}

TEST(NdjsonHeader, with_an_unknown_level_is_refused) {
  for (const char* level : {"some", "none"}) {
    const auto parsed = parse_header(
        fmt::format(R"({{"probate_journal":1,"program":"0.1.0","events":"{}"}})", level));
    ASSERT_FALSE(parsed.has_value());
    EXPECT_THAT(parsed.error().message, HasSubstr("must be notable or all"));
  }
}

TEST(NdjsonHeader, of_a_start_that_is_no_time_is_refused) {
  const auto parsed = [](const char* text) {
    return parse_header(
        fmt::format(R"({{"probate_journal":1,"program":"x","started_at":"{}"}})", text));
  };
  for (const char* time : {"2026-11-02T10:00:00Z", "2026-11-02T10:00:00.125+01:00"}) {
    EXPECT_TRUE(parsed(time).has_value()) << time;
  }
  for (const char* word : {"yesterday", "2026-11-02", "2026-11-02T10:00:00",
                           "2026-11-02T10:00:00.Z", "2026-11-02 10:00:00Z"}) {
    ASSERT_FALSE(parsed(word).has_value()) << word;
    EXPECT_THAT(parsed(word).error().message, HasSubstr("\"started_at\" must be a time like"));
  }
}

TEST(NdjsonHeader, keeps_bytes_that_are_no_text) {
  Header header;
  header.program = "0.1.0";
  header.recipe.files = {{"a\xff.yaml", "\xfe"}, {"b.yaml", "text"}};
  std::string line;
  append_ndjson(header, line);
  EXPECT_THAT(line, HasSubstr(R"("files_base64":{)"));
  EXPECT_EQ(parse_header(line).value(), header);
}

TEST(NdjsonHeader, of_version_0_and_with_a_time_scale_of_0_are_refused) {
  const auto zero = parse_header(R"({"probate_journal":0,"program":"0.1.0"})");
  ASSERT_FALSE(zero.has_value());
  EXPECT_THAT(zero.error().message, HasSubstr("they count from 1"));
  const auto scaled = parse_header(R"({"probate_journal":1,"program":"0.1.0","time_scale":0})");
  ASSERT_FALSE(scaled.has_value());
  EXPECT_EQ(scaled.error().message, "\"time_scale\" must be a number above 0");
}

TEST(NdjsonHeader, of_a_newer_version_is_refused_by_name) {
  const auto parsed = parse_header(R"({"probate_journal":2,"program":"9.0.0","extra":true})");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().message,
            "the journal has version 2, this program reads up to version 1");
}

TEST(NdjsonHeader, is_asked_for_in_a_file_of_something_else) {
  const auto parsed = parse_header(R"({"level":"info"})");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error().message, HasSubstr("no journal of Probate"));
}

TEST(JournalNames, give_every_kind_its_own_word) {
  Rng rng = Rng{14}.stream("names");
  const auto records = samples::one_of_each(rng);
  ASSERT_EQ(records.size(), all_kinds().size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(kind_of(records[i].body), all_kinds()[i]);
    EXPECT_EQ(std::count(all_kinds().begin(), all_kinds().end(), all_kinds()[i]), 1);
  }
  EXPECT_EQ(kind_of(SilenceBegan{}), "silence_began");
}

TEST(JournalNames, are_all_in_the_reference) {
  std::ifstream file{PROBATE_SOURCE_DIR "/docs/journal.md"};
  const std::string page{std::istreambuf_iterator<char>{file}, {}};
  ASSERT_FALSE(page.empty());
  for (const std::string_view kind : all_kinds()) {
    EXPECT_THAT(page, HasSubstr("\n| `" + std::string{kind} + "` |"));
  }
}

}  // namespace
}  // namespace probate::journal
