#include <array>
#include <charconv>
#include <concepts>

#include "core/journal/base64.hpp"
#include "core/journal/fields.hpp"
#include "core/journal/ndjson.hpp"
#include "core/mqtt/utf8.hpp"

namespace probate::journal {
namespace {

// What JSON wants escaped within a string; everything else of well-formed UTF-8 passes.
constexpr auto kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (std::size_t i = 0; i < 0x20; ++i) escaped[i] = true;
  escaped['"'] = escaped['\\'] = escaped[0x7f] = true;
  return escaped;
}();

void append_escape(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<std::uint8_t>(c);
  if (c == '"' || c == '\\') {
    out += {'\\', c};
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else {
    out += "\\u00";
    out += {kHex[byte >> 4], kHex[byte & 15]};
  }
}

// Requires: well-formed UTF-8.
void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kEscaped[static_cast<std::uint8_t>(text[i])]) continue;
    out.append(text, from, i - from);
    append_escape(text[i], out);
    from = i + 1;
  }
  out.append(text, from);
  out += '"';
}

bool is_text(std::string_view bytes) { return !mqtt::find_utf8_fault(bytes); }

// The visitor of fields.hpp that writes one object.
class Writer {
 public:
  explicit Writer(std::string& out) : out_{out} { out_ += '{'; }

  void operator()(std::string_view key, const std::string& value) {
    const bool text = is_text(value);
    begin(key, text ? "" : "_base64");
    append_string(value, text);
  }
  void operator()(std::string_view key, const std::vector<std::string>& values) {
    bool text = true;
    for (const std::string& value : values) text = text && is_text(value);
    begin(key, text ? "" : "_base64");
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      append_string(values[i], text);
    }
    out_ += ']';
  }
  void operator()(std::string_view key, const std::map<std::string, std::string>& values) {
    bool text = true;
    for (const auto& [name, value] : values) text = text && is_text(name) && is_text(value);
    begin(key, text ? "" : "_base64");
    char before = '{';
    for (const auto& [name, value] : values) {
      out_ += before;
      append_string(name, text);
      out_ += ':';
      append_string(value, text);
      before = ',';
    }
    out_ += values.empty() ? "{}" : "}";
  }
  void operator()(std::string_view key, double value) {
    begin(key);
    std::array<char, 32> digits;
    out_.append(digits.data(),
                std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
  void operator()(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
  }
  template <std::integral T>
  void operator()(std::string_view key, T value) {
    begin(key);
    append_number(value);
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
  void operator()(std::string_view key, E value) { word(key, word_of(value)); }
  void operator()(std::string_view key, Duration value) {
    begin(key, "_ns");
    if (value == Duration::max()) {
      out_ += "\"never\"";
    } else {
      append_number(value.count());
    }
  }
  void operator()(std::string_view key, Instant at) { (*this)(key, at.time_since_epoch()); }
  void operator()(std::string_view key, const WillFacts& will) {
    begin(key);
    Writer inner{out_};
    fields(inner, will);
    inner.end();
  }
  template <typename T>
  void operator()(std::string_view key, const std::optional<T>& value) {
    if (value) (*this)(key, *value);
  }
  template <typename T, typename None>
  void maybe(std::string_view key, const T& value, const None& none) {
    if (!(value == none)) (*this)(key, value);
  }

  // A text that needs no escaping.
  void word(std::string_view key, std::string_view text) {
    begin(key);
    out_ += '"';
    out_ += text;
    out_ += '"';
  }
  void end() { out_ += '}'; }

 private:
  void begin(std::string_view key, std::string_view unit = "") {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_ += key;
    out_ += unit;
    out_ += "\":";
  }
  template <std::integral T>
  void append_number(T value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }
  void append_string(const std::string& value, bool text) {
    if (text) return append_quoted(value, out_);
    out_ += '"';
    append_base64(value, out_);
    out_ += '"';
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace

void append_ndjson(const Record& record, std::string& out) {
  append_ndjson(record, record.sequence, out);
}

void append_ndjson(const Record& record, std::uint64_t sequence, std::string& out) {
  Writer writer{out};
  writer("at", record.at);
  writer("loop", record.loop);
  writer("seq", sequence);
  std::visit(
      [&writer]<typename T>(const T& body) {
        writer.word("kind", kKind<T>);
        fields(writer, body);
      },
      record.body);
  writer.end();
  out += '\n';
}

void append_ndjson(const Header& header, std::string& out) {
  Writer writer{out};
  writer("probate_journal", header.version);
  writer("program", header.program);
  writer.maybe("started_at", header.started_at, "");
  if (header.level) writer.word("events", to_text(*header.level));
  recipe_fields(writer, header.recipe);
  writer.end();
  out += '\n';
}

}  // namespace probate::journal
