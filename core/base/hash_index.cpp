#include "core/base/hash_index.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace probate {
namespace {

constexpr std::size_t kPlacesMin = 16;
constexpr std::size_t kLarge = 65'536;

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
  if ((size_ + 1) * 5 > places_.size() * 4) {
    const std::size_t more = places_.size() / (places_.size() < kLarge ? 2 : 4);
    resize(std::max(kPlacesMin, places_.size() + more));
  }
  put({hash, value});
  ++size_;
}

void HashIndex::put(Place place) {
  std::size_t at = home_of(place.hash);
  while (places_[at].value != kNone) at = after(at);
  places_[at] = place;
}

void HashIndex::resize(std::size_t places) {
  CHECK(places <= 0xffffffff);
  std::vector<Place> old(places);
  old.swap(places_);
  for (const Place& place : old) {
    if (place.value != kNone) put(place);
  }
}

std::size_t HashIndex::place_of(std::uint32_t hash, std::uint32_t value) const {
  CHECK(!places_.empty());
  std::size_t at = home_of(hash);
  while (places_[at].hash != hash || places_[at].value != value) {
    CHECK(places_[at].value != kNone);
    at = after(at);
  }
  return at;
}

void HashIndex::erase(std::uint32_t hash, std::uint32_t value) {
  std::size_t hole = place_of(hash, value);
  --size_;
  // What stands behind the hole and could not have its own place moves up.
  for (std::size_t at = after(hole); places_[at].value != kNone; at = after(at)) {
    if (distance(home_of(places_[at].hash), at) < distance(hole, at)) continue;
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
  places_.assign(std::max(kPlacesMin, count * 5 / 4 + 1), Place{});
}

void HashIndex::clear() {
  places_.clear();
  size_ = 0;
}

}  // namespace probate
