#include "core/base/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate {
namespace {

using testing::HasSubstr;

Template made(std::string_view text) {
  auto parsed = Template::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": "
                                  << (parsed.has_value() ? "" : parsed.error().message);
  return parsed.has_value() ? *parsed : Template{};
}

TemplateError error_of(std::string_view text) {
  const auto parsed = Template::parse(text);
  EXPECT_FALSE(parsed.has_value()) << text;
  return parsed.has_value() ? TemplateError{} : parsed.error();
}

constexpr TemplateValues kValues{.client_id = "868570000000012",
                                 .index = 12,
                                 .group = "city",
                                 .epoch = 259,
                                 .time = kRunStart + 1500ms,
                                 .seq = 7};

TEST(Template, fills_every_placeholder) {
  EXPECT_EQ(made("{client_id}|{index}|{group}|{epoch}|{bdseq}|{time}|{seq}").expand(kValues),
            "868570000000012|12|city|259|3|1500|7");
}

TEST(Template, pads_numbers_with_zeros) {
  EXPECT_EQ(made("{index:05}{epoch:02}").expand(kValues), "00012259");
  EXPECT_EQ(made("{seq:020}").expand(kValues), "00000000000000000007");
}

TEST(Template, doubled_braces_are_braces) {
  EXPECT_EQ(made("{{\"e\":{epoch}}}").expand(kValues), "{\"e\":259}");
}

TEST(Template, literal_takes_braces_as_they_are) {
  const Template text = Template::literal("{index}");
  EXPECT_EQ(text.expand(kValues), "{index}");
  EXPECT_FALSE(text.uses(Placeholder::index));
  EXPECT_EQ(text, made(text.text())) << "its text is what a scenario would have to say";
}

TEST(Template, knows_what_it_uses) {
  const Template text = made("{client_id}#{epoch}");
  EXPECT_TRUE(text.uses(Placeholder::client_id));
  EXPECT_TRUE(text.uses(Placeholder::epoch));
  EXPECT_FALSE(text.uses(Placeholder::bdseq));
  EXPECT_TRUE(made("").empty());
}

TEST(Template, names_the_place_of_a_mistake) {
  const TemplateError unknown = error_of("dev-{indx}");
  EXPECT_EQ(unknown.offset, 4u);
  EXPECT_THAT(unknown.message, HasSubstr("did you mean \"index\""));
  EXPECT_EQ(error_of("abc{index").offset, 3u);
  EXPECT_EQ(error_of("ab}c").offset, 2u);
  EXPECT_EQ(error_of("{}").offset, 0u);
  EXPECT_EQ(error_of("x{index:5}").offset, 8u);
  EXPECT_THAT(error_of("{client_id:05}").message, HasSubstr("only numbers"));
}

TEST(Template, refuses_widths_that_are_none) {
  for (const char* text : {"{index:}", "{index:0}", "{index:021}", "{index:05x}", "{index:00}",
                           "{index:0005}", "{index:-1}"}) {
    EXPECT_THAT(error_of(text).message, HasSubstr("not a width")) << text;
  }
  EXPECT_EQ(made("{index:020}").text(), "{index:020}");
}

TEST(Template, has_limits) {
  EXPECT_EQ(made(std::string(Template::kTextBytesMax, 'x')).text().size(), 1024u);
  EXPECT_THAT(error_of(std::string(1025, 'x')).message, HasSubstr("1024 bytes"));
  std::string many;
  for (int i = 0; i < 16; ++i) many += "{seq}";
  EXPECT_EQ(made(many).expand(kValues), "7777777777777777");
  EXPECT_THAT(error_of(many + "{seq}").message, HasSubstr("16 placeholders"));
}

TEST(Template, filter_turns_levels_with_placeholders_into_plus) {
  EXPECT_EQ(made("/device/{client_id}/report").to_filter(), "/device/+/report");
  EXPECT_EQ(made("a/x{index:03}y{epoch}/b").to_filter(), "a/+/b");
  EXPECT_EQ(made("/willmsg").to_filter(), "/willmsg");
  EXPECT_EQ(made("{group}/{client_id}").to_filter(), "+/+");
  EXPECT_EQ(made("a/").to_filter(), "a/");
}

TEST(TemplateInvert, reads_the_articles_will) {
  const auto match =
      made("{client_id}device_conn_err#{epoch}").invert("868570000000012device_conn_err#3");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->client_id, "868570000000012");
  EXPECT_EQ(match->epoch, 3u);
  EXPECT_FALSE(match->index);
  EXPECT_FALSE(match->group);
}

TEST(TemplateInvert, refuses_what_the_template_cannot_make) {
  const Template text = made("dev-{index:05}/{epoch}");
  EXPECT_TRUE(text.invert("dev-00012/1"));
  EXPECT_TRUE(text.invert("dev-123456/1")) << "a number may be wider than its padding";
  for (const char* wrong : {"", "dev-", "dev-12/1", "dev-012345/1", "dev-00012/01", "dev-00012/1 ",
                            "dev-00012/4294967296", "xdev-00012/1", "dev-00012/", "dev-0001a/1"}) {
    EXPECT_FALSE(text.invert(wrong)) << wrong;
  }
}

