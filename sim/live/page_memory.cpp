#include "sim/live/page_memory.hpp"

#include <sys/mman.h>

namespace probate::live {

void* take_pages(std::size_t bytes) {
  void* const first =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (first == MAP_FAILED) throw std::bad_alloc{};
  return first;
}

void give_back_pages(void* first, std::size_t bytes) { ::munmap(first, bytes); }

}  // namespace probate::live
