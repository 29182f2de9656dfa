#include "core/mqtt/reader.hpp"

#include "core/base/check.hpp"
#include "core/mqtt/utf8.hpp"

namespace probate::mqtt {
namespace {
constexpr std::size_t kVariableBytesMax = 4;
}

bool Reader::has(std::size_t bytes) {
  if (left() < bytes) fail(Rule::field_overrun, at_);
  return !fault_;
}

std::uint8_t Reader::byte() {
  if (!has(1)) return 0;
  return frame_[at_++];
}

std::uint16_t Reader::two_bytes() {
  if (!has(2)) return 0;
  const auto value = static_cast<std::uint16_t>(frame_[at_] << 8 | frame_[at_ + 1]);
  at_ += 2;
  return value;
}

std::uint32_t Reader::four_bytes() {
  if (!has(4)) return 0;
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | frame_[at_++];
  return value;
}

std::uint32_t Reader::variable() {
  if (fault_) return 0;
  const std::size_t begin = at_;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kVariableBytesMax; ++i) {
    if (begin + i >= end_) {
      fail(Rule::field_overrun, begin);
      return 0;
    }
    const std::uint8_t byte = frame_[begin + i];
    value |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    // [MQTT5-1.5.5-1] A last byte of zero could have been left out.
    if (byte == 0 && i > 0) fail(Rule::variable_integer_not_minimal, begin + i);
    at_ = begin + i + 1;
    return value;
  }
  fail(Rule::variable_integer_too_long, begin + kVariableBytesMax - 1);
  return 0;
}

std::string_view Reader::binary() {
  const std::size_t begin = at_;
  const std::size_t bytes = two_bytes();
  if (fault_) return {};
  if (left() < bytes) {
    fail(Rule::field_overrun, begin);
    return {};
  }
  const std::string_view value = as_text(frame_.subspan(at_, bytes));
  at_ += bytes;
  return value;
}

std::string_view Reader::text() {
  const std::string_view value = binary();
  if (const auto wrong = find_utf8_fault(value)) {
    fail(wrong->rule, at_ - value.size() + wrong->offset);
  }
  return value;
}

std::string_view Reader::rest() {
  if (fault_) return {};
  const std::string_view value = as_text(frame_.subspan(at_, left()));
  at_ = end_;
  return value;
}

std::size_t Reader::narrow(std::size_t bytes) {
  CHECK(bytes <= left());
  const std::size_t end = end_;
  end_ = at_ + bytes;
  return end;
}

}  // namespace probate::mqtt
