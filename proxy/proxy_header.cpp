#include "proxy/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace probate::proxy {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;
using boost::asio::ip::tcp;

constexpr std::string_view kTextBegins = "PROXY ";
constexpr std::size_t kTextBytesMax = 107;  // of v1, with CR LF
constexpr std::array<std::uint8_t, 12> kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t kFixedBytes = 16;  // of v2: signature, version and command, family, length
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxied = 0x21;
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kUnixStream = 0x31;
constexpr std::size_t kTcp4Bytes = 12;
constexpr std::size_t kTcp6Bytes = 36;
constexpr std::size_t kUnixBytes = 216;

HeaderSeen wrong() { return {.verdict = HeaderSeen::Verdict::wrong}; }
HeaderSeen unfinished() { return {.verdict = HeaderSeen::Verdict::unfinished}; }

// ---- v1

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  // There is one way to write a port.
  if (!is_number || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return port;
}

std::optional<tcp::endpoint> read_end(bool is_v6, std::string_view host, std::string_view port) {
  boost::system::error_code error;
  const auto number = read_port(port);
  const std::string text{host};
  if (!number) return std::nullopt;
  if (is_v6) {
    const auto address = boost::asio::ip::make_address_v6(text, error);
    if (error || text.find('%') != text.npos) return std::nullopt;
    return tcp::endpoint{address, *number};
  }
  const auto address = boost::asio::ip::make_address_v4(text, error);
  // Octal, hexadecimal and short forms are none of a sender.
  if (error || address.to_string() != text) return std::nullopt;
  return tcp::endpoint{address, *number};
}

HeaderSeen read_text(std::string_view text) {
  const std::string_view head = text.substr(0, kTextBytesMax);
  const std::size_t line = head.find("\r\n");
  if (line == head.npos) return head.size() == kTextBytesMax ? wrong() : unfinished();
  HeaderSeen seen{.verdict = HeaderSeen::Verdict::complete, .bytes = line + 2};
  std::string_view rest = head.substr(0, line);
  std::vector<std::string_view> words;
  for (std::size_t space = rest.find(' '); space != rest.npos; space = rest.find(' ')) {
    words.push_back(rest.substr(0, space));
    rest.remove_prefix(space + 1);
  }
  words.push_back(rest);
  // Behind UNKNOWN there may be anything.
  if (words.size() >= 2 && words[1] == "UNKNOWN") return seen;
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return wrong();
  const bool is_v6 = words[1] == "TCP6";
  const auto source = read_end(is_v6, words[2], words[4]);
  const auto destination = read_end(is_v6, words[3], words[5]);
  if (!source || !destination) return wrong();
  seen.ends = Ends{plain_endpoint(*source), plain_endpoint(*destination)};
  return seen;
}

// ---- v2

std::uint16_t number_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

template <typename Address>
Ends ends_in(ByteView block) {
  typename Address::bytes_type source{};
  typename Address::bytes_type destination{};
  const std::size_t size = source.size();
  std::copy_n(block.begin(), size, source.begin());
  std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(size), size, destination.begin());
  return {plain_endpoint({Address{source}, number_at(block, 2 * size)}),
          plain_endpoint({Address{destination}, number_at(block, 2 * size + 2)})};
}

HeaderSeen read_binary(ByteView bytes) {
  if (bytes.size() > kSignature.size()) {
    const std::uint8_t command = bytes[kSignature.size()];
    if (command != kLocal && command != kProxied) return wrong();
  }
  if (bytes.size() < kFixedBytes) return unfinished();
  const std::uint8_t family = bytes[13];
  const std::size_t length = number_at(bytes, 14);
  HeaderSeen seen{.verdict = HeaderSeen::Verdict::complete, .bytes = kFixedBytes + length};
  if (seen.bytes > kHeaderBytesMax) return wrong();
  const bool is_local = bytes[kSignature.size()] == kLocal;
  const bool is_known =
      family == kUnspecified || family == kTcp4 || family == kTcp6 || family == kUnixStream;
  const std::size_t least = family == kTcp4         ? kTcp4Bytes
                            : family == kTcp6       ? kTcp6Bytes
                            : family == kUnixStream ? kUnixBytes
                                                    : 0;
  // Of LOCAL not even the family means anything.
  if (!is_local && (!is_known || length < least)) return wrong();
  if (bytes.size() < seen.bytes) return unfinished();
  if (is_local) return seen;
  const ByteView block = bytes.subspan(kFixedBytes, length);
  if (family == kTcp4) seen.ends = ends_in<address_v4>(block);
  if (family == kTcp6) seen.ends = ends_in<address_v6>(block);
  return seen;
}

