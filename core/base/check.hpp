// CHECK: a condition that only a bug of ours can break. Always on.
#pragma once

namespace probate {

// Prints condition, place and the run's context (set_check_context), then aborts: exit code 1 is
// given by the crash handler of sim/cli.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

// One line that every later failure prints: the command that repeats the run. Keeps the pointer.
// Requires: `text` outlives the process's use of CHECK. Threads: set it before starting any.
void set_check_context(const char* text);

}  // namespace probate

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::probate::check_failed(#condition, __FILE__, __LINE__))
