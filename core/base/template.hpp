// Texts with placeholders: `{client_id}device_conn_err#{epoch}`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
  // Reads a text back; nothing if it cannot have come from this template. client_id and group match
  // as few characters as possible, at least one; numbers as many as possible. The same placeholder
  // twice must read the same, and bdseq must be epoch mod 256.
  // Limits: bounded work; a text with more than kInvertStepsMax wrong turns is given up.
  std::optional<TemplateMatch> invert(std::string_view text) const;
  // The topic filter that matches every topic the template can make: a level with a placeholder
  // becomes `+`.
  std::string to_filter() const;

  bool uses(Placeholder placeholder) const;
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
};

}  // namespace probate
