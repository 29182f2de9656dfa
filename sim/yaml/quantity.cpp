#include "sim/yaml/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace probate::yaml {
namespace {

using scenario::ErrorCode;

constexpr std::size_t kQuantityBytesMax = 64;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> kUnits{{{"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first characters that make a decimal number: digits, with a fraction if there is one.
std::string_view number_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end > 0 && end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return text.substr(0, end);
}

std::optional<double> to_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  return value;
}

Failure<QuantityError> failure(ErrorCode code, std::string message, std::size_t offset = 0) {
  return Failure{QuantityError{code, std::move(message), offset}};
}

bool is_octal_looking(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return false;
  return is_digit(text[1]);
}

// What "0x18" is said to be in; "" without such a mark.
std::string_view other_base(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return {};
  if (text[1] == 'x') return "hexadecimal";
  if (text[1] == 'b') return "binary";
  return text[1] == 'o' ? "octal" : "";
}

Failure<QuantityError> octal(std::size_t offset) {
  return failure(ErrorCode::octal_looking,
                 "a leading zero makes this octal for some readers; write it in decimal", offset);
}

// number · unit in nanoseconds, exactly; nothing beyond kDurationMax or below a nanosecond.
std::optional<Duration> scaled(std::string_view number, std::int64_t unit) {
  const std::size_t point = number.find('.');
  std::int64_t total = 0;
  for (const char c : number.substr(0, point)) {
    total = total * 10 + (c - '0');
    if (total > kDurationMax.count() / unit) return std::nullopt;
  }
  total *= unit;
  if (point == std::string_view::npos) return Duration{total};
  for (const char c : number.substr(point + 1)) {
    if (unit % 10 != 0) {
      // Only hours and minutes run out of tens before nanoseconds do: 60 = 6 · 10.
      if (c != '0') return std::nullopt;
      continue;
    }
    unit /= 10;
    total += (c - '0') * unit;
  }
  return Duration{total};
}

struct Component {
  Duration value{};
  std::size_t unit = 0;  // index into kUnits
  std::size_t bytes = 0;
  bool fraction = false;
};

Result<Component, QuantityError> component(std::string_view text, std::size_t offset) {
  const std::string_view number = number_of(text);
  if (number.empty()) {
    return failure(ErrorCode::bad_quantity, "not a duration; write 90s, 2m30s or 250ms", offset);
  }
  if (is_octal_looking(number)) return octal(offset);
  std::size_t end = number.size();
  while (end < text.size() && !is_digit(text[end])) ++end;
  const std::string_view name = text.substr(number.size(), end - number.size());
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [name](const Unit& each) { return each.name == name; });
  if (unit == kUnits.end()) {
    return failure(ErrorCode::bad_quantity,
                   fmt::format("unknown unit \"{}\"; the units are h, m, s, ms, us, ns", name),
                   offset + number.size());
  }
  const auto value = scaled(number, unit->nanoseconds);
  if (!value) {
    return failure(ErrorCode::out_of_range,
                   fmt::format("not between 1ns and {}s", kDurationMax / 1s), offset);
  }
  return Component{*value, static_cast<std::size_t>(unit - kUnits.begin()), end,
                   number.find('.') != std::string_view::npos};
}

}  // namespace

Result<Duration, QuantityError> parse_duration(std::string_view text) {
  if (text.empty() || text.size() > kQuantityBytesMax) {
    return failure(ErrorCode::bad_quantity, "not a duration; write 90s, 2m30s or 250ms");
  }
  if (number_of(text) == text) {
    return failure(ErrorCode::missing_unit,
                   fmt::format("a duration needs its unit; did you mean {}s?", text));
  }
  Duration total{};
  std::optional<Component> last;
  for (std::size_t at = 0; at < text.size();) {
    const auto part = component(text.substr(at), at);
    if (!part) return Failure{part.error()};
    if (last && (part->unit <= last->unit || part->fraction || last->fraction)) {
      return failure(ErrorCode::bad_quantity,
                     "the parts of a duration go from large to small, as in 2m30s", at);
    }
    total += part->value;
    if (total > kDurationMax) {
      return failure(ErrorCode::out_of_range, fmt::format("more than {}s", kDurationMax / 1s));
    }
    last = *part;
    at += part->bytes;
  }
  return total;
}

