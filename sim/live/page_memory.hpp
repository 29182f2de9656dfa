// Memory that the system has back when it is freed, which the heap would keep.
#pragma once

#include <cstddef>
#include <new>

namespace probate::live {

// Whole pages of zeros. Throws std::bad_alloc.
void* take_pages(std::size_t bytes);
// Requires: take_pages() gave them, for as many bytes.
void give_back_pages(void* first, std::size_t bytes);

// For what is large for a moment only, as a backlog is: pages of its own for a large piece, the
// heap for a small one. Pieces of different sizes that come and go would leave holes in the heap,
// and one piece behind them keeps all of it from the system.
// Threads: any.
template <typename T>
class PageAllocator {
 public:
  static constexpr std::size_t kHeapBytesMax = 16 * 1024;
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  using value_type = T;

  PageAllocator() = default;
  template <typename Other>
  explicit PageAllocator(const PageAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes > kHeapBytesMax ? take_pages(bytes) : ::operator new(bytes));
  }
  void deallocate(T* place, std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    bytes > kHeapBytesMax ? give_back_pages(place, bytes) : ::operator delete(place);
  }
  bool operator==(const PageAllocator&) const = default;
};

}  // namespace probate::live
