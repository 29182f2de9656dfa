#include "core/mqtt/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace probate::mqtt {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

// True if the eight bytes are ASCII and none of them is 0: nearly all topics and ids.
bool plain_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t has_zero = (word - kOnes) & ~word;
  return ((word | has_zero) & kHighBits) == 0;
}

// What may follow a lead byte: how many bytes, and the range of the first of them. The range is
// what keeps out overlong forms, surrogates and values beyond U+10FFFF (RFC 3629, section 4).
struct Lead {
  std::size_t continuations = 0;  // 0: not a lead byte
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0xc2) return {};
  if (byte < 0xe0) return {.continuations = 1};
  if (byte == 0xe0) return {.continuations = 2, .low = 0xa0};
  if (byte == 0xed) return {.continuations = 2, .high = 0x9f};
  if (byte < 0xf0) return {.continuations = 2};
  if (byte == 0xf0) return {.continuations = 3, .low = 0x90};
  if (byte < 0xf4) return {.continuations = 3};
  if (byte == 0xf4) return {.continuations = 3, .high = 0x8f};
  return {};
}

// The bytes of the well-formed sequence at the front, or 0. Requires: the first byte is not ASCII.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte_at = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const Lead lead = lead_of(byte_at(0));
  if (lead.continuations == 0 || text.size() <= lead.continuations) return 0;
  if (byte_at(1) < lead.low || byte_at(1) > lead.high) return 0;
  for (std::size_t i = 2; i <= lead.continuations; ++i) {
    if ((byte_at(i) & 0xc0) != 0x80) return 0;
  }
  return lead.continuations + 1;
}

}  // namespace

std::optional<Utf8Fault> find_utf8_fault(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= sizeof(std::uint64_t) && plain_word(text.data() + at)) {
      at += sizeof(std::uint64_t);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(text[at]);
    if (byte == 0) return Utf8Fault{at, Rule::utf8_null};
    if (byte < 0x80) {
      ++at;
      continue;
    }
    const std::size_t bytes = sequence_bytes(text.substr(at));
    if (bytes == 0) return Utf8Fault{at, Rule::utf8_ill_formed};
    at += bytes;
  }
  return std::nullopt;
}

}  // namespace probate::mqtt
