// The words of a socket filter's program, as the kernel's classic BPF has them.
#pragma once

#include <cstdint>

#include <linux/filter.h>

namespace probate::proxy::filter {

inline constexpr std::uint32_t kDrop = 0;
inline constexpr std::uint32_t kPass = 0xffffffff;

// A TCP socket's program sees the TCP header and what is behind it; `at` counts from there.
constexpr sock_filter load_byte(std::uint32_t at) { return {BPF_LD | BPF_B | BPF_ABS, 0, 0, at}; }
constexpr sock_filter load_word(std::uint32_t at) { return {BPF_LD | BPF_W | BPF_ABS, 0, 0, at}; }
constexpr sock_filter load(std::uint32_t value) { return {BPF_LD | BPF_IMM, 0, 0, value}; }
// Of the IP header in front of that.
constexpr std::uint32_t in_network_header(std::uint32_t at) {
  return static_cast<std::uint32_t>(SKF_NET_OFF) + at;
}
// A draw of the kernel's, of 32 bits.
inline constexpr std::uint32_t kRandom = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM);

constexpr sock_filter if_any_of(std::uint32_t bits, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JSET | BPF_K, yes, no, bits};
}
constexpr sock_filter if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, value};
}
constexpr sock_filter if_at_least(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JGE | BPF_K, yes, no, value};
}
constexpr sock_filter skip(std::uint32_t instructions) {
  return {BPF_JMP | BPF_JA, 0, 0, instructions};
}
constexpr sock_filter shift_right(std::uint32_t bits) {
  return {BPF_ALU | BPF_RSH | BPF_K, 0, 0, bits};
}
constexpr sock_filter give(std::uint32_t verdict) { return {BPF_RET | BPF_K, 0, 0, verdict}; }

}  // namespace probate::proxy::filter
