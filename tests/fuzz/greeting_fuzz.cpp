// What a connection begins with: each reader says the same of it in one piece and byte by byte, and
// what a header tells survives being written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.hpp"
#include "proxy/client_hello.hpp"
#include "proxy/greeting.hpp"
#include "proxy/proxy_header.hpp"
#include "proxy/upgrade_request.hpp"

namespace {

using namespace probate;
using namespace probate::proxy;

// Longer beginnings are read in one piece only: the time grows with the square.
constexpr std::size_t kSteppedBytesMax = 2048;

// Once something is said of a beginning, it stays what it is.
template <typename Seen, typename Read, typename Unfinished>
void check_steps(ByteView bytes, Read read, Unfinished unfinished) {
  std::optional<Seen> said;
  for (std::size_t i = 1; i <= std::min(bytes.size(), kSteppedBytesMax); ++i) {
    const Seen seen = read(bytes.first(i));
    if (said) CHECK(seen == *said);
    if (!unfinished(seen)) said = seen;
  }
}

struct Header {
  HeaderSeen::Verdict verdict{};
  std::size_t bytes = 0;
  bool operator==(const Header&) const = default;
};
struct Hello {
  HelloSeen::Verdict verdict{};
  std::string name;
  bool operator==(const Hello&) const = default;
};

void check_header(ByteView bytes) {
  const HeaderSeen seen = read_proxy_header(bytes);
  if (seen.verdict != HeaderSeen::Verdict::complete) return;
  CHECK(seen.bytes <= bytes.size() && seen.bytes <= kHeaderBytesMax);
  if (!seen.ends) return;
  for (const HeaderVersion version : {HeaderVersion::v1, HeaderVersion::v2}) {
    const Bytes again = proxy_header(version, seen.ends ? &*seen.ends : nullptr);
    const HeaderSeen read = read_proxy_header(again);
    CHECK(read.verdict == HeaderSeen::Verdict::complete && read.bytes == again.size());
    CHECK(read.ends && read.ends->source == seen.ends->source);
    CHECK(read.ends->destination == seen.ends->destination);
  }
}

// Byte by byte, as a link does it.
void check_greeting(ByteView bytes) {
  Greeting greeting;
  for (std::size_t i = 1; i <= std::min(bytes.size(), kSteppedBytesMax); ++i) {
    const ByteView all = bytes.first(i);
    if (greeting.advance(all.last(1), all) != Greeting::Verdict::unfinished) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{data, size};
  check_header(bytes);
  read_client_hello(bytes);
  read_upgrade_request(bytes);
  check_steps<Header>(
      bytes,
      [](ByteView some) {
        const HeaderSeen seen = read_proxy_header(some);
        return Header{seen.verdict, seen.bytes};
      },
      [](const Header& seen) { return seen.verdict == HeaderSeen::Verdict::unfinished; });
  check_steps<Hello>(
      bytes,
      [](ByteView some) {
        HelloSeen seen = read_client_hello(some);
        return Hello{seen.verdict, std::move(seen.name)};
      },
      [](const Hello& seen) { return seen.verdict == HelloSeen::Verdict::unfinished; });
  check_steps<UpgradeSeen>(
      bytes, [](ByteView some) { return read_upgrade_request(some); },
      [](UpgradeSeen seen) { return seen == UpgradeSeen::unfinished; });
  check_greeting(bytes);
  return 0;
}
