#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "sim/yaml/reader.hpp"

namespace probate::yaml {
namespace {

constexpr std::size_t kTextBytesMax = 65'535;  // what MQTT can carry in one string
constexpr std::size_t kShownBytesMax = 40;

std::string shown(std::string_view text) {
  if (text.size() <= kShownBytesMax) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}…\"", text.substr(0, kShownBytesMax));
}

bool is_scalar(Context& context, const Node& node, std::string_view wanted) {
  if (node.kind == NodeKind::scalar) return true;
  context.error(node.place, ErrorCode::wrong_kind,
                fmt::format("{} is needed here, not {}", wanted, to_text(node.kind)));
  return false;
}

bool one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return text.size() == word.size() &&
           std::equal(text.begin(), text.end(), word.begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  });
}

constexpr std::array<std::string_view, 4> kFalseFriends{"yes", "no", "on", "off"};
constexpr std::array<std::string_view, 2> kTruth{"true", "false"};

bool is_numeric(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error != std::errc::invalid_argument && end == text.data() + text.size();
}

// What a YAML reader might take the bare word for, or "".
std::string_view mistaken_for(const Node& node) {
  if (node.quoted || node.substituted) return "";
  if (one_of(node.text, kFalseFriends) || one_of(node.text, kTruth)) return "a boolean";
  if (is_numeric(node.text)) return "a number";
  return "";
}

std::optional<Distribution> read_uniform(Context& context, const Node& node) {
  if (node.kind != NodeKind::list || node.items.size() != 2) {
    context.error(node.place, ErrorCode::bad_distribution,
                  "uniform takes two durations, as in {uniform: [2s, 10s]}");
    return std::nullopt;
  }
  const auto low = read_duration(context, node.items[0]);
  const auto high = read_duration(context, node.items[1]);
  if (!low || !high) return std::nullopt;
  if (*low > *high) {
    context.error(node.place, ErrorCode::bad_distribution,
                  "the first duration of uniform is the shorter one");
    return std::nullopt;
  }
  return Uniform{*low, *high};
}

std::optional<Distribution> read_lognormal(Context& context, const Node& node) {
  const Node* median = node.find("median");
  const Node* p99 = node.find("p99");
  if (median == nullptr || p99 == nullptr || node.entries.size() != 2) {
    context.error(node.place, ErrorCode::bad_distribution,
                  "lognormal takes two durations, as in {lognormal: {median: 5s, p99: 60s}}");
    return std::nullopt;
  }
  const auto middle = read_duration(context, *median);
  const auto high = read_duration(context, *p99);
  if (!middle || !high) return std::nullopt;
  if (*middle <= 0s || *middle > *high) {
    context.error(node.place, ErrorCode::bad_distribution, "lognormal needs 0s < median ≤ p99");
    return std::nullopt;
  }
  return Lognormal{*middle, *high};
}

}  // namespace

void Context::error(const Node& node, const QuantityError& error) {
  Place place = node.place;
  // In a plain text every byte stands where it stands in the file.
  if (!node.quoted && !node.substituted) place.column += static_cast<std::uint32_t>(error.offset);
  problems.add(place, error.code, error.message);
  problems.doubt(node.place);
}

std::optional<std::string> read_text(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a text")) return std::nullopt;
  if (const auto other = mistaken_for(node); !other.empty()) {
    context.error(node.place, ErrorCode::wrong_kind,
                  fmt::format("a text is needed here, and this reads as {}; quote it: \"{}\"",
                              other, node.text));
    return std::nullopt;
  }
  if (node.text.size() > kTextBytesMax) {
    context.error(node.place, ErrorCode::out_of_range,
                  fmt::format("a text has at most {} bytes", kTextBytesMax));
    return std::nullopt;
  }
  return node.text;
}

std::optional<Template> read_template(Context& context, const Node& node) {
  const auto text = read_text(context, node);
  if (!text) return std::nullopt;
  auto parsed = Template::parse(*text);
  if (parsed) return std::move(parsed).value();
  Place place = node.place;
  const bool in_place = !node.substituted;  // a quotation mark moves it by one
  if (in_place) {
    place.column += static_cast<std::uint32_t>(parsed.error().offset + (node.quoted ? 1 : 0));
  }
  context.error(place, ErrorCode::bad_template, parsed.error().message);
  context.problems.doubt(node.place);
  return std::nullopt;
}

std::optional<bool> read_boolean(Context& context, const Node& node) {
  if (!is_scalar(context, node, "true or false")) return std::nullopt;
  const bool bare = !node.quoted || node.substituted;
  if (bare && node.text == "true") return true;
  if (bare && node.text == "false") return false;
  if (bare && (one_of(node.text, kFalseFriends) || one_of(node.text, kTruth))) {
    constexpr std::array<std::string_view, 3> kYes{"yes", "on", "true"};
    context.error(node.place, ErrorCode::boolean_spelling,
                  fmt::format("\"{}\" is no boolean here; write {}", node.text,
                              one_of(node.text, kYes) ? "true" : "false"));
    return std::nullopt;
  }
  context.error(node.place, ErrorCode::wrong_kind,
                fmt::format("true or false is needed here, not {}{}", shown(node.text),
                            node.quoted ? " in quotes" : ""));
  return std::nullopt;
}

