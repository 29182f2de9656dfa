#include "sim/report/page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/report/valid_text.hpp"

namespace probate::report {
namespace {

const char* code_of(Tint tint) {
  switch (tint) {
    case Tint::none:
      return "";
    case Tint::good:
      return "\x1b[32m";
    case Tint::bad:
      return "\x1b[1;31m";
    case Tint::doubtful:
      return "\x1b[33m";
    case Tint::dim:
      return "\x1b[2m";
    case Tint::bold:
      return "\x1b[1m";
  }
  return "";
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += continues(c) ? 0U : 1U;
  return columns;
}

Page& Page::put(std::string_view text, Tint tint) {
  const bool tinted = color_ && tint != Tint::none && !text.empty();
  if (tinted) out_ += code_of(tint);
  out_ += text;
  if (tinted) out_ += "\x1b[0m";
  column_ += columns_of(text);
  return *this;
}

Page& Page::to(std::size_t column) {
  return put(std::string(column_ < column ? column - column_ : (column_ > 0 ? 1 : 0), ' '));
}

Page& Page::right(std::size_t column, std::string_view text, Tint tint) {
  const std::size_t wide = columns_of(text);
  return to(column > wide ? column - wide : 0).put(text, tint);
}

Page& Page::wrap(std::string_view text, std::size_t indent, Tint tint) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    if (space > at) words.push_back(text.substr(at, space - at));
    at = space + 1;
  }
  return wrap(words, indent, tint);
}

Page& Page::wrap(const std::vector<std::string_view>& words, std::size_t indent, Tint tint) {
  bool first = true;
  for (const std::string_view word : words) {
    const bool fits = column_ + columns_of(word) + (first ? 0 : 1) <= kColumns;
    if (!fits && column_ > indent) {
      end().to(indent);
    } else if (!first) {
      put(" ");
    }
    first = false;
    put(word, tint);
  }
  return *this;
}

Page& Page::end() {
  while (out_.ends_with(' ')) out_.pop_back();
  out_ += '\n';
  column_ = 0;
  return *this;
}

Page& Page::title(std::string_view text) { return end().put(text, Tint::bold).end(); }

std::string Page::safe(std::string_view text) {
  std::string out;
  const std::string valid = valid_utf8(text);
  for (std::size_t at = 0; at < valid.size(); ++at) {
    const std::size_t hidden = hidden_bytes(std::string_view{valid}.substr(at));
    if (hidden == 0) {
      out += valid[at];
      continue;
    }
    for (std::size_t i = 0; i < hidden; ++i) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(valid[at + i]));
    }
    at += hidden - 1;
  }
  return out;
}

std::string Page::fit(std::string_view text, std::size_t columns) {
  std::string out = safe(text);
  if (columns_of(out) <= columns) return out;
  while (columns_of(out) >= columns) {
    while (!out.empty() && continues(out.back())) out.pop_back();
    out.pop_back();
  }
  return out + "…";
}

}  // namespace probate::report
