#include "sim/virtual/huge_heap.hpp"

#include <cstddef>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>
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

}  // namespace
}  // namespace probate::virtual_time
