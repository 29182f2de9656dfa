#include "sim/yaml/parse.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/yaml/source.hpp"

namespace probate::yaml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Parsed {
  std::optional<Node> tree;
  std::vector<std::string> problems;
};

Parsed parsed(std::string_view text) {
  Sources sources;
  Problems problems{sources};
  Budget budget;
  const SourceId id = sources.add("x.yaml", std::string{text}, SourceKind::scenario);
  Parsed result{parse(id, sources, budget, problems), {}};
  for (const Diagnostic& each : problems.sorted()) {
    result.problems.push_back(
        fmt::format("{}:{} {} {}", each.line, each.column, each.code, each.message));
  }
  return result;
}

TEST(Parsing, keeps_order_places_and_quotes) {
  const Parsed result = parsed("b: 1\na: [x, \"y\"]\n");
  ASSERT_TRUE(result.tree);
  EXPECT_THAT(result.problems, IsEmpty());
  ASSERT_EQ(result.tree->entries.size(), 2U);
  EXPECT_EQ(result.tree->entries[0].key, "b");
  const Node& list = result.tree->entries[1].value;
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_EQ(list.items[1].place, (Place{SourceId{0}, 1, 7}));
}

TEST(Parsing, reports_every_duplicate_key) {
  EXPECT_THAT(parsed("a: 1\nb: {c: 1, c: 2}\na: 3\n").problems,
              ElementsAre("2:11 E0103 the key \"c\" is given twice; first in line 2",
                          "3:1 E0103 the key \"a\" is given twice; first in line 1"));
}

TEST(Parsing, merges_maps_below_the_explicit_keys) {
  const Parsed result = parsed("p: &p {a: 1, b: 1}\nq: &q {b: 2, c: 2}\nr: {<<: [*p, *q], a: 3}\n");
  EXPECT_THAT(result.problems, IsEmpty());
  const Node* merged = result.tree->find("r");
  EXPECT_EQ(merged->find("a")->text, "3");
  EXPECT_EQ(merged->find("b")->text, "1");  // the earlier of the list wins
  EXPECT_EQ(merged->find("c")->text, "2");
}

TEST(Parsing, refuses_a_merge_of_what_is_no_map) {
  EXPECT_THAT(parsed("a: {<<: 5}\n").problems,
              ElementsAre("1:5 E0116 `<<` takes a map or a list of maps, not a single value"));
}

TEST(Parsing, refuses_tabs_line_by_line) {
  EXPECT_THAT(parsed("a:\n\tb: 1\n\tc: 1\n").problems,
              ElementsAre("2:1 E0111 a tab; indent with spaces, and write \\t inside \"…\"",
                          "3:1 E0111 a tab; indent with spaces, and write \\t inside \"…\""));
}

TEST(Parsing, refuses_a_second_document) {
  EXPECT_THAT(parsed("a: 1\n---\nb: 1\n").problems,
              ElementsAre("2:1 E0112 a scenario is one document; a second one begins here"));
  EXPECT_THAT(parsed("- a\nb: 1\n").problems,
              ElementsAre("2:1 E0112 the text goes on after its end; a list and a map cannot stand "
                          "side by side at the top"));
}

TEST(Parsing, refuses_what_the_parser_would_take_for_the_end_of_the_file) {
  // 0x04 ends a stream silently for yaml-cpp; NUL and others are no text at all.
  EXPECT_THAT(parsed("a: 1\n\x04 b: 2\n").problems,
              ElementsAre("2:1 E0131 the control character U+0004 has no place in a text"));
  EXPECT_THAT(parsed(std::string_view{"a: \0x\n", 6}).problems,
              ElementsAre("1:4 E0131 the control character U+0000 has no place in a text"));
}

TEST(Parsing, refuses_what_is_not_utf8) {
  EXPECT_THAT(parsed("a: gr\xfc\xdf\n").problems, ElementsAre("1:6 E0131 this is not UTF-8"));
  EXPECT_THAT(parsed("a: \xc0\x80\n").problems, ElementsAre("1:4 E0131 this is not UTF-8"));
}

