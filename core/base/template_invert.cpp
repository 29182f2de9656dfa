// Template::invert: a backtracking match over the parts, with a budget.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "core/base/template.hpp"

namespace probate {
namespace {

constexpr std::size_t kDigitsMax = 20;
// Searching this many bytes for a literal costs one step.
constexpr std::size_t kBytesPerStep = 256;
constexpr std::size_t kPlaceholderKinds = 7;

std::uint64_t largest(Placeholder number) {
  switch (number) {
    case Placeholder::index:
    case Placeholder::epoch:
      return std::numeric_limits<std::uint32_t>::max();
    case Placeholder::bdseq:
      return std::numeric_limits<std::uint8_t>::max();
    case Placeholder::time:
      return std::numeric_limits<std::int64_t>::max() / 1'000'000;
    case Placeholder::client_id:
    case Placeholder::group:
    case Placeholder::seq:
      break;
  }
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

class Template::Inverter {
 public:
  Inverter(std::span<const Part> parts, std::string_view text) : parts_{parts}, text_{text} {}

  std::optional<TemplateMatch> run() {
    if (!fits(0, 0)) return std::nullopt;
    TemplateMatch match;
    if (const auto& id = texts_[slot(Placeholder::client_id)]) match.client_id = *id;
    if (const auto& group = texts_[slot(Placeholder::group)]) match.group = *group;
    if (const auto& index = numbers_[slot(Placeholder::index)]) {
      match.index = static_cast<std::uint32_t>(*index);
    }
    if (const auto& epoch = numbers_[slot(Placeholder::epoch)]) {
      match.epoch = static_cast<Epoch>(*epoch);
    }
    if (const auto& bdseq = numbers_[slot(Placeholder::bdseq)]) {
      match.bdseq = static_cast<std::uint8_t>(*bdseq);
    }
    return match;
  }

 private:
  static std::size_t slot(Placeholder placeholder) { return static_cast<std::size_t>(placeholder); }

  // Whether the parts from `part` on can be the text from `at` on; leaves what they read behind.
  bool fits(std::size_t part, std::size_t at) {
    if (++steps_ > kInvertStepsMax) return false;
    if (part == parts_.size()) return at == text_.size();
    const Part& now = parts_[part];
    if (!now.placeholder) return fits_text(now.literal, part, at);
    const auto& known_text = texts_[slot(*now.placeholder)];
    if (known_text) return fits_text(*known_text, part, at);
    switch (*now.placeholder) {
      case Placeholder::client_id:
      case Placeholder::group:
        return fits_new_text(part, at);
      case Placeholder::index:
      case Placeholder::epoch:
      case Placeholder::bdseq:
      case Placeholder::time:
      case Placeholder::seq:
        break;
    }
    return fits_number(part, at);
  }

  bool fits_text(std::string_view expected, std::size_t part, std::size_t at) {
    if (!text_.substr(at).starts_with(expected)) return false;
    return fits(part + 1, at + expected.size());
  }

  bool fits_new_text(std::size_t part, std::size_t at) {
    auto& read = texts_[slot(*parts_[part].placeholder)];
    for (std::size_t end = at + 1; end <= text_.size(); ++end) {
      end = next_end(part, end);
      if (end > text_.size() || steps_ > kInvertStepsMax) break;
      read = text_.substr(at, end - at);
      if (fits(part + 1, end)) return true;
    }
    read.reset();
    return false;
  }

  // The first place from `end` on where what follows the part can begin.
  std::size_t next_end(std::size_t part, std::size_t end) {
    if (part + 1 == parts_.size()) return text_.size();
    const Part& next = parts_[part + 1];
    if (next.placeholder) return end;
    const std::size_t found = std::min(text_.find(next.literal, end), text_.size() + 1);
    steps_ += static_cast<std::uint32_t>((found - end) / kBytesPerStep);
    return found;
  }

  bool fits_number(std::size_t part, std::size_t at) {
    const Part& now = parts_[part];
    const std::size_t width = std::max<std::size_t>(now.width, 1);
    std::size_t digits = 0;
    while (digits < kDigitsMax && at + digits < text_.size() && text_[at + digits] >= '0' &&
           text_[at + digits] <= '9') {
      ++digits;
    }
    for (std::size_t length = digits; length >= width; --length) {
      // Zeros in front come from padding only.
      if (length > width && text_[at] == '0') continue;
      if (takes_number(*now.placeholder, text_.substr(at, length)) &&
          fits_after_number(part, at + length)) {
        return true;
      }
      if (steps_ > kInvertStepsMax) break;
    }
    return false;
  }

  // Sets `candidate_` if these digits can be that placeholder, given what has been read before.
  bool takes_number(Placeholder placeholder, std::string_view digits) {
    std::uint64_t value = 0;
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
    if (error != std::errc{} || value > largest(placeholder)) return false;
    const auto& same = numbers_[slot(placeholder)];
    if (same && *same != value) return false;
    const auto& epoch = numbers_[slot(Placeholder::epoch)];
    const auto& bdseq = numbers_[slot(Placeholder::bdseq)];
    if (placeholder == Placeholder::bdseq && epoch && *epoch % 256 != value) return false;
    if (placeholder == Placeholder::epoch && bdseq && value % 256 != *bdseq) return false;
    candidate_ = value;
    return true;
  }

  bool fits_after_number(std::size_t part, std::size_t end) {
    auto& read = numbers_[slot(*parts_[part].placeholder)];
    const auto before = read;
    read = candidate_;
    if (fits(part + 1, end)) return true;
    read = before;
    return false;
  }

  std::span<const Part> parts_;
  std::string_view text_;
  std::array<std::optional<std::string_view>, kPlaceholderKinds> texts_;
  std::array<std::optional<std::uint64_t>, kPlaceholderKinds> numbers_;
  std::uint64_t candidate_ = 0;
  std::uint32_t steps_ = 0;
};

std::optional<TemplateMatch> Template::invert(std::string_view text) const {
  // The longest text this template can make: MQTT bounds a ClientID to 65,535 bytes.
  constexpr std::size_t kTextMax = kTextBytesMax + kPlaceholdersMax * 65'535;
  if (text.size() > kTextMax) return std::nullopt;
  std::size_t first = 0;
  std::size_t last = parts_.size();
  // What the text must begin and end with; mostly that decides.
  if (first < last && !parts_[first].placeholder) {
    const std::string& begin = parts_[first++].literal;
    if (!text.starts_with(begin)) return std::nullopt;
    text.remove_prefix(begin.size());
  }
  if (first < last && !parts_[last - 1].placeholder) {
    const std::string& end = parts_[--last].literal;
    if (!text.ends_with(end)) return std::nullopt;
    text.remove_suffix(end.size());
  }
  if (last - first == 1) return invert_one(parts_[first], text);
  if (first == last && !text.empty()) return std::nullopt;
  return Inverter{{parts_.data() + first, last - first}, text}.run();
}

std::optional<TemplateMatch> Template::invert_one(const Part& part, std::string_view text) {
  if (text.empty()) return std::nullopt;
  TemplateMatch match;
  if (part.placeholder == Placeholder::client_id) {
    match.client_id = text;
    return match;
  }
  if (part.placeholder == Placeholder::group) {
    match.group = text;
    return match;
  }
  const std::size_t width = std::max<std::size_t>(part.width, 1);
  if (text.size() < width || text.size() > kDigitsMax) return std::nullopt;
  // Zeros in front come from padding only.
  if (text.size() > width && text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end || value > largest(*part.placeholder)) {
    return std::nullopt;
  }
  if (part.placeholder == Placeholder::index) match.index = static_cast<std::uint32_t>(value);
  if (part.placeholder == Placeholder::epoch) match.epoch = static_cast<Epoch>(value);
  if (part.placeholder == Placeholder::bdseq) match.bdseq = static_cast<std::uint8_t>(value);
  return match;
}

}  // namespace probate
