#include "core/base/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace probate {
namespace {

struct Word {
  std::string_view name;
  Placeholder placeholder;
};
constexpr std::array kWords{
    Word{"client_id", Placeholder::client_id},
    Word{"index", Placeholder::index},
    Word{"group", Placeholder::group},
    Word{"epoch", Placeholder::epoch},
    Word{"bdseq", Placeholder::bdseq},
    Word{"time", Placeholder::time},
    Word{"seq", Placeholder::seq},
};
constexpr std::size_t kNumberDigitsMax = 20;

bool is_number(Placeholder placeholder) {
  return placeholder != Placeholder::client_id && placeholder != Placeholder::group;
}

Failure<TemplateError> fail(std::size_t offset, std::string message) {
  return Failure{TemplateError{offset, std::move(message)}};
}

Result<Placeholder, TemplateError> parse_name(std::string_view name, std::size_t offset) {
  std::array<std::string_view, kWords.size()> known;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].name == name) return kWords[i].placeholder;
    known[i] = kWords[i].name;
  }
  if (name.empty()) return fail(offset, "empty placeholder; a brace itself is {{");
  return fail(offset, fmt::format("unknown placeholder {{{}}}{}", name, suggestion(name, known)));
}

// The width of `{index:05}`: "05".
Result<std::uint8_t, TemplateError> parse_width(std::string_view format, std::size_t offset) {
  const auto wrong = [&] {
    return fail(offset, fmt::format("\"{}\" is not a width; zeros up to 5 digits are :05, and a "
                                    "width is at most {}",
                                    format, Template::kWidthMax));
  };
  if (format.size() < 2 || format.size() > 3 || format[0] != '0' || format[1] == '0') {
    return wrong();
  }
  unsigned width = 0;
  const char* const end = format.data() + format.size();
  const auto [rest, error] = std::from_chars(format.data() + 1, end, width);
  if (error != std::errc{} || rest != end || width > Template::kWidthMax) return wrong();
  return static_cast<std::uint8_t>(width);
}

template <typename Number>
void append_number(Draft& out, Number value, std::uint8_t width) {
  std::array<char, kNumberDigitsMax + 1> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  constexpr std::string_view kZeros = "00000000000000000000";
  static_assert(kZeros.size() == Template::kWidthMax);
  if (length < width) out.append(kZeros.substr(0, width - length));
  out.append({digits.data(), length});
}

}  // namespace

Result<Template, TemplateError> Template::parse(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return fail(kTextBytesMax, fmt::format("a template may have {} bytes", kTextBytesMax));
  }
  Template made;
  made.text_ = text;
  std::size_t placeholders = 0;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) made.parts_.push_back({std::exchange(literal, {}), std::nullopt, 0});
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      literal += c;
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      ++at;
      continue;
    }
    if (c == '}') return fail(at, "\"}\" without \"{\"; a brace itself is }}");
    const std::size_t close = text.find('}', at);
    if (close == text.npos) return fail(at, "\"{\" is never closed; a brace itself is {{");
    const std::string_view inside = text.substr(at + 1, close - at - 1);
    const std::size_t colon = std::min(inside.find(':'), inside.size());
    const auto name = parse_name(inside.substr(0, colon), at);
    if (!name) return Failure{name.error()};
    std::uint8_t width = 0;
    if (colon < inside.size()) {
      if (!is_number(*name)) {
        return fail(at, fmt::format("only numbers have a width, {{{}}} is a text",
                                    inside.substr(0, colon)));
      }
      const auto parsed = parse_width(inside.substr(colon + 1), at + 1 + colon + 1);
      if (!parsed) return Failure{parsed.error()};
      width = *parsed;
    }
    if (++placeholders > kPlaceholdersMax) {
      return fail(at, fmt::format("a template may have {} placeholders", kPlaceholdersMax));
    }
    end_literal();
    made.parts_.push_back({{}, *name, width});
    made.used_ |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(*name));
    at = close;
  }
  end_literal();
  return made;
}

Template Template::literal(std::string_view text) {
  Template made;
  for (const char c : text) made.text_.append(c == '{' || c == '}' ? 2 : 1, c);
  if (!text.empty()) made.parts_.push_back({std::string{text}, std::nullopt, 0});
  return made;
}

std::string Template::expand(const TemplateValues& values) const {
  Draft out;
  expand(values, out);
  return out.take();
}

void Template::expand(const TemplateValues& values, Draft& out) const {
  for (const Part& part : parts_) {
    if (!part.placeholder) {
      out.append(part.literal);
      continue;
    }
    switch (*part.placeholder) {
      case Placeholder::client_id:
        out.append(values.client_id);
        break;
      case Placeholder::index:
        append_number(out, values.index, part.width);
        break;
      case Placeholder::group:
        out.append(values.group);
        break;
      case Placeholder::epoch:
        append_number(out, values.epoch, part.width);
        break;
      case Placeholder::bdseq:
        append_number(out, values.epoch % 256, part.width);
        break;
      case Placeholder::time:
        append_number(
            out,
            std::chrono::floor<std::chrono::milliseconds>(values.time).time_since_epoch().count(),
            part.width);
        break;
      case Placeholder::seq:
        append_number(out, values.seq, part.width);
        break;
    }
  }
}

std::string Template::to_filter() const {
  std::string out;
  std::string level;
  bool wild = false;
  const auto end_level = [&] {
    out += wild ? "+" : level;
    level.clear();
    wild = false;
  };
  for (const Part& part : parts_) {
    if (part.placeholder) wild = true;
    for (const char c : part.literal) {
      if (c == '/') {
        end_level();
        out += '/';
      } else {
        level += c;
      }
    }
  }
  end_level();
  return out;
}

}  // namespace probate
