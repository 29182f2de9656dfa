#include "sim/live/page_memory.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace probate::live {
namespace {

// How much of the process's memory is in place.
std::size_t resident_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "RssAnon:" && status >> kib) return kib;
  }
  ADD_FAILURE() << "no RssAnon";
  return 0;
}

TEST(PageAllocator, gives_large_pieces_back_to_the_system_though_others_lie_behind_them) {
  using Piece = std::vector<char, PageAllocator<char>>;
  // About as large as a block of the queue; from 128 KiB on glibc would do it by itself.
  constexpr std::size_t kBytes = 32 * 1024;
  constexpr std::size_t kPieces = 1'024;
  std::vector<Piece> pieces;
  std::vector<std::string> behind;
  pieces.reserve(kPieces);
  behind.reserve(kPieces);
  const std::size_t before = resident_kib();
  for (std::size_t i = 0; i < kPieces; ++i) {
    pieces.emplace_back(kBytes, 'x');
    behind.emplace_back(100, 'x');
  }
  EXPECT_GT(resident_kib(), before + kPieces * kBytes / 1024 / 2);
  pieces.clear();
  EXPECT_LT(resident_kib(), before + 1024);
}

TEST(PageAllocator, grows_from_the_heap_into_pages) {
  std::vector<std::uint32_t, PageAllocator<std::uint32_t>> numbers;
  for (std::uint32_t i = 0; i < 100'000; ++i) numbers.push_back(i);
  numbers.resize(1'000);
  numbers.shrink_to_fit();
  for (std::uint32_t i = 0; i < 1'000; ++i) ASSERT_EQ(numbers[i], i);
}

}  // namespace
}  // namespace probate::live
