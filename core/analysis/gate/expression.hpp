// A rule's expression, parsed: `p99(will_lateness{group=city}) < 2s`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/base/result.hpp"
#include "core/scenario/errors.hpp"

namespace probate::analysis::gate {

enum class Function : std::uint8_t {
  value,  // the metric itself: of counts, amounts and ratios
  count,
  sum,
  rate,  // per second of judged time
  min,
  max,
  mean,
  p50,
  p90,
  p95,
  p99,
  p99_9,
};
const char* to_text(Function function);

enum class MatchHow : std::uint8_t { equal, not_equal, regex };
struct LabelMatch {
  std::string label;
  std::size_t label_offset = 0;
  MatchHow how{};
  std::string value;
  std::size_t offset = 0;  // of the value
  std::size_t length = 0;
};

struct Node {
  enum class Kind : std::uint8_t { quantity, metric, binary };

  Kind kind{};
  std::size_t offset = 0;
  std::size_t length = 0;
  // quantity
  double value = 0;
  // quantity, and set by the type check for the others
  Unit unit{};
  // metric
  Function function{};
  std::string metric;
  std::vector<LabelMatch> labels;
  // binary
  char op = 0;  // + - * /
  std::unique_ptr<Node> left;
  std::unique_ptr<Node> right;
};

enum class Relation : std::uint8_t {
  less,
  less_equal,
  equal,
  not_equal,
  greater_equal,
  greater,
  between,
};
const char* to_text(Relation relation);

struct Expression {
  std::unique_ptr<Node> left;
  Relation relation{};
  Node limit;                      // a quantity
  std::optional<Node> limit_high;  // of between
};

struct ExpressionError {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string message;
  scenario::ErrorCode code = scenario::ErrorCode::rule_syntax;
  std::string label{};  // whose values in this scenario are meant: "group", "fault", "policy"
};

// Grammar only; names and units are checked by typing.hpp.
// Limits: 512 bytes, 32 nested parentheses.
Result<Expression, ExpressionError> parse(std::string_view text);

}  // namespace probate::analysis::gate
