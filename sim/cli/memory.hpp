// How much memory a run may take.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace probate::cli {

// What this process can still have without anybody being killed: the least of what the machine has
// available, what its control groups and `ulimit -v` leave it. The largest number if nothing says.
std::uint64_t available_memory();

// What this process holds now; 0 if the kernel does not say.
std::uint64_t resident_memory();

// The parts, from the texts of the kernel. Nothing: there is no such limit.
//   /proc/meminfo
std::optional<std::uint64_t> available_of_meminfo(std::string_view text);
//   memory.max and memory.current of a control group, and its memory.stat: pages of files that can
//   be given back do not count.
struct ControlGroup {
  std::string_view max;
  std::string_view current;
  std::string_view stat;
};
std::optional<std::uint64_t> available_of(const ControlGroup& group);

}  // namespace probate::cli
