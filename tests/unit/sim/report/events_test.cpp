// Events written, read back, and every way in which a file of them can be broken.
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "sim/report/event_reader.hpp"
#include "sim/report/event_writer.hpp"
#include "tests/unit/core/journal/samples.hpp"
#include "tests/unit/sim/report/folder.hpp"

namespace probate::report {
namespace {

using journal::Record;
using test::content_of;
using test::Folder;
using testing::HasSubstr;

journal::Header header() {
  journal::Header header;
  header.program = "0.1.0";
  return header;
}

std::vector<Record> many_records() {
  std::vector<Record> records;
  Rng rng = Rng{3}.stream("events");
  for (int i = 0; i < 100; ++i) {
    for (Record& record : journal::samples::one_of_each(rng)) records.push_back(record);
  }
  return records;
}

// What a reader makes of the file: its records, or the text of its error.
struct Reading {
  std::vector<Record> records;
  std::string error;
  bool unreadable = false;
};
Reading read_all(const std::string& path) {
  Reading reading;
  auto reader = EventReader::open(path);
  if (!reader) return {{}, to_text(reader.error()), reader.error().unreadable};
  for (;;) {
    auto record = reader->next();
    if (!record) {
      reading.error = to_text(record.error());
      return reading;
    }
    if (!record->has_value()) return reading;
    reading.records.push_back(**record);
  }
}

std::string written(const Folder& folder, const std::vector<Record>& records) {
  const std::string path = folder.path + "/events.ndjson.gz";
  EventWriter writer{path, header()};
  for (const Record& record : records) writer.write(record);
  EXPECT_TRUE(writer.finish().has_value());
  EXPECT_EQ(writer.records(), records.size());
  return path;
}

TEST(Events, come_back_as_they_were_written) {
  const Folder folder;
  const auto records = many_records();  // several blocks
  const std::string path = written(folder, records);
  EXPECT_EQ(content_of(path).substr(0, 2), "\x1f\x8b");
  const Reading reading = read_all(path);
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.records, records);
}

TEST(Events, without_a_record_are_a_file_with_a_header) {
  const Folder folder;
  const Reading reading = read_all(written(folder, {}));
  EXPECT_EQ(reading.error, "");
  EXPECT_TRUE(reading.records.empty());
}

TEST(Events, are_read_without_gzip_too) {
  const Folder folder;
  const std::string path = folder.path + "/events.ndjson";
  std::string text;
  journal::append_ndjson(header(), text);
  text += "\n";  // an empty line is nothing
  journal::append_ndjson(journal::samples::leg_closed(), text);
  text.pop_back();  // the last line may lack its end
  ASSERT_TRUE(write_file(path, text).has_value());
  const Reading reading = read_all(path);
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.records, std::vector{journal::samples::leg_closed()});
}

TEST(Events, appear_only_when_they_are_complete) {
  const Folder folder;
  const std::string path = folder.path + "/events.ndjson.gz";
  {
    EventWriter writer{path, header()};
    for (const Record& record : many_records()) writer.write(record);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Events, on_a_full_disk_are_an_error_and_no_more) {
  EventWriter writer{"/proc/probate/events.ndjson.gz", header()};
  for (const Record& record : many_records()) writer.write(record);
  EXPECT_NE(writer.error(), "");
  const Written written = writer.finish();
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().path, "/proc/probate/events.ndjson.gz");
}

TEST(Events, of_a_missing_file_are_unreadable) {
  const Reading reading = read_all("/nowhere/events.ndjson");
  EXPECT_EQ(reading.error, "/nowhere/events.ndjson: No such file or directory");
  EXPECT_TRUE(reading.unreadable);
}

TEST(Events, with_a_wrong_line_name_line_and_column) {
  const Folder folder;
  const std::string path = folder.path + "/events.ndjson";
  std::string text;
  journal::append_ndjson(header(), text);
  journal::append_ndjson(journal::samples::leg_closed(), text);
  text += R"({"at_ns":1,"loop":0,"seq":1,"kind":"leg_torn"})";
  ASSERT_TRUE(write_file(path, text).has_value());
  const Reading reading = read_all(path);
  EXPECT_EQ(reading.records.size(), 1u);
  EXPECT_EQ(reading.error, path + ":3:29: this version knows no record of kind \"leg_torn\"");
  EXPECT_FALSE(reading.unreadable);
}

TEST(Events, that_are_something_else_are_told_so) {
  const Folder folder;
  const std::string path = folder.path + "/other";
  ASSERT_TRUE(write_file(path, "").has_value());
  EXPECT_EQ(read_all(path).error, path + ": the file is empty");
  ASSERT_TRUE(write_file(path, "version: 1\n").has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr(":1:1: no JSON"));
  ASSERT_TRUE(write_file(path, "{}\n").has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr("no journal of Probate"));
}

TEST(Events, cut_short_are_never_taken_for_complete) {
  const Folder folder;
  const std::string whole = content_of(written(folder, many_records()));
  const std::string path = folder.path + "/cut.gz";
  for (const std::size_t bytes : {whole.size() - 1, whole.size() - 9, whole.size() / 2}) {
    ASSERT_TRUE(write_file(path, whole.substr(0, bytes)).has_value());
    EXPECT_THAT(read_all(path).error, HasSubstr("damaged or cut short")) << bytes;
  }
}

