// Texts with placeholders: `{client_id}device_conn_err#{epoch}`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace probate {

enum class Placeholder : std::uint8_t { client_id, index, group, epoch, bdseq, time, seq };

// What a template is filled with.
struct TemplateValues {
  std::string_view client_id{};
  std::uint32_t index = 0;  // 0-based, in the whole fleet
  std::string_view group{};
  Epoch epoch = 0;
  Instant time{};         // rendered as whole milliseconds since the start
  std::uint64_t seq = 0;  // messages of that kind so far
};

// What could be read back out of a text. A value that the template does not carry is absent.
struct TemplateMatch {
  std::optional<std::string> client_id;
  std::optional<std::uint32_t> index;
  std::optional<std::string> group;
  std::optional<Epoch> epoch;
  std::optional<std::uint8_t> bdseq;
};

struct TemplateError {
  std::size_t offset = 0;  // into the text
  std::string message;     // with a did-you-mean
};

// A text under construction. Most are short: they are put together on the stack, so that the string
// made of them takes memory once, and of its own size, or none.
class Draft {
 public:
  Draft() {}  // NOLINT(*-member-init,modernize-use-equals-default): 128 bytes for nothing

  void append(std::string_view text) {
    if (text.size() > short_.size() - size_) spill();
    if (is_long_) {
      long_ += text;
      return;
    }
    put(text);
    size_ += text.size();
  }
  // Valid until the next call.
  std::string_view view() const {
    return is_long_ ? std::string_view{long_} : std::string_view{short_.data(), size_};
  }
  std::string take() { return is_long_ ? std::move(long_) : std::string{short_.data(), size_}; }

 private:
  static constexpr std::size_t kWord = sizeof(std::uint64_t);

  // Most are so short that calling memcpy() takes longer than copying.
  void put(std::string_view text) {
    char* to = short_.data() + size_;
    const char* from = text.data();
    if (text.size() > 2 * kWord) {
      std::memcpy(to, from, text.size());
    } else if (text.size() >= kWord) {
      std::uint64_t first;  // NOLINT(*-init-variables): written at once
      std::uint64_t last;   // NOLINT(*-init-variables)
      std::memcpy(&first, from, kWord);
      std::memcpy(&last, from + text.size() - kWord, kWord);
      std::memcpy(to, &first, kWord);
      std::memcpy(to + text.size() - kWord, &last, kWord);
    } else {
      for (const char c : text) *to++ = c;
    }
  }
  void spill() {
    if (is_long_) return;
    is_long_ = true;
    long_.assign(short_.data(), size_);
  }

  std::array<char, 128> short_;  // what is behind size_ was never written
  std::size_t size_ = 0;
  std::string long_;
  bool is_long_ = false;
};

// A text parsed once. `{{` and `}}` are braces; `{index:05}` pads with zeros to that width (1–20),
// `{bdseq}` is epoch mod 256.
// Limits: 1,024 bytes of text, 16 placeholders.
class Template {
 public:
  static Result<Template, TemplateError> parse(std::string_view text);
  // A text without placeholders, braces taken literally.
  static Template literal(std::string_view text);
  Template() = default;

  std::string expand(const TemplateValues& values) const;
  // Behind what is there.
  void expand(const TemplateValues& values, Draft& out) const;
  // Reads a text back; nothing if it cannot have come from this template. client_id and group match
  // as few characters as possible, at least one; numbers as many as possible. The same placeholder
  // twice must read the same, and bdseq must be epoch mod 256.
  // Limits: bounded work; a text with more than kInvertStepsMax wrong turns is given up.
  std::optional<TemplateMatch> invert(std::string_view text) const;
  // The topic filter that matches every topic the template can make: a level with a placeholder
  // becomes `+`.
  std::string to_filter() const;

  bool uses(Placeholder placeholder) const {
    return (used_ >> static_cast<unsigned>(placeholder) & 1U) != 0;
  }
  bool empty() const { return parts_.empty(); }
  // As written in the scenario.
  const std::string& text() const { return text_; }

  bool operator==(const Template& other) const { return text_ == other.text_; }

  static constexpr std::size_t kTextBytesMax = 1024;
  static constexpr std::size_t kPlaceholdersMax = 16;
  static constexpr std::uint8_t kWidthMax = 20;
  static constexpr std::uint32_t kInvertStepsMax = 20'000;

 private:
  class Inverter;
  struct Part {
    std::string literal;  // used if there is no placeholder
    std::optional<Placeholder> placeholder;
    std::uint8_t width = 0;
  };
  // The whole text is one placeholder's.
  static std::optional<TemplateMatch> invert_one(const Part& part, std::string_view text);

  std::string text_;
  std::vector<Part> parts_;
  std::uint8_t used_ = 0;  // the placeholders, a bit for each
};

}  // namespace probate