TEST(TemplateInvert, empty_template_is_the_empty_text) {
  EXPECT_TRUE(Template{}.invert(""));
  EXPECT_FALSE(Template{}.invert("x"));
}

TEST(TemplateInvert, texts_are_never_empty) {
  EXPECT_FALSE(made("{client_id}").invert(""));
  EXPECT_FALSE(made("a{group}b").invert("ab"));
}

TEST(TemplateInvert, texts_match_as_few_characters_as_possible) {
  const auto match = made("{client_id}-{group}").invert("a-b-c");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->client_id, "a");
  EXPECT_EQ(match->group, "b-c");
}

TEST(TemplateInvert, goes_back_where_the_first_reading_was_too_short) {
  const auto match = made("{client_id}-{index}").invert("a-b-12");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->client_id, "a-b");
  EXPECT_EQ(match->index, 12u);
}

TEST(TemplateInvert, gives_back_digits_that_the_next_part_needs) {
  const auto match = made("{index}0").invert("1200");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->index, 120u);
}

TEST(TemplateInvert, the_same_placeholder_reads_the_same) {
  EXPECT_TRUE(made("{client_id}/{client_id}").invert("ab/ab"));
  EXPECT_FALSE(made("{client_id}/{client_id}").invert("ab/ac"));
  EXPECT_TRUE(made("{epoch}/{epoch:03}").invert("7/007"));
  EXPECT_FALSE(made("{epoch}/{epoch:03}").invert("7/008"));
}

TEST(TemplateInvert, bdseq_agrees_with_epoch) {
  const auto match = made("{epoch}/{bdseq}").invert("259/3");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->bdseq, 3u);
  EXPECT_FALSE(made("{epoch}/{bdseq}").invert("259/4"));
  EXPECT_FALSE(made("{bdseq}/{epoch}").invert("4/259"));
  EXPECT_FALSE(made("{bdseq}").invert("256"));
}

TEST(TemplateInvert, takes_the_largest_numbers_and_no_larger) {
  EXPECT_TRUE(made("{seq}").invert("18446744073709551615"));
  EXPECT_FALSE(made("{seq}").invert("18446744073709551616"));
  EXPECT_TRUE(made("{index}").invert("4294967295"));
  EXPECT_FALSE(made("{index}").invert("4294967296"));
}

TEST(TemplateInvert, gives_up_a_hostile_text_after_bounded_work) {
  // Every one of 10⁸ pairs of ends would have to be tried.
  std::string text(20'000, 'a');
  EXPECT_FALSE(made("{client_id}a{group}a{client_id}b{group}").invert(text));
}

// A random template in which a separator no value contains stands between two placeholders.
std::string random_template(Rng& rng) {
  static constexpr const char* kPlaceholders[] = {
      "{client_id}", "{index}", "{group}",    "{epoch}",    "{bdseq}",
      "{time}",      "{seq}",   "{index:05}", "{epoch:03}", "{time:010}"};
  std::string text = rng.below(2) == 0 ? "" : "/x{{";
  const std::uint64_t parts = 1 + rng.below(8);
  for (std::uint64_t i = 0; i < parts; ++i) {
    text += kPlaceholders[rng.below(std::size(kPlaceholders))];
    text += rng.below(2) == 0 ? "|" : "|}}lit/";
  }
  return text;
}

std::string random_word(Rng& rng) {
  std::string word;
  const std::uint64_t length = 1 + rng.below(20);
  for (std::uint64_t i = 0; i < length; ++i) word += "abc01259-_."[rng.below(11)];
  return word;
}

TEST(TemplateInvert, gives_back_what_expand_put_in) {
  Rng rng{20200204};
  for (int round = 0; round < 5'000; ++round) {
    const Template text = made(random_template(rng));
    const std::string client_id = random_word(rng);
    const std::string group = random_word(rng);
    const TemplateValues values{.client_id = client_id,
                                .index = static_cast<std::uint32_t>(rng.below(1'000'000)),
                                .group = group,
                                .epoch = static_cast<Epoch>(rng.below(100'000)),
                                .time = kRunStart + rng.uniform(0s, 24h),
                                .seq = rng.next()};
    const std::string expanded = text.expand(values);
    const auto match = text.invert(expanded);
    ASSERT_TRUE(match) << text.text() << " from " << expanded;
    const auto expected = [&](Placeholder placeholder, auto value) {
      return text.uses(placeholder) ? std::optional{value} : std::nullopt;
    };
    ASSERT_EQ(match->client_id, expected(Placeholder::client_id, client_id)) << text.text();
    ASSERT_EQ(match->group, expected(Placeholder::group, group)) << text.text();
    ASSERT_EQ(match->index, expected(Placeholder::index, values.index)) << text.text();
    ASSERT_EQ(match->epoch, expected(Placeholder::epoch, values.epoch)) << text.text();
    ASSERT_EQ(match->bdseq, expected(Placeholder::bdseq, static_cast<std::uint8_t>(values.epoch)))
        << text.text();
  }
}

}  // namespace
}  // namespace probate