TEST(Parsing, counts_columns_in_characters) {
  EXPECT_THAT(parsed("名: {字: 1, 字: 2}\n").problems,
              ElementsAre("1:11 E0103 the key \"字\" is given twice; first in line 1"));
}

TEST(Parsing, refuses_a_quotation_mark_that_stays_open) {
  // yaml-cpp takes the end of the file for the closing mark.
  EXPECT_THAT(parsed("a: \"x\nc: 2\n").problems,
              ElementsAre("1:4 E0101 this quotation mark is never closed"));
  EXPECT_THAT(parsed("a: 'it''s\n").problems,
              ElementsAre("1:4 E0101 this quotation mark is never closed"));
  EXPECT_THAT(parsed("a: 'it''s'\nb: \"\\\"\"\n").problems, IsEmpty());
}

TEST(Parsing, says_in_words_what_is_no_yaml) {
  EXPECT_THAT(
      parsed("a: b: c\n").problems,
      ElementsAre("1:5 E0101 no value can stand here; a text that holds `: ` needs quotes"));
  EXPECT_THAT(parsed("a: {b: 1\n").problems,
              ElementsAre("1:9 E0101 a `{` is not closed by `}` before this place"));
  EXPECT_THAT(parsed("a: *x\n").problems,
              ElementsAre("1:4 E0101 this alias names no anchor above it"));
  EXPECT_THAT(parsed("{a: ${N}}\n").problems,
              ElementsAre("1:6 E0101 a `{` is not closed by `}` before this place; inside { } and "
                          "[ ] a ${…} needs quotes"));
}

TEST(Parsing, refuses_tags_and_keys_that_are_no_texts) {
  EXPECT_THAT(parsed("a: !!str 5\n? [x]\n: 1\n").problems,
              ElementsAre("1:4 E0132 tags are not used in a scenario; quote a text",
                          "2:3 E0132 a key must be a plain text"));
}

TEST(Parsing, refuses_an_empty_file) {
  EXPECT_THAT(parsed("").problems, ElementsAre("1:1 E0129 there is nothing in it"));
  EXPECT_THAT(parsed("# only a comment\n").problems,
              ElementsAre("1:1 E0129 there is nothing in it"));
}

TEST(Parsing, stops_at_nesting_beyond_the_limit) {
  const std::string open(kNestingMax, '[');
  EXPECT_THAT(parsed(open + std::string(kNestingMax, ']')).problems, IsEmpty());
  EXPECT_THAT(parsed("[" + open + std::string(kNestingMax + 1, ']')).problems,
              ElementsAre("1:65 E0122 nested more than 64 deep"));
  // Nor can aliases build what could not be written.
  std::string tower = "- &a0 [x]\n";
  for (int i = 1; i < 70; ++i) tower += fmt::format("- &a{} [*a{}]\n", i, i - 1);
  EXPECT_THAT(parsed(tower).problems, ElementsAre("63:9 E0122 nested more than 64 deep"));
}

TEST(Parsing, stops_a_billion_laughs) {
  std::string bomb = "- &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    bomb += fmt::format("- &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", c,
                        static_cast<char>(c - 1));
  }
  const auto problems = parsed(bomb).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("E0115"), std::string::npos) << problems[0];
}

TEST(Parsing, refuses_an_alias_inside_its_own_anchor) {
  EXPECT_THAT(parsed("a: &a [*a]\n").problems,
              ElementsAre("1:8 E0101 the alias stands inside what it stands for"));
}

TEST(Parsing, refuses_a_file_above_the_limit) {
  const std::string text = "a: 1\n" + std::string(kFileBytesMax, '#');
  EXPECT_THAT(parsed(text).problems,
              ElementsAre("0:0 E0121 a scenario file has at most 1048576 bytes"));
}

}  // namespace
}  // namespace probate::yaml
