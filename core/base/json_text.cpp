#include "core/base/json_text.hpp"

#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace probate {
namespace {

namespace json = boost::json;

constexpr std::size_t kColumnsMax = 100;

void append_scalar(const json::value& value, std::string& out) {
  if (!value.is_double()) {
    out += json::serialize(value);
  } else if (std::isfinite(value.get_double())) {
    out += fmt::format("{}", value.get_double());
  } else {
    out += "null";
  }
}

bool is_container(const json::value& value) { return value.is_object() || value.is_array(); }

class Printer {
 public:
  explicit Printer(std::string& out) : out_{out} {}

  void print(const json::value& value, std::size_t indent) {
    if (value.is_object()) return print_members(value.get_object(), indent);
    if (value.is_array()) return print_items(value.get_array(), indent);
    append_scalar(value, out_);
  }

 private:
  void print_members(const json::object& object, std::size_t indent) {
    bool flat = true;
    for (const auto& member : object) flat = flat && !is_container(member.value());
    const auto member = [this](const json::key_value_pair& pair, std::size_t depth) {
      append_scalar(json::value(pair.key()), out_);  // braces would make an array
      out_ += ": ";
      print(pair.value(), depth);
    };
    print_all(object, "{}", flat, indent, member);
  }

  // Numbers in a row fill the lines; anything else has a line of its own.
  void print_items(const json::array& array, std::size_t indent) {
    bool flat = true;
    for (const json::value& item : array) flat = flat && !is_container(item);
    const auto item = [this](const json::value& value, std::size_t depth) { print(value, depth); };
    print_all(array, "[]", flat, indent, item);
  }

  template <typename Container, typename PrintOne>
  void print_all(const Container& container, std::string_view brackets, bool flat,
                 std::size_t indent, const PrintOne& print_one) {
    out_ += brackets.front();
    const std::size_t begin = out_.size();
    if (flat) {
      bool first = true;
      for (const auto& one : container) {
        if (!first) out_ += ", ";
        first = false;
        print_one(one, indent);
      }
      if (indent + out_.size() - begin + 2 <= kColumnsMax) {
        out_ += brackets.back();
        return;
      }
      out_.resize(begin);
    }
    const std::string pad(indent + 2, ' ');
    const bool fill = flat && brackets.front() == '[';
    std::size_t line_begin = 0;
    bool first = true;
    for (const auto& one : container) {
      if (!first) out_ += ',';
      if (!first && fill && out_.size() - line_begin < kColumnsMax - 16) {
        out_ += ' ';
      } else {
        line_begin = out_.size();
        out_ += '\n';
        out_ += pad;
      }
      first = false;
      print_one(one, indent + 2);
    }
    out_ += '\n';
    out_.append(indent, ' ');
    out_ += brackets.back();
  }

  std::string& out_;
};

}  // namespace

std::string pretty_json(const json::value& value) {
  std::string out;
  Printer{out}.print(value, 0);
  out += '\n';
  return out;
}

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

}  // namespace probate
