#include "core/journal/text.hpp"

#include <concepts>

#include <fmt/format.h>

#include "core/journal/fields.hpp"

namespace probate::journal {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"/+#$._-:{}%@,;!?*()"}.find(c) != std::string_view::npos;
}

// Bare where nothing can be mistaken, else quoted with \xHH for what is not printable ASCII.
void append_value(std::string_view value, std::string& out) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && is_plain(c);
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
  out += '"';
}

// The visitor of fields.hpp that writes key=value.
class Line {
 public:
  Line(std::string& out, std::string_view prefix) : out_{out}, prefix_{prefix} {}

  void operator()(std::string_view key, const std::string& value) {
    begin(key);
    append_value(value, out_);
  }
  void operator()(std::string_view key, const std::vector<std::string>& values) {
    begin(key);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ' ';
      append_value(values[i], out_);
    }
    out_ += ']';
  }
  void operator()(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "yes" : "no";
  }
  template <std::integral T>
  void operator()(std::string_view key, T value) {
    begin(key);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  template <typename Tag, typename Rep>
  void operator()(std::string_view key, Id<Tag, Rep> id) {
    (*this)(key, id.value);
  }
  void operator()(std::string_view key, mqtt::QoS qos) {
    (*this)(key, static_cast<std::uint8_t>(qos));
  }
  template <typename E>
  requires std::is_enum_v<E>
  void operator()(std::string_view key, E value) {
    begin(key);
    out_ += word_of(value);
  }
  void operator()(std::string_view key, Duration value) {
    begin(key);
    out_ += value == Duration::max() ? "never" : probate::to_text(value);
  }
  void operator()(std::string_view key, Instant at) {
    begin(key);
    fmt::format_to(std::back_inserter(out_), "{:+.3f}s", to_seconds(at));
  }
  void operator()(std::string_view, const WillFacts& will) {
    Line inner{out_, "will."};
    fields(inner, will);
  }
  template <typename T>
  void operator()(std::string_view key, const std::optional<T>& value) {
    if (value) (*this)(key, *value);
  }
  template <typename T, typename None>
  void maybe(std::string_view key, const T& value, const None& none) {
    if (!(value == none)) (*this)(key, value);
  }

 private:
  void begin(std::string_view key) {
    out_ += ' ';
    out_ += prefix_;
    out_ += key;
    out_ += '=';
  }

  std::string& out_;
  std::string_view prefix_;
};

}  // namespace

std::string to_text(const Record& record) {
  std::string out = fmt::format("{:>13}  ", probate::to_text(record.at));
  std::visit(
      [&out]<typename T>(const T& body) {
        fmt::format_to(std::back_inserter(out), "{:<20}", kKind<T>);
        Line line{out, ""};
        fields(line, body);
      },
      record.body);
  out.resize(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace probate::journal
