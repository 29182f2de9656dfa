// Many things of one type that never move.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace probate {

// Grows at its end, by chunks; what is in it keeps its address. Unlike std::deque, whose chunks are
// half a kilobyte, it wastes next to nothing whatever the size of T.
template <typename T>
class Slab {
 public:
  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() { clear(); }

  template <typename... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(Memory{}.allocate(kChunk));
    T* place = &(*this)[size_];
    std::construct_at(place, std::forward<Arguments>(arguments)...);
    ++size_;
    return *place;
  }
  void clear() {
    while (size_ > 0) std::destroy_at(&(*this)[--size_]);
    for (T* chunk : chunks_) Memory{}.deallocate(chunk, kChunk);
    chunks_.clear();
  }

  // Requires: i < size().
  T& operator[](std::size_t i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](std::size_t i) const { return chunks_[i / kChunk][i % kChunk]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  using Memory = std::allocator<T>;
  // A power of two, and about 32 KiB.
  static constexpr std::size_t chunk_of(std::size_t bytes) {
    constexpr std::size_t kBytes = 32'768;
    std::size_t count = 8;
    while (count * 2 * bytes <= kBytes) count *= 2;
    return count;
  }
  static constexpr std::size_t kChunk = chunk_of(sizeof(T));

  std::vector<T*> chunks_;
  std::size_t size_ = 0;
};

}  // namespace probate
