// A hash table of 32-bit values whose keys live elsewhere: 8 bytes per place.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/prefetch.hpp"

namespace probate {

// 32-bit FNV-1a: a text's hash goes on character by character.
constexpr std::uint32_t hash_after(std::uint32_t hash, char c) {
  return (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
}
std::uint32_t hash_of(std::string_view text);
std::uint32_t hash_of(std::uint64_t number);

// Open addressing with linear probing, at most four fifths full; it grows by half, and a large one
// by a quarter, so that a table of any size wastes little. The caller tells by a predicate which
// value it means, as several keys may have one hash.
//
// Determinism: nothing iterates it.
class HashIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // The value of that hash for which `is_it(value)` is true, or kNone.
  template <typename Predicate>
  std::uint32_t find(std::uint32_t hash, Predicate is_it) const {
    if (places_.empty()) return kNone;
    for (std::size_t at = home_of(hash); places_[at].value != kNone; at = after(at)) {
      if (places_[at].hash == hash && is_it(places_[at].value)) return places_[at].value;
    }
    return kNone;
  }
  // The first value of that hash, which is most likely the one that is meant, or kNone: for who
  // will fetch what find() would have to read.
  std::uint32_t guess(std::uint32_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }
  void prefetch(std::uint32_t hash) const {
    if (!places_.empty()) prefetch_one(places_[home_of(hash)]);
  }
  // Requires: the value is not there yet, and is not kNone.
  void insert(std::uint32_t hash, std::uint32_t value);
  // Requires: it is there.
  void erase(std::uint32_t hash, std::uint32_t value);
  void replace(std::uint32_t hash, std::uint32_t value, std::uint32_t by);
  void clear();
  // Room for so many; until there are more, values of one hash are found in the order in which they
  // came. Requires: it is empty.
  void reserve(std::size_t count);
  std::size_t size() const { return size_; }

 private:
  struct Place {
    std::uint32_t hash = 0;
    std::uint32_t value = kNone;
  };
  // The upper bits of a product spread evenly over any number of places.
  std::size_t home_of(std::uint32_t hash) const {
    return static_cast<std::size_t>((std::uint64_t{hash * 0x9e3779b1} * places_.size()) >> 32);
  }
  std::size_t after(std::size_t at) const { return at + 1 == places_.size() ? 0 : at + 1; }
  // How many places on, round the end.
  std::size_t distance(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + places_.size() - from;
  }
  void resize(std::size_t places);
  std::size_t place_of(std::uint32_t hash, std::uint32_t value) const;
  void put(Place place);

  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace probate
