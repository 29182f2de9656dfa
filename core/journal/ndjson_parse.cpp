#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/journal/base64.hpp"
#include "core/journal/doubled_key.hpp"
#include "core/journal/fields.hpp"
#include "core/journal/names.hpp"
#include "core/journal/ndjson.hpp"

namespace probate::journal {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 4;  // a record holds an object or an array, and these hold values
constexpr std::size_t kFieldsMax = 16;  // of one record; more only cost a reallocation
constexpr std::size_t kScratchBytes = 4096;
// Far from the ends of 64 bits: sums of such times do not overflow.
constexpr std::int64_t kNanosecondsMax = std::int64_t{1} << 60;
// MQTT's longest session or delay; longer than that is "never".
constexpr std::int64_t kDurationMax = std::int64_t{0xffffffff} * 1'000'000'000;

// Where a key stands in its line. Within a string its quotes are escaped, so the first match that
// is followed by a colon is the key itself.
std::size_t offset_of(std::string_view line, std::string_view key) {
  const std::string quoted = fmt::format("\"{}\"", key);
  for (std::size_t at = line.find(quoted); at != line.npos; at = line.find(quoted, at + 1)) {
    const std::size_t behind = line.find_first_not_of(" \t", at + quoted.size());
    if (behind != line.npos && line[behind] == ':') return at;
  }
  return 0;
}

// The visitor of fields.hpp that fills a record from an object. The first error stands; after it,
// nothing is read any more.
class Reader {
 public:
  Reader(const json::object& object, std::string_view line) : object_{object}, line_{line} {
    asked_.reserve(kFieldsMax);
    found_.reserve(kFieldsMax);
  }

  void operator()(std::string_view key, std::string& out) {
    if (const json::value* value = find(key)) return read_string(key, *value, out);
    if (const json::value* value = find(key, "_base64")) return read_base64(key, *value, out);
    fail_missing(key);
  }
  void operator()(std::string_view key, std::vector<std::string>& out) {
    const json::value* text = find(key);
    const json::value* value = text != nullptr ? text : find(key, "_base64");
    if (value == nullptr) return fail_missing(key);
    if (!value->is_array()) return fail(key, "an array of strings");
    for (const json::value& item : value->get_array()) {
      text != nullptr ? read_string(key, item, out.emplace_back())
                      : read_base64(key, item, out.emplace_back());
    }
  }
  void operator()(std::string_view key, std::map<std::string, std::string>& out) {
    const json::value* text = find(key);
    const json::value* value = text != nullptr ? text : find(key, "_base64");
    if (value == nullptr) return fail_missing(key);
    if (!value->is_object()) return fail(key, "an object of strings");
    for (const auto& member : value->get_object()) {
      std::string name{member.key()};
      std::string content;
      if (text == nullptr) read_base64(key, json::value(member.key()), name);
      text != nullptr ? read_string(key, member.value(), content)
                      : read_base64(key, member.value(), content);
      out[std::move(name)] = std::move(content);
    }
  }
  void operator()(std::string_view key, double& out) {
    const json::value* value = find(key);
    if (value == nullptr) return fail_missing(key);
    json::error_code error;
    const auto number = value->to_number<double>(error);
    if (error || !(number > 0)) return fail(key, "a number above 0");
    out = number;
  }
  void operator()(std::string_view key, bool& out) {
    const json::value* value = find(key);
    if (value == nullptr) return fail_missing(key);
    if (!value->is_bool()) return fail(key, "true or false");
    out = value->get_bool();
  }
  template <std::integral T>
  void operator()(std::string_view key, T& out) {
    const json::value* value = find(key);
    if (value == nullptr) return fail_missing(key);
    if (!read_number(*value, out)) fail_number<T>(key);
  }
  template <typename Tag, typename Rep>
  void operator()(std::string_view key, Id<Tag, Rep>& id) {
    (*this)(key, id.value);
  }
  void operator()(std::string_view key, mqtt::QoS& out) {
    std::uint8_t level = 0;
    (*this)(key, level);
    if (level > 2) return fail(key, "0, 1 or 2");
    out = static_cast<mqtt::QoS>(level);
  }
  template <typename E>
  requires std::is_enum_v<E>
  void operator()(std::string_view key, E& out) {
    std::string word;
    (*this)(key, word);
    if (error_) return;
    constexpr auto& kAll = Words<E>::kAll;
    for (std::size_t i = 0; i < kAll.size(); ++i) {
      if (kAll[i] != word) continue;
      out = static_cast<E>(static_cast<int>(i) + Words<E>::kFirst);
      return;
    }
    fail_at(key, fmt::format("\"{}\" is no value of \"{}\"{}", word, key, suggestion(word, kAll)));
  }
  void operator()(std::string_view key, Duration& out) {
    const json::value* value = find(key, "_ns");
    if (value == nullptr) return fail_missing(fmt::format("{}_ns", key));
    if (value->is_string() && value->get_string() == "never") {
      out = Duration::max();
      return;
    }
    std::int64_t nanoseconds = 0;
    if (!read_number(*value, nanoseconds) || nanoseconds < 0 || nanoseconds > kDurationMax) {
      return fail(fmt::format("{}_ns", key),
                  fmt::format("whole nanoseconds from 0 to {} (2^32 - 1 seconds), or \"never\"",
                              kDurationMax));
    }
    out = Duration{nanoseconds};
  }
  void operator()(std::string_view key, Instant& out) {
    const json::value* value = find(key, "_ns");
    if (value == nullptr) return fail_missing(fmt::format("{}_ns", key));
    std::int64_t nanoseconds = 0;
    const bool is_number = read_number(*value, nanoseconds);
    if (!is_number || nanoseconds < -kNanosecondsMax || nanoseconds > kNanosecondsMax) {
      return fail_time(key);
    }
    out = Instant{Duration{nanoseconds}};
  }
  void operator()(std::string_view key, WillFacts& out) {
    const json::value* value = find(key);
    if (value == nullptr) return fail_missing(key);
    if (!value->is_object()) return fail(key, "an object");
    Reader inner{value->get_object(), line_};
    fields(inner, out);
    if (auto error = inner.finish(); error && !error_) error_ = std::move(error);
  }
  template <typename T>
  void operator()(std::string_view key, std::optional<T>& out) {
    if (has(key)) (*this)(key, out.emplace());
  }
  template <typename T, typename None>
  void maybe(std::string_view key, T& out, const None& none) {
    if (has(key)) {
      (*this)(key, out);
    } else {
      out = none;
    }
  }

