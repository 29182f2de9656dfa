// What the kernel's machine for socket filters makes of a segment, for the instructions that we
// use.
#pragma once

#include <cstdint>
#include <span>

#include <gtest/gtest.h>
#include <linux/filter.h>

#include "core/base/bytes.hpp"

namespace probate::proxy::test {

struct Arriving {
  Bytes segment{};           // TCP header and payload
  Bytes network{};           // the header in front of it
  std::uint32_t random = 0;  // what the kernel draws
};

inline std::uint32_t loaded(const Arriving& arriving, std::uint32_t at, std::size_t bytes) {
  if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)) return arriving.random;
  const bool is_network = at >= static_cast<std::uint32_t>(SKF_NET_OFF);
  const Bytes& from = is_network ? arriving.network : arriving.segment;
  if (is_network) at -= static_cast<std::uint32_t>(SKF_NET_OFF);
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + bytes; ++i) value = value << 8 | from.at(i);
  return value;
}

// Whether it gets through. A program that the kernel would not take, or that does not end, fails.
inline bool passes(std::span<const sock_filter> program, const Arriving& arriving) {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& op = program[at];
    const auto jump = [&](bool holds) { at += holds ? op.jt : op.jf; };
    switch (op.code) {
      case BPF_LD | BPF_B | BPF_ABS:
        a = loaded(arriving, op.k, 1);
        break;
      case BPF_LD | BPF_W | BPF_ABS:
        a = loaded(arriving, op.k, 4);
        break;
      case BPF_LD | BPF_W | BPF_LEN:
        a = static_cast<std::uint32_t>(arriving.segment.size());
        break;
      case BPF_LD | BPF_IMM:
        a = op.k;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        a >>= op.k;
        break;
      case BPF_ALU | BPF_RSH | BPF_X:
        a >>= x;
        break;
      case BPF_ALU | BPF_LSH | BPF_K:
        a <<= op.k;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= op.k;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_JMP | BPF_JA:
        at += op.k;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        jump((a & op.k) != 0);
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(a == op.k);
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        jump(a >= op.k);
        break;
      case BPF_JMP | BPF_JEQ | BPF_X:
        jump(a == x);
        break;
      case BPF_RET | BPF_K:
        return op.k != 0;
      default:
        ADD_FAILURE() << "an instruction that this test does not know: " << op.code;
        return false;
    }
  }
  ADD_FAILURE() << "it does not end";
  return false;
}

}  // namespace probate::proxy::test
