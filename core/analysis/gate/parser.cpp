#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/analysis/gate/lexer.hpp"
#include "core/base/text.hpp"

namespace probate::analysis::gate {
namespace {

constexpr std::size_t kTextBytesMax = 512;
constexpr int kNestingMax = 32;

struct FunctionWord {
  std::string_view word;
  Function function;
};
constexpr std::array<FunctionWord, 12> kFunctions{{{"value", Function::value},
                                                   {"count", Function::count},
                                                   {"sum", Function::sum},
                                                   {"rate", Function::rate},
                                                   {"min", Function::min},
                                                   {"max", Function::max},
                                                   {"mean", Function::mean},
                                                   {"p50", Function::p50},
                                                   {"p90", Function::p90},
                                                   {"p95", Function::p95},
                                                   {"p99", Function::p99},
                                                   {"p99.9", Function::p99_9}}};

struct RelationWord {
  std::string_view word;
  Relation relation;
};
constexpr std::array<RelationWord, 7> kRelations{{{"<", Relation::less},
                                                  {"<=", Relation::less_equal},
                                                  {"==", Relation::equal},
                                                  {"!=", Relation::not_equal},
                                                  {">=", Relation::greater_equal},
                                                  {">", Relation::greater},
                                                  {"between", Relation::between}}};

// Recursive descent; the first mistake ends it (error_ is set, results are then meaningless).
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_{std::move(tokens)} {}

  Result<Expression, ExpressionError> run() {
    Expression expression;
    expression.left = value(0);
    if (!error_) relation(expression);
    if (!error_ && peek().kind != TokenKind::end) fail("the rule should end here");
    if (error_) return Failure{std::move(*error_)};
    return expression;
  }

 private:
  using NodePtr = std::unique_ptr<Node>;

  const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[peek().kind == TokenKind::end ? at_ : at_++]; }
  bool is(std::string_view symbol) const {
    return peek().kind == TokenKind::symbol && peek().text == symbol;
  }
  bool accept(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }
  void fail(std::string message) {
    if (error_) return;
    const std::size_t length = std::max<std::size_t>(peek().text.size(), 1);
    error_ = ExpressionError{peek().offset, length, std::move(message)};
  }
  void expect(std::string_view symbol) {
    if (!accept(symbol)) fail(fmt::format("expected \"{}\"", symbol));
  }

  NodePtr binary(NodePtr left, char op, NodePtr right) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::binary;
    node->op = op;
    node->offset = left->offset;
    node->length = right->offset + right->length - left->offset;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  NodePtr value(int depth) {
    NodePtr left = term(depth);
    while (!error_ && (is("+") || is("-"))) {
      const char op = take().text[0];
      NodePtr right = term(depth);
      if (!error_) left = binary(std::move(left), op, std::move(right));
    }
    return left;
  }

  NodePtr term(int depth) {
    NodePtr left = factor(depth);
    while (!error_ && (is("*") || is("/"))) {
      const char op = take().text[0];
      NodePtr right = factor(depth);
      if (!error_) left = binary(std::move(left), op, std::move(right));
    }
    return left;
  }

  NodePtr factor(int depth) {
    if (depth > kNestingMax) {
      fail(fmt::format("more than {} parentheses inside one another", kNestingMax));
      return nullptr;
    }
    if (accept("(")) {
      NodePtr inner = value(depth + 1);
      expect(")");
      return inner;
    }
    if (peek().kind == TokenKind::quantity) return std::make_unique<Node>(quantity());
    if (peek().kind != TokenKind::word) {
      fail("expected a metric, a function, a quantity or \"(\"");
      return nullptr;
    }
    const Token word = take();
    if (!is("(")) return metric(word, Function::value);
    return call(word);
  }

  NodePtr call(const Token& word) {
    std::vector<std::string_view> known;
    for (const FunctionWord& entry : kFunctions) {
      known.push_back(entry.word);
      if (entry.word != word.text) continue;
      ++at_;  // the parenthesis
      if (peek().kind != TokenKind::word) {
        fail("expected the name of a metric");
        return nullptr;
      }
      const Token name = take();
      NodePtr node = metric(name, entry.function);
      expect(")");
      return node;
    }
    error_ = ExpressionError{
        word.offset, word.text.size(),
        fmt::format("unknown function \"{}\"{}", word.text, suggestion(word.text, known))};
    return nullptr;
  }

  NodePtr metric(const Token& name, Function function) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::metric;
    node->offset = name.offset;
    node->length = name.text.size();
    node->metric = name.text;
    node->function = function;
    if (!accept("{")) return node;
    if (accept("}")) return node;
    do {
      label(*node);
    } while (!error_ && accept(","));
    expect("}");
    return node;
  }

  void label(Node& node) {
    if (peek().kind != TokenKind::word) return fail("expected the name of a label");
    LabelMatch match;
    match.label_offset = peek().offset;
    match.label = take().text;
    if (accept("=")) {
      match.how = MatchHow::equal;
    } else if (accept("!=")) {
      match.how = MatchHow::not_equal;
    } else if (accept("=~")) {
      match.how = MatchHow::regex;
    } else {
      return fail("expected =, != or =~");
    }
    if (peek().kind != TokenKind::word && peek().kind != TokenKind::text) {
      return fail("expected the value of a label");
    }
    match.offset = peek().offset;
    match.length = peek().text.size();
    match.value = take().text;
    node.labels.push_back(std::move(match));
  }

  Node quantity() {
    Node node;
    if (peek().kind != TokenKind::quantity) {
      fail("expected a quantity, like 0, 5%, 250ms or 20/s");
      return node;
    }
    const Token token = take();
    node.kind = Node::Kind::quantity;
    node.offset = token.offset;
    node.length = token.text.size();
    node.value = token.value;
    node.unit = token.unit;
    return node;
  }

  // A change may be limited below zero; of one run typing says that it never is.
  Node limit() {
    const bool is_negative = is("-");
    if (is_negative) take();
    Node node = quantity();
    if (is_negative) node.value = -node.value;
    return node;
  }

  void relation(Expression& expression) {
    for (const RelationWord& entry : kRelations) {
      if (peek().text != entry.word || peek().kind == TokenKind::text) continue;
      take();
      expression.relation = entry.relation;
      expression.limit = limit();
      if (entry.relation != Relation::between) return;
      if (peek().kind != TokenKind::word || peek().text != "and") {
        return fail("expected \"and\" and the upper limit");
      }
      take();
      expression.limit_high = limit();
      return;
    }
    fail("expected <, <=, ==, !=, >=, > or between");
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<ExpressionError> error_;
};

}  // namespace

const char* to_text(Function function) {
  for (const FunctionWord& entry : kFunctions) {
    if (entry.function == function) return entry.word.data();
  }
  return "";
}

const char* to_text(Relation relation) {
  for (const RelationWord& entry : kRelations) {
    if (entry.relation == relation) return entry.word.data();
  }
  return "";
}

Result<Expression, ExpressionError> parse(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return Failure{ExpressionError{kTextBytesMax, 1,
                                   fmt::format("a rule has at most {} bytes", kTextBytesMax)}};
  }
  auto tokens = tokenize(text);
  if (!tokens) return Failure{tokens.error()};
  return Parser{std::move(*tokens)}.run();
}

}  // namespace probate::analysis::gate
