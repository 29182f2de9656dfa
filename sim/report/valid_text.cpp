#include "sim/report/valid_text.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/mqtt/utf8.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

// NUL has an escape of its own in JSON, and whoever writes something else takes care of it.
bool is_valid(std::string_view text) {
  for (auto fault = mqtt::find_utf8_fault(text); fault; fault = mqtt::find_utf8_fault(text)) {
    if (fault->rule != mqtt::Rule::utf8_null) return false;
    text.remove_prefix(fault->offset + 1);
  }
  return true;
}

// Nearly everything is right as it is, and stays where it is.
void make_valid(json::value& value) {
  if (json::string* text = value.if_string(); text != nullptr) {
    if (!is_valid(*text)) *text = valid_utf8(*text);
  } else if (json::array* items = value.if_array(); items != nullptr) {
    for (json::value& item : *items) make_valid(item);
  } else if (json::object* members = value.if_object(); members != nullptr) {
    bool are_keys_valid = true;
    for (auto& member : *members) {
      make_valid(member.value());
      are_keys_valid = are_keys_valid && is_valid(member.key());
    }
    if (are_keys_valid) return;
    json::object renamed;
    for (auto& member : *members) {
      renamed[valid_utf8(member.key())] = std::move(member.value());
    }
    *members = std::move(renamed);
  }
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (const auto fault = mqtt::find_utf8_fault(text)) {
    out += text.substr(0, fault->offset);
    const char byte = text[fault->offset];
    out += byte == 0 ? std::string(1, byte)
                     : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    text.remove_prefix(fault->offset + 1);
  }
  out += text;
  return out;
}

std::size_t hidden_bytes(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (text.empty()) return 0;
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (text.size() >= 2 && byte(0) == 0xc2 && byte(1) <= 0x9f) return 2;
  if (text.size() < 3 || byte(0) != 0xe2) return 0;
  const bool is_embedding = byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae;
  const bool is_isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
  return is_embedding || is_isolate ? 3 : 0;
}

json::value valid_json(json::value document) {
  make_valid(document);
  return document;
}

}  // namespace probate::report
