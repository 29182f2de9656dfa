#include "sim/virtual/huge_heap.hpp"

#include <cstddef>
#include <cstdlib>
#include <mutex>

#include <sys/mman.h>

// Sanitizers have a heap of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PROBATE_HAS_GLIBC_HEAP
#include <malloc.h>
#endif

namespace probate::virtual_time {
namespace {

// As much of the heap as will be used, roughly: beyond it pages are small, and what of it is not
// used is not taken. A fleet of a hundred thousand uses 1.4 KiB of it each, one of a million 1.0.
constexpr std::size_t kBytesPerDevice = 1'536;
constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;

}  // namespace

#ifdef PROBATE_HAS_GLIBC_HEAP

namespace {

// Those that live, of all threads.
std::mutex huge_heaps_mutex;
std::size_t huge_heaps = 0;

void begin_huge_heap() {
  const std::lock_guard lock{huge_heaps_mutex};
  if (huge_heaps++ > 0) return;
  // Everything from one heap, which keeps what is freed.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

void end_huge_heap() {
  const std::lock_guard lock{huge_heaps_mutex};
  if (--huge_heaps > 0) return;
  constexpr int kMmapMaxDefault = 65'536;
  constexpr int kTrimThresholdDefault = 128 * 1024;
  mallopt(M_MMAP_MAX, kMmapMaxDefault);
  mallopt(M_TRIM_THRESHOLD, kTrimThresholdDefault);
  malloc_trim(0);
}

}  // namespace

HugeHeap::HugeHeap(std::uint32_t devices) {
  if (devices < kDevicesMin) return;
  is_on_ = true;
  begin_huge_heap();
  const std::size_t bytes = devices * kBytesPerDevice;
  void* block = std::malloc(bytes);
  if (block == nullptr) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + kHugePage - 1) & ~(kHugePage - 1);
  const std::uintptr_t last = (begin + bytes) & ~(kHugePage - 1);
  if (first < last) {
    madvise(static_cast<char*>(block) + (first - begin), last - first, MADV_HUGEPAGE);
  }
  std::free(block);
}

HugeHeap::~HugeHeap() {
  if (is_on_) end_huge_heap();
}

#else

HugeHeap::HugeHeap(std::uint32_t) {}
HugeHeap::~HugeHeap() = default;

#endif

}  // namespace probate::virtual_time
