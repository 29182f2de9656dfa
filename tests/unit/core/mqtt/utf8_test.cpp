#include "core/mqtt/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

std::string text_of(std::string_view wire) { return std::string{as_text(test::wire(wire).bytes)}; }

// [MQTT-1.5.3-1], [MQTT5-1.5.4-1]: the last and first code points of each length and of the gap.
TEST(Utf8, accepts_the_borders_of_every_length) {
  for (const char* wire : {"", "01", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf",
                           "f0908080", "f48fbfbf", "'A' f0aa9b94"}) {
    EXPECT_FALSE(find_utf8_fault(text_of(wire))) << wire;
  }
}

// [MQTT-1.5.3-1], [MQTT5-1.5.4-1]
TEST(Utf8, refuses_what_rfc_3629_forbids_and_names_the_sequence) {
  for (const char* wire : {"^80",
                           "^bf",
                           "^c080",
                           "^c1bf",
                           "^e08080",
                           "^e09fbf",
                           "^eda080",
                           "^edbfbf",
                           "^f0808080",
                           "^f08fbfbf",
                           "^f4908080",
                           "^f5808080",
                           "^ff",
                           "^fe",
                           "^c2",
                           "^e0a0",
                           "^f09080",
                           "^c241",
                           "^e1a041",
                           "^f0908041",
                           "'abcdefghijklmnop' ^ff 'q'",
                           "'abc' c3a4 ^a4",
                           "'abcdefg' ^c3"}) {
    const auto fault = find_utf8_fault(text_of(wire));
    ASSERT_TRUE(fault) << wire;
    EXPECT_EQ(fault->rule, Rule::utf8_ill_formed) << wire;
    EXPECT_EQ(fault->offset, test::wire(wire).mark) << wire;
  }
}

// [MQTT-1.5.3-2], [MQTT5-1.5.4-2]
TEST(Utf8, refuses_the_null_character_wherever_it_stands) {
  for (std::size_t place = 0; place < 20; ++place) {
    std::string text(20, 'x');
    text[place] = '\0';
    const auto fault = find_utf8_fault(text);
    ASSERT_TRUE(fault) << place;
    EXPECT_EQ(fault->rule, Rule::utf8_null);
    EXPECT_EQ(fault->offset, place);
  }
}

TEST(Utf8, keeps_the_byte_order_mark_and_control_characters) {
  EXPECT_FALSE(find_utf8_fault(text_of("efbbbf 'x'")));
  EXPECT_FALSE(find_utf8_fault(text_of("01 1f 7f c29f")));
}

// A byte flipped to a lone continuation byte is found at every place of the eight-byte steps.
TEST(Utf8, finds_a_bad_byte_at_every_place) {
  for (std::size_t place = 0; place < 33; ++place) {
    std::string text(33, 'x');
    text[place] = static_cast<char>(0x9c);
    const auto fault = find_utf8_fault(text);
    ASSERT_TRUE(fault) << place;
    EXPECT_EQ(fault->offset, place);
  }
}

}  // namespace
}  // namespace probate::mqtt
