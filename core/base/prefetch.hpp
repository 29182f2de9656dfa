// Memory that will be read soon, brought into the caches while something else is computed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace probate {

// What a structure that lies in several places can be asked to fetch: first where its parts are,
// then, called again a little later, the parts, and at last what is found by way of those.
enum class Fetch : std::uint8_t { places, parts, rest };

// Reads nothing, so `what` may be any address.
inline void prefetch_bytes(const void* what, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const char* at = static_cast<const char*>(what);
  for (std::size_t byte = 0; byte < bytes; byte += kLine) __builtin_prefetch(at + byte);
}

template <typename T>
void prefetch_one(const T& what) {
  prefetch_bytes(&what, sizeof(T));
}

}  // namespace probate
