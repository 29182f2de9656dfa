#include "sim/yaml/diagnostic.hpp"

#include <gtest/gtest.h>

namespace probate::yaml {
namespace {

Diagnostic diagnostic(std::string line, std::uint32_t column) {
  return {"fleet.yaml",
          7,
          column,
          "E0106",
          "a duration needs its unit",
          std::move(line),
          DiagnosticSeverity::error};
}

TEST(Diagnostics, show_place_text_line_and_caret) {
  EXPECT_EQ(render(diagnostic("  keep_alive: 30", 15), false),
            "fleet.yaml:7:15: error: a duration needs its unit [E0106]\n"
            "      keep_alive: 30\n"
            "                  ^\n");
}

TEST(Diagnostics, put_the_caret_below_wide_characters) {
  // Each Chinese character fills two columns of a terminal.
  EXPECT_EQ(render(diagnostic("遗嘱: x", 5), false),
            "fleet.yaml:7:5: error: a duration needs its unit [E0106]\n"
            "    遗嘱: x\n"
            "          ^\n");
}

TEST(Diagnostics, of_an_override_have_a_column_only) {
  Diagnostic each = diagnostic("fleet.city.count=x", 18);
  each.file = "--set";
  each.line = 0;
  EXPECT_EQ(render(each, false),
            "--set:18: error: a duration needs its unit [E0106]\n"
            "    fleet.city.count=x\n"
            "                     ^\n");
}

TEST(Diagnostics, of_a_whole_file_have_no_line) {
  Diagnostic each = diagnostic("", 0);
  each.line = 0;
  EXPECT_EQ(render(each, false), "fleet.yaml: error: a duration needs its unit [E0106]\n");
}

TEST(Diagnostics, cut_long_lines_around_the_caret) {
  const std::string text =
      render(diagnostic(std::string(500, 'a') + "X" + std::string(500, 'b'), 501), false);
  EXPECT_NE(text.find("\n    …" + std::string(100, 'a') + "X" + std::string(60, 'b') + "…\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\n" + std::string(105, ' ') + "^\n"), std::string::npos) << text;
}

TEST(Diagnostics, never_send_control_characters_to_the_terminal) {
  EXPECT_EQ(render(diagnostic("a\x1b[31m", 2), false),
            "fleet.yaml:7:2: error: a duration needs its unit [E0106]\n"
            "    a\xef\xbf\xbd[31m\n"
            "     ^\n");
}

TEST(Diagnostics, make_visible_what_a_terminal_would_obey_in_names_and_sentences) {
  Diagnostic each = diagnostic("x", 1);
  each.file = "a\x1b[2J.yaml";
  each.message = "\"\xe2\x80\xaetxt.exe\" and \x07";
  const std::string text = render(each, false);
  EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(text.rfind("a\xef\xbf\xbd[2J.yaml:7:1: error: \"\xef\xbf\xbdtxt.exe\"", 0), 0U);
}

TEST(Diagnostics, colour_only_when_asked) {
  EXPECT_NE(render(diagnostic("x", 1), true).find("\x1b[1;31merror:\x1b[0m"), std::string::npos);
  EXPECT_EQ(render(diagnostic("x", 1), false).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace probate::yaml
