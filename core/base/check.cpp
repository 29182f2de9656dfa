#include "core/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace probate {
namespace {
const char* g_context = "";
}

void set_check_context(const char* text) { g_context = text; }

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "probate: internal error: CHECK(%s) failed at %s:%d\n%s%s", condition, file,
               line, g_context, *g_context != '\0' ? "\n" : "");
  std::fflush(stderr);
  std::abort();
}

}  // namespace probate
