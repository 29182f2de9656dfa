#include "core/mqtt/topics.hpp"

#include <algorithm>

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

// The first `+` or `#` that is a level by itself; others are characters like any other.
std::size_t find_whole_wildcard(std::string_view filter) {
  for (std::size_t at = 0; at < filter.size(); ++at) {
    if (filter[at] != '+' && filter[at] != '#') continue;
    const bool begins_level = at == 0 || filter[at - 1] == '/';
    const bool ends_level = at + 1 == filter.size() || filter[at + 1] == '/';
    if (begins_level && ends_level) return at;
  }
  return std::string_view::npos;
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
  // decoding a small PUBLISH. Hardly any topic has one.
  const std::size_t first = std::min(topic.find('+'), topic.find('#'));
  if (first == std::string_view::npos) return std::nullopt;
  return first;
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

// Text by text between the wildcards: a broker does little else for a small message.
bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && begins_with_wildcard(filter)) return false;
  if (differ_at_an_end(filter, topic)) return false;
  for (;;) {
    const std::size_t at = find_whole_wildcard(filter);
    if (at == std::string_view::npos) return filter == topic;
    const std::string_view before = filter.substr(0, at);
    if (!topic.starts_with(before)) {
      // `#` stands for the level before it, too.
      return filter[at] == '#' && at > 0 && topic == before.substr(0, at - 1);
    }
    if (filter[at] == '#') return true;
    topic.remove_prefix(std::min(topic.find('/', at), topic.size()));
    filter.remove_prefix(at + 1);
    // Both begin with a slash now, or are at their ends.
    if (filter.empty() || topic.empty()) return topic.empty() && (filter.empty() || filter == "/#");
  }
}

}  // namespace probate::mqtt