  const std::optional<ParseError>& error() const { return error_; }
  // The first error, among them a key that nobody asked for.
  std::optional<ParseError> finish() {
    if (error_ || used_ == object_.size()) return error_;
    for (const auto& member : object_) {
      const std::string_view key = member.key();
      bool known = false;
      for (const std::string_view name : found_) known = known || name == key;
      if (known) continue;
      fail_at(key, fmt::format("unknown key \"{}\"{}", key, suggestion(key, asked_)));
      break;
    }
    return error_;
  }

 private:
  static constexpr std::array<std::string_view, 3> kUnits{"", "_ns", "_base64"};

  const json::value* peek(std::string_view key, std::string_view unit, std::string_view& name) {
    if (unit.empty()) {
      name = key;
      return object_.if_contains(key);
    }
    name_.assign(key);
    name_ += unit;
    const auto found = object_.find(name_);
    if (found == object_.end()) return nullptr;
    name = found->key();
    return &found->value();
  }
  const json::value* find(std::string_view key, std::string_view unit = "") {
    if (error_) return nullptr;
    std::string_view name;
    const json::value* value = peek(key, unit, name);
    if (unit.empty() || value != nullptr) asked_.push_back(name);
    if (value == nullptr) return nullptr;
    found_.push_back(name);
    ++used_;
    return value;
  }
  bool has(std::string_view key) {
    std::string_view name;
    for (const std::string_view unit : kUnits) {
      if (peek(key, unit, name) != nullptr) return true;
    }
    asked_.push_back(key);
    return false;
  }

  void read_string(std::string_view key, const json::value& value, std::string& out) {
    if (!value.is_string()) return fail(key, "a string");
    out.assign(value.get_string().data(), value.get_string().size());
  }
  void read_base64(std::string_view key, const json::value& value, std::string& out) {
    const std::string name = fmt::format("{}_base64", key);
    if (!value.is_string()) return fail(name, "a string");
    auto bytes = from_base64(value.get_string());
    if (!bytes) return fail(name, "base64 with padding");
    out = *std::move(bytes);
  }
  template <std::integral T>
  bool read_number(const json::value& value, T& out) {
    if (value.is_uint64() && std::in_range<T>(value.get_uint64())) {
      out = static_cast<T>(value.get_uint64());
      return true;
    }
    if (value.is_int64() && std::in_range<T>(value.get_int64())) {
      out = static_cast<T>(value.get_int64());
      return true;
    }
    return false;
  }

  template <std::integral T>
  void fail_number(std::string_view key) {
    using Limits = std::numeric_limits<T>;
    fail(key, fmt::format("a whole number from {} to {}", Limits::min(), Limits::max()));
  }
  void fail_time(std::string_view key) {
    fail(fmt::format("{}_ns", key),
         fmt::format(
             "whole nanoseconds from {} to {} (36 years), from the start of the log, not from 1970",
             -kNanosecondsMax, kNanosecondsMax));
  }
  void fail_missing(std::string_view key) {
    if (!error_) error_ = ParseError{0, fmt::format("key \"{}\" is missing", key)};
  }
  void fail(std::string_view key, std::string_view wanted) {
    fail_at(key, fmt::format("\"{}\" must be {}", key, wanted));
  }
  void fail_at(std::string_view key, std::string message) {
    if (!error_) error_ = ParseError{offset_of(line_, key), std::move(message)};
  }

