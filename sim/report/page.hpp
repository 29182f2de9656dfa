// Lines of at most 80 columns, with colour or without.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace probate::report {

enum class Tint : std::uint8_t { none, good, bad, doubtful, dim, bold };

// Columns a UTF-8 text takes, one per code point: everything we print is narrow.
std::size_t columns_of(std::string_view text);

// Builds a page. Columns are counted without the colours.
class Page {
 public:
  static constexpr std::size_t kColumns = 80;

  explicit Page(bool color) : color_{color} {}

  Page& put(std::string_view text, Tint tint = Tint::none);
  // Blanks up to that column, at least one if the line is already there.
  Page& to(std::size_t column);
  // Ends the text at that column, if there is room for it.
  Page& right(std::size_t column, std::string_view text, Tint tint = Tint::none);
  // Words, broken at column 80; further lines begin at `indent`.
  Page& wrap(std::string_view text, std::size_t indent, Tint tint = Tint::none);
  // The same for words that may hold blanks, which are not broken.
  Page& wrap(const std::vector<std::string_view>& words, std::size_t indent,
             Tint tint = Tint::none);
  Page& end();
  // A title with an empty line before it.
  Page& title(std::string_view text);

  // Control characters of what others wrote, made visible and harmless.
  static std::string safe(std::string_view text);
  // Cut to that many columns, with an ellipsis.
  static std::string fit(std::string_view text, std::size_t columns);

  const std::string& text() const { return out_; }

 private:
  std::string out_;
  std::size_t column_ = 0;
  bool color_;
};

}  // namespace probate::report
