// Who subscribed to what, found without walking everything.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "core/base/hash_index.hpp"

namespace probate::broker {

// An index from the levels of a filter before its first wildcard (all of them, if it has none) to
// the sessions that have such a filter. A topic is looked up once for each of its levels, whatever
// the number of sessions.
//
// It yields candidates: the caller asks the session's own filters whether one matches.
// Limits: filters that begin with a wildcard, or share the levels before it, are all candidates.
class Subscriptions {
 public:
  void add(std::string_view filter, std::uint32_t slot);
  // Requires: it was added. Once for each time that it was added.
  void remove(std::string_view filter, std::uint32_t slot);
  // The sessions that may have a filter for the topic, in the order of their slots, each once.
  void candidates(std::string_view topic, std::vector<std::uint32_t>& out) const;

 private:
  // Several sessions with one key. Big fleets subscribe to one filter: hence a tree. Of a small one
  // there is a list as well, in order, each once.
  struct Group {
    std::multiset<std::uint32_t> all;
    std::vector<std::uint32_t> few;

    void update();
  };
  static constexpr std::size_t kFewMax = 16;
  static constexpr std::uint32_t kGroup = 0x80000000;

  // True if it added any.
  bool collect(std::uint32_t hash, std::vector<std::uint32_t>& out) const;

  HashIndex index_;  // a slot, or kGroup | number of a group
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_;
};

}  // namespace probate::broker
