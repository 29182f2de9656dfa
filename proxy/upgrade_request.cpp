#include "proxy/upgrade_request.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace probate::proxy {
namespace {

constexpr std::string_view kBegins = "GET ";
constexpr std::string_view kVersion = " HTTP/1.1";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether one of the words of a list, separated by commas, is what `fits` says.
template <typename Fits>
bool lists(std::string_view value, Fits fits) {
  while (!value.empty()) {
    const std::string_view word = value.substr(0, value.find(','));
    value.remove_prefix(std::min(word.size() + 1, value.size()));
    if (fits(trimmed(word))) return true;
  }
  return false;
}

}  // namespace

UpgradeSeen read_upgrade_request(ByteView bytes) {
  std::string_view text = as_text(bytes);
  const std::size_t begun = std::min(text.size(), kBegins.size());
  if (text.substr(0, begun) != kBegins.substr(0, begun)) return UpgradeSeen::other;
  const std::size_t end = text.substr(0, kUpgradeBytesMax).find("\r\n\r\n");
  if (end == text.npos) {
    return text.size() < kUpgradeBytesMax ? UpgradeSeen::unfinished : UpgradeSeen::other;
  }
  text = text.substr(0, end + 2);
  bool is_first = true;
  bool is_websocket = false;
  bool is_mqtt = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(line.size() + 2);
    if (is_first && !line.ends_with(kVersion)) return UpgradeSeen::other;
    const std::size_t colon = line.find(':');
    if (std::exchange(is_first, false) || colon == line.npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (same(name, "upgrade")) {
      is_websocket |= lists(value, [](std::string_view word) { return same(word, "websocket"); });
    } else if (same(name, "sec-websocket-protocol")) {
      is_mqtt |=
          lists(value, [](std::string_view word) { return word == "mqtt" || word == "mqttv3.1"; });
    }
  }
  return is_websocket && is_mqtt ? UpgradeSeen::mqtt : UpgradeSeen::other;
}

}  // namespace probate::proxy
