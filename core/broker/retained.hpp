// Retained messages.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/hash_index.hpp"
#include "core/broker/actions.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {

// Determinism: visits in the order in which the topics were first retained (a place that became
// free is taken again).
// Limits: a filter with a wildcard is held against every retained message.
class Retained {
 public:
  // An empty payload clears. [MQTT-3.3.1-10] [MQTT-3.3.1-11]
  void put(const MessageRef& message);
  std::size_t size() const { return index_.size(); }
  void clear();

  template <typename Visit>
  void for_each(std::string_view filter, Visit visit) const {
    if (!mqtt::find_wildcard(filter)) {
      const std::uint32_t found = find(filter);
      if (found != HashIndex::kNone) visit(messages_[found]);
      return;
    }
    for (const MessageRef& message : messages_) {
      if (message != nullptr && mqtt::matches(filter, message->topic)) visit(message);
    }
  }

 private:
  std::uint32_t find(std::string_view topic) const;

  std::vector<MessageRef> messages_;
  std::vector<std::uint32_t> free_;
  HashIndex index_;
};

}  // namespace probate::broker