std::optional<std::uint64_t> read_whole(Context& context, const Node& node, std::uint64_t low,
                                        std::uint64_t high) {
  if (!is_scalar(context, node, "a whole number")) return std::nullopt;
  if (node.quoted && !node.substituted) {
    context.error(node.place, ErrorCode::wrong_kind,
                  "a whole number is needed here, not a text; leave out the quotes");
    return std::nullopt;
  }
  const auto value = parse_whole(node.text);
  if (!value) {
    context.error(node, value.error());
    return std::nullopt;
  }
  if (*value < low || *value > high) {
    context.error(node.place, ErrorCode::out_of_range,
                  fmt::format("{} is not between {} and {}", *value, low, high));
    return std::nullopt;
  }
  return *value;
}

std::optional<double> read_number(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a number")) return std::nullopt;
  double value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  if (error != std::errc{} || stop != end || !(value >= 0 && value < 1e9)) {
    context.error(node.place, ErrorCode::wrong_kind,
                  fmt::format("a number is needed here, not {}", shown(node.text)));
    return std::nullopt;
  }
  return value;
}

std::optional<double> read_share(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a share such as 10%")) return std::nullopt;
  const auto value = parse_share(node.text);
  if (value) return *value;
  context.error(node, value.error());
  return std::nullopt;
}

std::optional<double> read_rate(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a rate such as 20/s")) return std::nullopt;
  const auto value = parse_rate(node.text);
  if (value) return *value;
  context.error(node, value.error());
  return std::nullopt;
}

std::optional<std::uint64_t> read_bytes(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a size such as 64KiB")) return std::nullopt;
  const auto value = parse_bytes(node.text);
  if (value) return *value;
  context.error(node, value.error());
  return std::nullopt;
}

std::optional<std::uint64_t> read_byte_rate(Context& context, const Node& node) {
  if (!is_scalar(context, node, "bytes per second such as 64KiB/s")) return std::nullopt;
  const auto value = parse_byte_rate(node.text);
  if (value) return *value;
  context.error(node, value.error());
  return std::nullopt;
}

std::optional<Duration> read_duration(Context& context, const Node& node) {
  if (!is_scalar(context, node, "a duration such as 10s")) return std::nullopt;
  const auto value = parse_duration(node.text);
  if (value) return *value;
  context.error(node, value.error());
  return std::nullopt;
}

std::optional<Distribution> read_distribution(Context& context, const Node& node) {
  if (node.kind == NodeKind::scalar) {
    const auto value = read_duration(context, node);
    if (!value) return std::nullopt;
    return Constant{*value};
  }
  constexpr std::array<std::string_view, 3> kNames{"uniform", "exponential", "lognormal"};
  if (node.kind != NodeKind::map || node.entries.size() != 1) {
    context.error(node.place, ErrorCode::bad_distribution,
                  "a duration or a distribution is needed here, as in {uniform: [2s, 10s]}");
    return std::nullopt;
  }
  const Entry& entry = node.entries.front();
  if (entry.key == "uniform") return read_uniform(context, entry.value);
  if (entry.key == "lognormal") return read_lognormal(context, entry.value);
  if (entry.key == "exponential") {
    const auto mean = read_duration(context, entry.value);
    if (!mean) return std::nullopt;
    return Exponential{*mean};
  }
  const std::string meant = suggestion(entry.key, kNames);
  context.error(entry.place, ErrorCode::bad_distribution,
                fmt::format("unknown distribution \"{}\"{}", entry.key,
                            meant.empty() ? "; one of uniform, exponential, lognormal" : meant));
  return std::nullopt;
}

std::optional<std::size_t> read_word(Context& context, const Node& node, const Key& key) {
  const auto words = split_words(key.words);
  const std::string choice = fmt::format("{}", fmt::join(words, ", "));
  if (!is_scalar(context, node, "one of " + choice)) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const auto later = split_words(key.later);
  if (std::find(later.begin(), later.end(), node.text) != later.end()) {
    context.error(node.place, ErrorCode::not_supported,
                  fmt::format("\"{}\" is not supported by this version", node.text));
    return std::nullopt;
  }
  const std::string meant = suggestion(node.text, words);
  context.error(node.place, ErrorCode::unknown_word,
                fmt::format("unknown word {}{}", shown(node.text),
                            meant.empty() ? "; one of " + choice : meant));
  return std::nullopt;
}

bool is_word(const Node* node, std::string_view word) {
  return node != nullptr && node->kind == NodeKind::scalar && node->text == word;
}

}  // namespace probate::yaml
