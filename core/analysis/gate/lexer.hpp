// A rule's text as tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate/expression.hpp"

namespace probate::analysis::gate {

enum class TokenKind : std::uint8_t { quantity, word, text, symbol, end };

struct Token {
  TokenKind kind{};
  std::string_view text;  // of `text`: without the quotes
  std::size_t offset = 0;
  double value = 0;  // of quantities, in base units
  Unit unit{};
};

// The last token is `end`. Lifetime: views into `text`.
Result<std::vector<Token>, ExpressionError> tokenize(std::string_view text);

}  // namespace probate::analysis::gate
