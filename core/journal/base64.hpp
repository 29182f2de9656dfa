// Base64 (RFC 4648, section 4): how a journal carries bytes that are no text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace probate::journal {

void append_base64(std::string_view bytes, std::string& out);
// Nothing for anything but what append_base64 writes: padding is required, no white space, and the
// bits behind the last byte are 0.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace probate::journal
