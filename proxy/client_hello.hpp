// The first message of TLS, read for the name that it asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"

namespace probate::proxy {

struct HelloSeen {
  enum class Verdict : std::uint8_t { unfinished, complete, wrong };
  Verdict verdict{};
  // The server name (SNI) in lower case, "" for none.
  std::string name{};
};

// A longer ClientHello, with the headers of its records, is wrong.
inline constexpr std::size_t kHelloBytesMax = 32 * 1024;
// Handshake record: what a TLS connection begins with.
inline constexpr std::uint8_t kHelloByte = 0x16;

// What a connection's first bytes say. Strict in what it looks at: lengths that do not fit into one
// another, a name that is none, or two of them are wrong. TLS 1.0 to 1.3; in any number of records.
// Spec: RFC 8446 4.1.2 and 5.1, RFC 6066 3.
HelloSeen read_client_hello(ByteView bytes);

}  // namespace probate::proxy