TEST(Events, of_several_gzip_files_are_read_on) {
  const Folder folder;
  const std::string head = content_of(written(folder, {}));
  std::string lines;
  journal::append_ndjson(journal::samples::leg_closed(), lines);
  const std::string path = folder.path + "/several.gz";
  gzFile second = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(second, lines.data(), static_cast<unsigned>(lines.size())),
            static_cast<int>(lines.size()));
  ASSERT_EQ(gzclose(second), Z_OK);
  ASSERT_TRUE(write_file(path, head + content_of(path) + content_of(path)).has_value());
  const Reading reading = read_all(path);
  EXPECT_EQ(reading.error, "");
  EXPECT_EQ(reading.records.size(), 2u);
}

TEST(Events, with_something_else_behind_the_gzip_data_are_no_journal) {
  const Folder folder;
  const auto records = many_records();
  const std::string whole = content_of(written(folder, records));
  const std::string path = folder.path + "/more.gz";
  for (const std::string junk : {"x", "\x1f", "\x1fx", "more of it", "{}\n"}) {
    ASSERT_TRUE(write_file(path, whole + junk).has_value());
    const Reading reading = read_all(path);
    EXPECT_NE(reading.error, "") << junk;
    EXPECT_EQ(reading.records.size(), records.size()) << junk;
    EXPECT_FALSE(reading.unreadable);
  }
  ASSERT_TRUE(write_file(path, whole + "more of it").has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr("something that is no gzip data follows"));
}

TEST(Events, with_a_key_given_twice_are_refused_at_its_place) {
  const Folder folder;
  const std::string path = folder.path + "/twice.ndjson";
  std::string text;
  journal::append_ndjson(header(), text);
  text += R"({"at_ns":1,"kind":"drain_began","at_ns":2})";
  ASSERT_TRUE(write_file(path, text).has_value());
  EXPECT_EQ(read_all(path).error, path + ":2:33: key \"at_ns\" is given twice");
}

TEST(Events, damaged_are_told_so) {
  const Folder folder;
  std::string bytes = content_of(written(folder, many_records()));
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 1);  // the checksum
  const std::string path = folder.path + "/damaged.gz";
  ASSERT_TRUE(write_file(path, bytes).has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr("damaged or cut short"));
}

TEST(Events, with_a_line_beyond_the_limit_are_refused) {
  const Folder folder;
  const std::string path = folder.path + "/long";
  std::string text;
  journal::append_ndjson(header(), text);
  text += std::string(EventReader::kLineBytesMax + 1, ' ');
  ASSERT_TRUE(write_file(path, text).has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr("a line of more than 16777216 bytes"));
}

TEST(Events, of_binary_garbage_are_told_so_with_the_line) {
  const Folder folder;
  const std::string path = folder.path + "/garbage";
  const std::string garbage{"\x00\xff\xfe\x7f{\x01", 6};
  ASSERT_TRUE(write_file(path, garbage).has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr(":1:1: no JSON"));
  std::string text;
  journal::append_ndjson(header(), text);
  ASSERT_TRUE(write_file(path, text + garbage).has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr(":2:1: no JSON"));
}

TEST(Events, cut_within_a_line_name_that_line) {
  const Folder folder;
  const std::string path = folder.path + "/cut.ndjson";
  std::string text;
  journal::append_ndjson(header(), text);
  journal::append_ndjson(journal::samples::leg_closed(), text);
  journal::append_ndjson(journal::samples::leg_closed(), text);
  ASSERT_TRUE(write_file(path, text.substr(0, text.size() - 20)).has_value());
  const Reading reading = read_all(path);
  EXPECT_EQ(reading.records.size(), 1u);
  EXPECT_THAT(reading.error, HasSubstr(path + ":3:"));
}

TEST(Events, of_a_newer_version_are_refused_by_their_first_line) {
  const Folder folder;
  const std::string path = folder.path + "/newer.ndjson";
  ASSERT_TRUE(write_file(path, R"({"probate_journal":2,"program":"9.0"})").has_value());
  EXPECT_THAT(read_all(path).error,
              HasSubstr(":1:2: the journal has version 2, this program reads up to version 1"));
}

TEST(Events, of_a_run_are_numbered_those_of_a_foreign_log_need_not_be) {
  const Folder folder;
  const std::string path = folder.path + "/unnumbered.ndjson";
  const std::string record = R"({"at_ns":1,"kind":"drain_began"})";
  std::string foreign;
  journal::append_ndjson(header(), foreign);
  ASSERT_TRUE(write_file(path, foreign + record).has_value());
  EXPECT_EQ(read_all(path).error, "");
  journal::Header of_a_run = header();
  of_a_run.recipe.text = "version: 1";
  std::string own;
  journal::append_ndjson(of_a_run, own);
  ASSERT_TRUE(write_file(path, own + record).has_value());
  EXPECT_THAT(read_all(path).error, HasSubstr(":2:1: key \"seq\" is missing"));
}

}  // namespace
}  // namespace probate::report
