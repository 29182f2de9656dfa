#include "sim/virtual/huge_heap.hpp"

#include <cstddef>
#include <fstream>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

namespace probate::virtual_time {
namespace {

std::size_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(HugeHeap, takes_no_memory_for_what_is_not_used) {
  const std::size_t before = resident_bytes();
  const HugeHeap heap{1'000'000};
  EXPECT_LT(resident_bytes(), before + (std::size_t{16} << 20));
}

#ifndef __SANITIZE_ADDRESS__  // which keeps what is freed
TEST(HugeHeap, gives_back_what_was_used_when_it_ends) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::size_t before = resident_bytes();
  {
    const HugeHeap heap{1'000'000};
    const std::vector<char> used(kBytes, 'x');
    EXPECT_GT(resident_bytes(), before + kBytes / 2);
  }
  EXPECT_LT(resident_bytes(), before + kBytes / 2);
}
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Blocks that have a mapping of their own, and so small pages.
std::size_t mapped_blocks() { return mallinfo2().hblks; }

TEST(HugeHeap, stays_until_the_last_of_several_ends) {
  auto first = std::make_unique<HugeHeap>(1'000'000);
  auto second = std::make_unique<HugeHeap>(1'000'000);
  first.reset();
  const std::size_t before = mapped_blocks();
  const std::vector<char> amid(std::size_t{64} << 20);
  EXPECT_EQ(mapped_blocks(), before);
  second.reset();
  const std::vector<char> after(std::size_t{64} << 20);
  EXPECT_EQ(mapped_blocks(), before + 1) << "the settings were not taken back";
}
#endif

}  // namespace
}  // namespace probate::virtual_time
