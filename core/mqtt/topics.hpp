// Topic names, topic filters and how they match. 3.1.1 and 5.0, §4.7.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace probate::mqtt {

// True if a PUBLISH may carry it: not empty, no wildcard, no NUL, at most 65,535 bytes.
bool is_topic_name(std::string_view topic);
// True if SUBSCRIBE may carry it: `+` alone in a level, `#` alone in the last level.
bool is_topic_filter(std::string_view filter);

// Where the first `+` or `#` stands, if any: what no topic name may contain. [MQTT-4.7.1-1]
std::optional<std::size_t> find_wildcard(std::string_view topic);

// Where the filter's first `+` or `#` stands that may not stand there, if any. [MQTT-4.7.1-2]
std::optional<std::size_t> find_misplaced_wildcard(std::string_view filter);

// 5.0's shared subscription, `$share/<name>/<filter>`. [MQTT5-4.8.2-1]
struct SharedFilter {
  std::string_view name;
  std::string_view filter;
};

// True if the filter begins with `$share/`: in 5.0 it is then a shared subscription or malformed.
bool is_shared(std::string_view filter);
// Its two parts, or nothing if it is not well formed. Valid while `filter` is.
std::optional<SharedFilter> split_shared(std::string_view filter);

// What is compared with topics: of a shared subscription the filter, of others they themselves.
std::string_view matched_part(std::string_view filter);

// The filter has no wildcard at one of its ends, and another character than the topic: then it does
// not match, which matches() would find as well.
inline bool differ_at_an_end(std::string_view filter, std::string_view topic) {
  if (filter.empty() || topic.empty()) return false;
  const auto differ = [](char wanted, char given) {
    return wanted != given && wanted != '+' && wanted != '#';
  };
  return differ(filter.front(), topic.front()) || differ(filter.back(), topic.back());
}

// Requires: is_topic_filter(filter). A filter that begins with a wildcard does not match a topic
// that begins with `$`. [MQTT-4.7.2-1]
bool matches(std::string_view filter, std::string_view topic);

}  // namespace probate::mqtt