template <typename Prefix>
bool begins_with(ByteView bytes, const Prefix& prefix) {
  const std::size_t count = std::min(bytes.size(), prefix.size());
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count),
                    prefix.begin(),
                    [](std::uint8_t a, auto b) { return a == static_cast<std::uint8_t>(b); });
}

// ---- writing

address_v6 widened(const boost::asio::ip::address& address) {
  return address.is_v6()
             ? address.to_v6()
             : boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4());
}

void put_port(std::uint16_t port, Bytes& out) {
  out.push_back(static_cast<std::uint8_t>(port >> 8));
  out.push_back(static_cast<std::uint8_t>(port & 0xff));
}

template <typename Address>
void put_ends(const Address& source, const Address& destination, const Ends& ends, Bytes& out) {
  for (const Address& each : {source, destination}) {
    const auto bytes = each.to_bytes();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  put_port(ends.source.port(), out);
  put_port(ends.destination.port(), out);
}

Bytes binary_header(const Ends* ends, bool is_v6) {
  Bytes out{kSignature.begin(), kSignature.end()};
  out.push_back(ends != nullptr ? kProxied : kLocal);
  out.push_back(!ends ? kUnspecified : is_v6 ? kTcp6 : kTcp4);
  put_port(static_cast<std::uint16_t>(!ends ? 0 : is_v6 ? kTcp6Bytes : kTcp4Bytes), out);
  if (ends == nullptr) return out;
  const auto& source = ends->source.address();
  const auto& destination = ends->destination.address();
  if (is_v6) {
    put_ends(widened(source), widened(destination), *ends, out);
  } else {
    put_ends(source.to_v4(), destination.to_v4(), *ends, out);
  }
  return out;
}

Bytes text_header(const Ends* ends, bool is_v6) {
  std::string line = "PROXY UNKNOWN\r\n";
  if (ends) {
    const auto text = [is_v6](const tcp::endpoint& end) {
      return is_v6 ? widened(end.address()).to_string() : end.address().to_string();
    };
    line = fmt::format("PROXY {} {} {} {} {}\r\n", is_v6 ? "TCP6" : "TCP4", text(ends->source),
                       text(ends->destination), ends->source.port(), ends->destination.port());
  }
  return {line.begin(), line.end()};
}

}  // namespace

HeaderSeen read_proxy_header(ByteView bytes) {
  if (bytes.empty()) return unfinished();
  if (begins_with(bytes, kSignature)) {
    return bytes.size() < kSignature.size() ? unfinished() : read_binary(bytes);
  }
  if (!begins_with(bytes, kTextBegins)) return wrong();
  return read_text(as_text(bytes));
}

// A socket that takes both families shows IPv4 as mapped into IPv6.
Bytes proxy_header(HeaderVersion version, const Ends* raw) {
  Ends ends;
  if (raw != nullptr) ends = {plain_endpoint(raw->source), plain_endpoint(raw->destination)};
  // One header has one family.
  const bool is_v6 = ends.source.address().is_v6() || ends.destination.address().is_v6();
  const Ends* told = raw == nullptr ? nullptr : &ends;
  return version == HeaderVersion::v1 ? text_header(told, is_v6) : binary_header(told, is_v6);
}

tcp::endpoint plain_endpoint(const tcp::endpoint& endpoint) {
  const auto& address = endpoint.address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
  return {boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()),
          endpoint.port()};
}

}  // namespace probate::proxy
