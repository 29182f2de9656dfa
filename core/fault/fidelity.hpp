// How real a silence is.
#pragma once

#include <cstdint>

namespace probate::fault {

// stream: nothing passes, but the proxy's kernel goes on acknowledging. segment: what the peer
// sends is dropped before the proxy's TCP sees it, so its own TCP notices.
enum class Fidelity : std::uint8_t { stream, segment };

// As the journal and the scenario say it.
constexpr const char* to_text(Fidelity fidelity) {
  return fidelity == Fidelity::segment ? "segment" : "stream";
}

}  // namespace probate::fault
