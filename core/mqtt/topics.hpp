// Topic names, topic filters and how they match. [MQTT-4.7]
#pragma once

#include <string_view>

namespace probate::mqtt {

// True if a PUBLISH may carry it: not empty, no wildcard, no NUL, at most 65,535 bytes.
bool is_topic_name(std::string_view topic);
// True if SUBSCRIBE may carry it: `+` alone in a level, `#` alone in the last level.
bool is_topic_filter(std::string_view filter);

// Requires: is_topic_filter(filter). A filter that begins with a wildcard does not match a topic
// that begins with `$`. [MQTT-4.7.2-1]
bool matches(std::string_view filter, std::string_view topic);

// True if some topic is matched by both filters: overlapping subscriptions. Requires: both valid.
bool overlap(std::string_view filter, std::string_view other);

}  // namespace probate::mqtt