Result<double, QuantityError> parse_share(std::string_view text) {
  const std::string_view number = number_of(text.substr(0, kQuantityBytesMax));
  const auto value = to_double(number);
  if (!value) return failure(ErrorCode::bad_quantity, "not a share; write 10% or 99.5%");
  if (is_octal_looking(number)) return octal(0);
  if (number == text) {
    const double percent = *value <= 1 ? *value * 100 : *value;
    return failure(ErrorCode::missing_unit,
                   fmt::format("a share needs its %; did you mean {:g}%?", percent));
  }
  if (text.substr(number.size()) != "%") {
    return failure(ErrorCode::bad_quantity, "not a share; write 10% or 99.5%", number.size());
  }
  return *value / 100;
}

Result<double, QuantityError> parse_rate(std::string_view text) {
  const std::string_view number = number_of(text.substr(0, kQuantityBytesMax));
  const auto value = to_double(number);
  if (!value) return failure(ErrorCode::bad_quantity, "not a rate; write 20/s, 2/m or 6/h");
  if (is_octal_looking(number)) return octal(0);
  const std::string_view unit = text.substr(number.size());
  if (unit.empty()) {
    return failure(ErrorCode::missing_unit,
                   fmt::format("a rate needs its unit; did you mean {}/s?", number));
  }
  if (unit == "/s") return *value;
  if (unit == "/m") return *value / 60;
  if (unit == "/h") return *value / 3600;
  return failure(ErrorCode::bad_quantity, "not a rate; the units are /s, /m and /h", number.size());
}

Result<std::uint64_t, QuantityError> parse_bytes(std::string_view text) {
  const std::string_view number = number_of(text.substr(0, kQuantityBytesMax));
  const auto value = to_double(number);
  if (!value) return failure(ErrorCode::bad_quantity, "not a size; write 512B, 64KiB or 1MiB");
  if (is_octal_looking(number)) return octal(0);
  const std::string_view unit = text.substr(number.size());
  if (unit.empty()) {
    return failure(ErrorCode::missing_unit,
                   fmt::format("a size needs its unit; did you mean {0}B or {0}KiB?", number));
  }
  constexpr std::array<std::pair<std::string_view, double>, 4> kSizes{
      {{"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024.0 * 1024 * 1024}}};
  for (const auto& [name, bytes] : kSizes) {
    if (unit != name) continue;
    const double total = *value * bytes;
    constexpr double kBytesMax = 1024.0 * 1024 * 1024 * 1024;
    if (total > kBytesMax) return failure(ErrorCode::out_of_range, "more than 1024GiB");
    if (total != std::floor(total)) {
      return failure(ErrorCode::out_of_range, "not a whole number of bytes");
    }
    return static_cast<std::uint64_t>(total);
  }
  return failure(ErrorCode::bad_quantity, "not a size; the units are B, KiB, MiB and GiB",
                 number.size());
}

Result<std::uint64_t, QuantityError> parse_byte_rate(std::string_view text) {
  if (text.ends_with("/s")) {
    auto bytes = parse_bytes(text.substr(0, text.size() - 2));
    if (bytes || bytes.error().code != ErrorCode::bad_quantity) return bytes;
    return failure(ErrorCode::bad_quantity,
                   "not bytes per second, as in 10KiB/s; the units are B/s, KiB/s, MiB/s and GiB/s",
                   bytes.error().offset);
  }
  const auto bytes = parse_bytes(text);
  if (!bytes) return failure(ErrorCode::bad_quantity, "not bytes per second, as in 64KiB/s");
  return failure(ErrorCode::missing_unit,
                 fmt::format("bytes per second are needed; did you mean {}/s?", text));
}

Result<std::uint64_t, QuantityError> parse_whole(std::string_view text) {
  if (const std::string_view base = other_base(text); !base.empty()) {
    return failure(ErrorCode::octal_looking,
                   fmt::format("this is {} for some readers; write it in decimal", base));
  }
  if (is_octal_looking(text)) return octal(0);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return failure(ErrorCode::out_of_range, "more than 18446744073709551615");
  }
  if (error != std::errc{} || end != text.data() + text.size()) {
    return failure(ErrorCode::wrong_kind,
                   fmt::format("a whole number is needed, not \"{}\"", text));
  }
  return value;
}

}  // namespace probate::yaml
