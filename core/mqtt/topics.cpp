#include "core/mqtt/topics.hpp"

#include "core/mqtt/packets.hpp"

namespace probate::mqtt {
namespace {

constexpr std::string_view kSharePrefix = "$share/";

bool begins_with_wildcard(std::string_view filter) {
  return filter.starts_with('+') || filter.starts_with('#');
}

bool has_topic_size(std::string_view text) {
  return !text.empty() && text.size() <= kStringBytesMax;
}

}  // namespace

bool is_topic_name(std::string_view topic) {
  return has_topic_size(topic) && topic.find('\0') == std::string_view::npos &&
         !find_wildcard(topic);
}

bool is_topic_filter(std::string_view filter) {
  return has_topic_size(filter) && filter.find('\0') == std::string_view::npos &&
         !find_misplaced_wildcard(filter);
}

std::optional<std::size_t> find_wildcard(std::string_view topic) {
  // Not find_first_of(): libstdc++ calls memchr for every character, which was half the time of
  // decoding a small PUBLISH.
  for (std::size_t at = 0; at < topic.size(); ++at) {
    if (topic[at] == '+' || topic[at] == '#') return at;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_misplaced_wildcard(std::string_view filter) {
  for (std::size_t at = 0; at < filter.size(); ++at) {
    const char c = filter[at];
    if (c != '+' && c != '#') continue;
    const bool last = at + 1 == filter.size();
    const bool begins_level = at == 0 || filter[at - 1] == '/';
    const bool ends_level = last || (c == '+' && filter[at + 1] == '/');
    if (!begins_level || !ends_level) return at;
  }
  return std::nullopt;
}

bool is_shared(std::string_view filter) { return filter.starts_with(kSharePrefix); }

std::optional<SharedFilter> split_shared(std::string_view filter) {
  if (!is_shared(filter)) return std::nullopt;
  filter.remove_prefix(kSharePrefix.size());
  const std::size_t slash = filter.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const SharedFilter shared{.name = filter.substr(0, slash), .filter = filter.substr(slash + 1)};
  if (shared.name.empty() || shared.filter.empty()) return std::nullopt;
  if (shared.name.find_first_of("+#") != std::string_view::npos) return std::nullopt;
  return shared;
}

std::string_view matched_part(std::string_view filter) {
  const auto shared = split_shared(filter);
  return shared ? shared->filter : filter;
}

// Character by character, as levels are short: a broker does little else for a small message.
bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && begins_with_wildcard(filter)) return false;
  const auto ends_level = [](std::string_view text, std::size_t at) {
    return at == text.size() || text[at] == '/';
  };
  bool given = true;  // the topic has a level that begins at t
  for (std::size_t f = 0, t = 0;; ++f) {
    const bool is_wildcard = f < filter.size() && ends_level(filter, f + 1);
    if (is_wildcard && filter[f] == '#') return true;  // Its parent level too.
    if (!given) return false;
    if (is_wildcard && filter[f] == '+') {
      ++f;
      while (!ends_level(topic, t)) ++t;
    } else {
      while (!ends_level(filter, f) && t < topic.size() && filter[f] == topic[t]) {
        ++f;
        ++t;
      }
      if (!ends_level(filter, f) || !ends_level(topic, t)) return false;
    }
    given = t < topic.size();
    if (given) ++t;
    if (f == filter.size()) return !given;
  }
}

}  // namespace probate::mqtt
