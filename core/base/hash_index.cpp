#include "core/base/hash_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.hpp"

namespace probate {
namespace {

constexpr std::size_t kPlacesMin = 16;

}  // namespace

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : text) hash = hash_after(hash, c);
  return hash;
}

std::uint32_t hash_of(std::uint64_t number) {
  number *= 0x9e3779b97f4a7c15;
  return static_cast<std::uint32_t>(number >> 32);
}

void HashIndex::insert(std::uint32_t hash, std::uint32_t value) {
  CHECK(value != kNone);
  if ((size_ + 1) * 4 > places_.size() * 3) grow();
  put({hash, value});
  ++size_;
}

void HashIndex::put(Place place) {
  std::size_t at = place.hash & mask();
  while (places_[at].value != kNone) at = (at + 1) & mask();
  places_[at] = place;
}

void HashIndex::grow() {
  std::vector<Place> old(places_.empty() ? kPlacesMin : places_.size() * 2);
  old.swap(places_);
  for (const Place& place : old) {
    if (place.value != kNone) put(place);
  }
}

std::size_t HashIndex::place_of(std::uint32_t hash, std::uint32_t value) const {
  CHECK(!places_.empty());
  std::size_t at = hash & mask();
  while (places_[at].hash != hash || places_[at].value != value) {
    CHECK(places_[at].value != kNone);
    at = (at + 1) & mask();
  }
  return at;
}

void HashIndex::erase(std::uint32_t hash, std::uint32_t value) {
  std::size_t hole = place_of(hash, value);
  --size_;
  // What stands behind the hole and could not have its own place moves up.
  for (std::size_t at = (hole + 1) & mask(); places_[at].value != kNone; at = (at + 1) & mask()) {
    const std::size_t home = places_[at].hash & mask();
    if (((at - home) & mask()) < ((at - hole) & mask())) continue;
    places_[hole] = places_[at];
    hole = at;
  }
  places_[hole] = Place{};
}

void HashIndex::replace(std::uint32_t hash, std::uint32_t value, std::uint32_t by) {
  CHECK(by != kNone);
  places_[place_of(hash, value)].value = by;
}

void HashIndex::reserve(std::size_t count) {
  CHECK(size_ == 0);
  places_.assign(std::bit_ceil(std::max(kPlacesMin, count * 4 / 3 + 1)), Place{});
}

void HashIndex::clear() {
  places_.clear();
  size_ = 0;
}

}  // namespace probate
