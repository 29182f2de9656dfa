// Ids that cannot be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace probate {

template <typename Tag, typename Rep = std::uint32_t>
struct Id {
  Rep value = 0;

  constexpr auto operator<=>(const Id&) const = default;
  constexpr std::size_t index() const { return value; }
};

// 0-based position in the fleet: groups one after another, in the file's order.
using DeviceId = Id<struct DeviceTag>;
// One accepted or attempted TCP connection of a device or a twin; unique in a run, from 1.
using ConnectionId = Id<struct ConnectionTag, std::uint64_t>;
using GroupId = Id<struct GroupTag, std::uint16_t>;
using FaultId = Id<struct FaultTag, std::uint16_t>;
using PhaseId = Id<struct PhaseTag, std::uint16_t>;

inline constexpr DeviceId kNoDevice{0xffffffff};
inline constexpr ConnectionId kNoConnection{0};
inline constexpr FaultId kNoFault{0xffff};

// A device's attempt to connect, from 1 in every run; +1 per CONNECT attempt. 0 = none.
using Epoch = std::uint32_t;

}  // namespace probate

template <typename Tag, typename Rep>
struct std::hash<probate::Id<Tag, Rep>> {
  std::size_t operator()(probate::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
