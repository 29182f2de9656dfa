// Memory for one outstanding asynchronous operation, so that waiting again does not allocate.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace probate::proxy {

// Asio frees an operation's memory before it calls the handler, so a handler that starts the same
// wait again finds its place free.
// Limits: one block of kBytes; anything more comes from the heap.
class HandlerMemory {
 public:
  static constexpr std::size_t kBytes = 112;

  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t bytes) {
    if (used_ || bytes > kBytes) return ::operator new(bytes);
    used_ = true;
    return block_.data();
  }
  void deallocate(void* place) {
    if (place == block_.data()) {
      used_ = false;
    } else {
      ::operator delete(place);
    }
  }

 private:
  alignas(std::max_align_t) std::array<std::byte, kBytes> block_;
  bool used_ = false;
};

// What Asio asks a handler for (its associated allocator).
template <typename T>
class HandlerAllocator {
 public:
  using value_type = T;

  explicit HandlerAllocator(HandlerMemory& memory) : memory_{&memory} {}
  template <typename U>
  HandlerAllocator(const HandlerAllocator<U>& other) : memory_{other.memory_} {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(sizeof(T) * count)); }
  void deallocate(T* place, std::size_t) { memory_->deallocate(place); }

  template <typename U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory_ == other.memory_;
  }

 private:
  template <typename>
  friend class HandlerAllocator;
  HandlerMemory* memory_;
};

// A handler that brings its memory along.
template <typename Handler>
struct WithMemory {
  using allocator_type = HandlerAllocator<void>;
  allocator_type get_allocator() const { return allocator_type{*memory}; }

  template <typename... Args>
  void operator()(Args&&... args) {
    handler(static_cast<Args&&>(args)...);
  }

  HandlerMemory* memory;
  Handler handler;
};
template <typename Handler>
WithMemory(HandlerMemory*, Handler) -> WithMemory<Handler>;

}  // namespace probate::proxy
