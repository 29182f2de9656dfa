#include "core/analysis/gate/lexer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace probate::analysis::gate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '.'; }
// The names that scenarios give to groups, faults and policies have hyphens and may begin with a
// digit; elsewhere a hyphen subtracts.
bool is_label_word(char c) { return is_word(c) || c == '-'; }

struct UnitWord {
  std::string_view word;
  double factor;
  Unit unit;
};
constexpr std::array<UnitWord, 11> kUnits{{{"", 1, Unit::none},
                                           {"%", 0.01, Unit::ratio},
                                           {"us", 1e-6, Unit::seconds},
                                           {"ms", 1e-3, Unit::seconds},
                                           {"s", 1, Unit::seconds},
                                           {"m", 60, Unit::seconds},
                                           {"h", 3600, Unit::seconds},
                                           {"/s", 1, Unit::per_second},
                                           {"/h", 1, Unit::per_hour},
                                           {"KiB", 1024, Unit::bytes},
                                           {"MiB", 1048576, Unit::bytes}}};

const UnitWord* find_unit(std::string_view word) {
  for (const UnitWord& unit : kUnits) {
    if (unit.word == word) return &unit;
  }
  return nullptr;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_{text} {}

  Result<std::vector<Token>, ExpressionError> run() {
    while (skip_space(), at_ < text_.size()) {
      const char c = text_[at_];
      std::optional<ExpressionError> error;
      if (in_labels_ && is_label_word(c)) {
        word();
      } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
        error = quantity();
      } else if (is_letter(c)) {
        word();
      } else if (c == '"' || c == '\'') {
        error = quoted(c);
      } else {
        error = symbol();
      }
      if (error) return Failure{std::move(*error)};
    }
    tokens_.push_back({TokenKind::end, {}, text_.size(), 0, Unit::none});
    return std::move(tokens_);
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  // The unit that follows a number: letters, `%`, or `/s` and `/h` without a space before.
  std::string_view unit_word() {
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '%') {
      ++at_;
    } else if (at_ + 1 < text_.size() && text_[at_] == '/' &&
               (text_[at_ + 1] == 's' || text_[at_ + 1] == 'h') &&
               (at_ + 2 == text_.size() || !is_word(text_[at_ + 2]))) {
      at_ += 2;
    } else {
      while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  std::optional<ExpressionError> quantity() {
    Token token{TokenKind::quantity, {}, at_, 0, Unit::none};
    bool first = true;
    do {  // 2m30s is one quantity
      double number = 0;
      const char* begin = text_.data() + at_;
      const auto parsed = std::from_chars(begin, text_.data() + text_.size(), number);
      if (parsed.ec != std::errc{} || !std::isfinite(number)) {
        return ExpressionError{at_, 1, "this is no number"};
      }
      at_ += static_cast<std::size_t>(parsed.ptr - begin);
      const std::size_t unit_at = at_;
      const std::string_view word = unit_word();
      const UnitWord* unit = find_unit(word);
      if (unit == nullptr) {
        return ExpressionError{unit_at, word.size(),
                               fmt::format("unknown unit \"{}\": expected %, us, ms, s, m, h, /s, "
                                           "/h, KiB or MiB",
                                           word)};
      }
      if (!first && (unit->unit != Unit::seconds || token.unit != Unit::seconds)) {
        return ExpressionError{unit_at, std::max<std::size_t>(word.size(), 1),
                               "only durations are written in parts, like 2m30s"};
      }
      token.value += number * unit->factor;
      if (!std::isfinite(token.value)) {
        return ExpressionError{token.offset, at_ - token.offset, "this is too large a number"};
      }
      token.unit = unit->unit;
      first = false;
    } while (at_ < text_.size() && is_digit(text_[at_]));
    token.text = text_.substr(token.offset, at_ - token.offset);
    tokens_.push_back(token);
    return std::nullopt;
  }

  void word() {
    const std::size_t begin = at_;
    const auto belongs = in_labels_ ? is_label_word : is_word;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    tokens_.push_back({TokenKind::word, text_.substr(begin, at_ - begin), begin, 0, Unit::none});
  }

  std::optional<ExpressionError> quoted(char quote) {
    const std::size_t begin = at_;
    const std::size_t end = text_.find(quote, begin + 1);
    if (end == std::string_view::npos) {
      return ExpressionError{begin, text_.size() - begin, "this text has no closing quote"};
    }
    tokens_.push_back(
        {TokenKind::text, text_.substr(begin + 1, end - begin - 1), begin, 0, Unit::none});
    at_ = end + 1;
    return std::nullopt;
  }

  // The first, with all of its bytes.
  static std::string_view character(std::string_view text) {
    std::size_t bytes = 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) ++bytes;
    return text.substr(0, bytes);
  }

  std::optional<ExpressionError> symbol() {
    static constexpr std::array<std::string_view, 17> kSymbols{
        "<=", ">=", "==", "!=", "=~", "<", ">", "=", "+", "-", "*", "/", "(", ")", "{", "}", ","};
    for (const std::string_view symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      tokens_.push_back({TokenKind::symbol, text_.substr(at_, symbol.size()), at_, 0, Unit::none});
      at_ += symbol.size();
      if (symbol == "{") in_labels_ = true;
      if (symbol == "}") in_labels_ = false;
      return std::nullopt;
    }
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x20 || byte == 0x7f) {
      const bool is_line_feed = byte == '\n';
      return ExpressionError{at_, 1,
                             is_line_feed ? "a rule stands on one line"
                                          : fmt::format("unexpected byte 0x{:02x}", byte)};
    }
    const std::string_view whole = character(text_.substr(at_));
    return ExpressionError{at_, whole.size(), fmt::format("unexpected character \"{}\"", whole)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_labels_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>, ExpressionError> tokenize(std::string_view text) {
  return Lexer{text}.run();
}

}  // namespace probate::analysis::gate
