// Large pages under the memory of a large fleet.
#pragma once

#include <cstdint>

namespace probate::virtual_time {

// While one lives, the heap of the main thread lies in pages of 2 MiB, as far as the kernel has any
// (transparent_hugepage "madvise" or "always"). A million devices are spread over a gigabyte that
// is read in no order: with small pages most reads first miss the table of pages.
//
// Nothing depends on it but speed: where the kernel or the C library does not take part, it does
// nothing. Memory that is not used is not taken, apart from the rest of the last large page.
// Threads: any, and any number at once: the settings are the process's, and the last one to end
// takes them back.
class HugeHeap {
 public:
  // Smaller fleets fit the caches.
  static constexpr std::uint32_t kDevicesMin = 20'000;

  explicit HugeHeap(std::uint32_t devices);
  ~HugeHeap();
  HugeHeap(const HugeHeap&) = delete;
  HugeHeap& operator=(const HugeHeap&) = delete;

 private:
  bool is_on_ = false;
};

}  // namespace probate::virtual_time
