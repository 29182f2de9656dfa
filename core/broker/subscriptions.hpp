// Who subscribed to what, found without walking everything.
#pragma once

#include <array>
#include <cstddef>
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
  // How often it was changed: what candidates() said stays true as long as this says the same.
  std::uint64_t changes() const { return changes_; }

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

  // Counts keys by their length and last character: for most parts of a topic that tells that no
  // key is like it, without reading the part.
  class Kinds {
   public:
    void add(std::string_view key) {
      ++counts_[place_of(key)];
      set(place_of(key), true);
    }
    void remove(std::string_view key) {
      if (--counts_[place_of(key)] == 0) set(place_of(key), false);
    }
    bool has(std::string_view part) const {
      const std::size_t place = place_of(part);
      return (any_[place / kBits] >> (place % kBits) & 1U) != 0;
    }

   private:
    static constexpr std::size_t kBits = 64;
    static constexpr std::size_t kPlaces = 4 * kBits;
    static std::size_t place_of(std::string_view key) {
      const auto last = key.empty() ? std::size_t{0} : static_cast<unsigned char>(key.back());
      return (key.size() * 37 + last) % kPlaces;
    }
    void set(std::size_t place, bool is_there) {
      const std::uint64_t bit = std::uint64_t{1} << (place % kBits);
      any_[place / kBits] = is_there ? any_[place / kBits] | bit : any_[place / kBits] & ~bit;
    }

    std::array<std::uint32_t, kPlaces> counts_{};
    std::array<std::uint64_t, kPlaces / kBits> any_{};
  };

  // True if it added any.
  bool collect(std::uint32_t hash, std::vector<std::uint32_t>& out) const;

  HashIndex index_;  // a slot, or kGroup | number of a group
  Kinds kinds_;
  std::uint64_t changes_ = 0;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_;
};

}  // namespace probate::broker