  const json::object& object_;
  std::string_view line_;
  std::size_t used_ = 0;
  std::string name_;
  std::vector<std::string_view> asked_;
  std::vector<std::string_view> found_;
  std::optional<ParseError> error_;
};

using BodyMaker = void (*)(Reader&, Body&);

template <std::size_t... kIndex>
constexpr auto makers_of_all(std::index_sequence<kIndex...>) {
  return std::array<BodyMaker, sizeof...(kIndex)>{
      [](Reader& reader, Body& body) { fields(reader, body.emplace<kIndex>()); }...};
}
constexpr auto kMakers = makers_of_all(std::make_index_sequence<std::variant_size_v<Kinds>>{});

// The line as an object, in memory that `resource` owns.
Result<json::value, ParseError> parse_object(std::string_view line,
                                             json::monotonic_resource& resource) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  std::array<unsigned char, 2048> scratch;
  json::parser parser{{}, {.max_depth = kDepthMax}, scratch.data(), scratch.size()};
  parser.reset(&resource);
  json::error_code error;
  const std::size_t consumed = parser.write_some(line.data(), line.size(), error);
  if (error) return Failure{ParseError{consumed, fmt::format("no JSON: {}", error.message())}};
  if (consumed < line.size()) {
    return Failure{ParseError{consumed, "more than one JSON value in the line"}};
  }
  json::value value = parser.release();
  if (!value.is_object()) return Failure{ParseError{0, "a line must be a JSON object"}};
  if (const auto doubled = find_doubled_key(line, value)) {
    return Failure{
        ParseError{doubled->offset, fmt::format("key \"{}\" is given twice", doubled->key)}};
  }
  return value;
}

}  // namespace

Result<Record, ParseError> parse_record(std::string_view line) {
  std::array<unsigned char, kScratchBytes> scratch;
  json::monotonic_resource resource{scratch.data(), scratch.size()};
  auto value = parse_object(line, resource);
  if (!value) return Failure{value.error()};

  Record record;
  Reader reader{value->get_object(), line};
  reader("at", record.at);
  reader.maybe("loop", record.loop, std::uint16_t{0});
  reader.maybe("seq", record.sequence, kNoSequence);
  std::string kind;
  reader("kind", kind);
  if (reader.error()) return Failure{*reader.error()};
  const auto kinds = all_kinds();
  std::size_t index = 0;
  while (index < kinds.size() && kinds[index] != kind) ++index;
  if (index == kinds.size()) {
    return Failure{ParseError{offset_of(line, "kind"),
                              fmt::format("this version knows no record of kind \"{}\"{}", kind,
                                          suggestion(kind, kinds))}};
  }
  kMakers[index](reader, record.body);
  if (const auto error = reader.finish()) return Failure{*error};
  return record;
}

namespace {

// Whether the text has the form of the pattern; 0 stands for a digit.
bool has_form(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i]) return false;
  }
  return true;
}

// RFC 3339, in form: date, time, perhaps a fraction, and the offset from UTC.
bool is_rfc3339(std::string_view text) {
  constexpr std::string_view kSecond = "0000-00-00T00:00:00";
  if (!has_form(text.substr(0, kSecond.size()), kSecond)) return false;
  text.remove_prefix(kSecond.size());
  if (text.starts_with('.')) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (end == 1) return false;
    text.remove_prefix(end);
  }
  return text == "Z" || has_form(text, "+00:00") || has_form(text, "-00:00");
}

}  // namespace

Result<Header, ParseError> parse_header(std::string_view line) {
  std::array<unsigned char, kScratchBytes> scratch;
  json::monotonic_resource resource{scratch.data(), scratch.size()};
  auto value = parse_object(line, resource);
  if (!value) return Failure{value.error()};
  if (!value->get_object().contains("probate_journal")) {
    return Failure{ParseError{
        0, "no journal of Probate: the first line must carry \"probate_journal\", its version"}};
  }
  Header header;
  Reader reader{value->get_object(), line};
  reader("probate_journal", header.version);
  if (reader.error()) return Failure{*reader.error()};
  if (header.version == 0) {
    return Failure{ParseError{offset_of(line, "probate_journal"),
                              "there is no version 0 of the journal: they count from 1"}};
  }
  if (header.version > kJournalVersion) {
    return Failure{
        ParseError{offset_of(line, "probate_journal"),
                   fmt::format("the journal has version {}, this program reads up to version {}",
                               header.version, kJournalVersion)}};
  }
  reader("program", header.program);
  reader.maybe("started_at", header.started_at, "");
  if (!header.started_at.empty() && !is_rfc3339(header.started_at)) {
    return Failure{ParseError{offset_of(line, "started_at"),
                              "key \"started_at\" must be a time like 2026-11-02T10:00:00Z"}};
  }
  std::string level;
  reader.maybe("events", level, "");
  if (!level.empty()) {
    header.level = level_of(level);
    if (!header.level || *header.level == Level::none) {
      return Failure{
          ParseError{offset_of(line, "events"),
                     fmt::format("\"events\" must be notable or all, and not \"{}\"", level)}};
    }
  }
  recipe_fields(reader, header.recipe);
  if (const auto error = reader.finish()) return Failure{*error};
  return header;
}

}  // namespace probate::journal
