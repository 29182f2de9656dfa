#include "proxy/client_hello.hpp"

#include <algorithm>
#include <optional>

namespace probate::proxy {
namespace {

constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::size_t kRecordBytesMax = 16 * 1024;
constexpr std::size_t kMessageHeaderBytes = 4;
constexpr std::uint8_t kClientHello = 1;
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kSessionBytesMax = 32;
constexpr std::size_t kServerName = 0;  // the extension
constexpr std::size_t kHostName = 0;    // the kind of name in it
constexpr std::size_t kNameBytesMax = 255;

// Takes numbers and pieces from the front; once something is missing, nothing more comes.
class Cutter {
 public:
  explicit Cutter(ByteView bytes) : rest_{bytes} {}

  std::size_t number(std::size_t bytes) {
    std::size_t value = 0;
    for (const std::uint8_t byte : piece(bytes)) value = value << 8 | byte;
    return value;
  }
  ByteView piece(std::size_t bytes) {
    if (bytes > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }
  // A piece behind its own length.
  ByteView vector(std::size_t length_bytes) { return piece(number(length_bytes)); }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty() && !failed_; }

 private:
  ByteView rest_;
  bool failed_ = false;
};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// One host name, and nothing else: that is all that anybody sends.
std::optional<std::string> name_in(ByteView extension) {
  Cutter cutter{extension};
  Cutter list{cutter.vector(2)};
  if (!cutter.at_end()) return std::nullopt;
  const std::size_t kind = list.number(1);
  const std::string_view text = as_text(list.vector(2));
  if (!list.at_end() || kind != kHostName) return std::nullopt;
  if (text.empty() || text.size() > kNameBytesMax) return std::nullopt;
  std::string name{text};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::all_of(name.begin(), name.end(), is_name_byte) ? std::optional{name} : std::nullopt;
}

HelloSeen read_message(ByteView body) {
  Cutter cutter{body};
  const bool is_tls = cutter.number(1) == 3;
  cutter.piece(1);
  cutter.piece(kRandomBytes);
  const std::size_t session = cutter.vector(1).size();
  const std::size_t suites = cutter.vector(2).size();
  const std::size_t compressions = cutter.vector(1).size();
  const bool fits =
      is_tls && session <= kSessionBytesMax && suites >= 2 && suites % 2 == 0 && compressions >= 1;
  if (cutter.failed() || !fits) return {.verdict = HelloSeen::Verdict::wrong};
  HelloSeen seen{.verdict = HelloSeen::Verdict::complete};
  if (cutter.at_end()) return seen;  // before TLS 1.3 it may have no extensions
  Cutter extensions{cutter.vector(2)};
  if (!cutter.at_end()) return {.verdict = HelloSeen::Verdict::wrong};
  while (!extensions.at_end()) {
    const std::size_t kind = extensions.number(2);
    const ByteView extension = extensions.vector(2);
    if (extensions.failed()) return {.verdict = HelloSeen::Verdict::wrong};
    if (kind != kServerName) continue;
    const auto name = name_in(extension);
    if (!name || !seen.name.empty()) return {.verdict = HelloSeen::Verdict::wrong};
    seen.name = *name;
  }
  return seen;
}

}  // namespace

HelloSeen read_client_hello(ByteView bytes) {
  Bytes message;
  for (ByteView rest = bytes; !rest.empty();) {
    // Each byte is judged as soon as it is there, so that nothing waits for the rest of garbage.
    if (rest[0] != kHelloByte || (rest.size() > 1 && rest[1] != 3))
      return {.verdict = HelloSeen::Verdict::wrong};
    if (rest.size() < kRecordHeaderBytes) break;
    const std::size_t length = static_cast<std::size_t>(rest[3] << 8 | rest[4]);
    if (length == 0 || length > kRecordBytesMax) return {.verdict = HelloSeen::Verdict::wrong};
    const ByteView body = rest.subspan(kRecordHeaderBytes);
    const ByteView part = body.first(std::min(length, body.size()));
    message.insert(message.end(), part.begin(), part.end());
    if (!message.empty() && message[0] != kClientHello)
      return {.verdict = HelloSeen::Verdict::wrong};
    if (message.size() >= kMessageHeaderBytes) {
      Cutter cutter{message};
      cutter.piece(1);
      const std::size_t size = cutter.number(3);
      if (size + kMessageHeaderBytes > kHelloBytesMax)
        return {.verdict = HelloSeen::Verdict::wrong};
      if (message.size() >= kMessageHeaderBytes + size) return read_message(cutter.piece(size));
    }
    rest = body.subspan(part.size());
  }
  const bool may_go_on = bytes.size() < kHelloBytesMax;
  return {.verdict = may_go_on ? HelloSeen::Verdict::unfinished : HelloSeen::Verdict::wrong};
}

}  // namespace probate::proxy
