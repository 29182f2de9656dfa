// Which session a connection belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/hash_index.hpp"
#include "core/base/ids.hpp"

namespace probate::broker {

// By the upper half of the id, where the caller has numbered its connections there; by a hash of it
// where that is 0.
//
// The caller checks what find() gives: another connection may have, or have had, that number.
// Memory: 4 bytes for each number up to the highest.
class ConnectionIndex {
 public:
  static constexpr std::uint32_t kNone = HashIndex::kNone;

  template <typename Predicate>
  std::uint32_t find(ConnectionId connection, Predicate is_it) const {
    const std::size_t number = number_of(connection);
    if (number == 0) return by_hash_.find(hash_of(connection.value), is_it);
    const std::uint32_t found = number < by_number_.size() ? by_number_[number] : kNone;
    return found != kNone && is_it(found) ? found : kNone;
  }
  // Requires: it is not there.
  void insert(ConnectionId connection, std::uint32_t slot) {
    const std::size_t number = number_of(connection);
    if (number == 0) return by_hash_.insert(hash_of(connection.value), slot);
    if (number >= by_number_.size()) by_number_.resize(number + 1, kNone);
    by_number_[number] = slot;
  }
  // Requires: it is there.
  void erase(ConnectionId connection, std::uint32_t slot) {
    const std::size_t number = number_of(connection);
    if (number == 0) return by_hash_.erase(hash_of(connection.value), slot);
    by_number_[number] = kNone;
  }
  void prefetch(ConnectionId connection) const {
    const std::size_t number = number_of(connection);
    if (number == 0) return by_hash_.prefetch(hash_of(connection.value));
    if (number < by_number_.size()) prefetch_one(by_number_[number]);
  }

 private:
  static std::size_t number_of(ConnectionId connection) {
    return static_cast<std::size_t>(connection.value >> 32);
  }

  HashIndex by_hash_;
  std::vector<std::uint32_t> by_number_;
};

}  // namespace probate::broker
