#include "core/mqtt/framer.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace probate::mqtt {
namespace {
constexpr std::uint8_t kLengthBytesMax = 4;
}

Result<FrameScanner::Step, FrameError> FrameScanner::advance(ByteView bytes) {
  CHECK(!bytes.empty());
  std::size_t consumed = 0;
  if (header_seen_ == 0) {
    first_byte_ = bytes[0];
    header_seen_ = 1;
    header_bytes_ = 0;
    length_ = 0;
    consumed = 1;
  }
  while (!header_done_ && consumed < bytes.size()) {
    const std::uint8_t byte = bytes[consumed];
    ++consumed;
    length_ |= static_cast<std::uint32_t>(byte & 0x7f) << (7 * (header_seen_ - 1));
    ++header_seen_;
    if ((byte & 0x80) == 0) {
      header_done_ = true;
      header_bytes_ = header_seen_;
      body_left_ = length_;
    } else if (header_seen_ > kLengthBytesMax) {
      return Failure{FrameError::length_too_long};
    }
  }
  if (!header_done_) return Step{.consumed = consumed};

  const auto body =
      static_cast<std::uint32_t>(std::min<std::size_t>(body_left_, bytes.size() - consumed));
  body_left_ -= body;
  const bool complete = body_left_ == 0;
  if (complete) {
    header_seen_ = 0;
    header_done_ = false;
  }
  return Step{.consumed = consumed + body, .header_complete = true, .complete = complete};
}

FrameHeader FrameScanner::header() const {
  CHECK(header_bytes_ != 0);
  return {.first_byte = first_byte_, .body_bytes = length_, .header_bytes = header_bytes_};
}

void FrameScanner::reset() { *this = FrameScanner{}; }

}  // namespace probate::mqtt
