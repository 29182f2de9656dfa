#include "sim/cli/memory.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace probate::cli {
namespace {

constexpr std::string_view kGroups = "/sys/fs/cgroup";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// The number at the beginning of a text, behind blanks.
std::optional<std::uint64_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return number;
}

// Of the line that begins with that word.
std::optional<std::uint64_t> number_of(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    if (text.starts_with(word)) return number_at(text.substr(word.size()));
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

// Pages: the whole address space, then what is resident.
std::optional<std::uint64_t> statm(bool resident) {
  const std::string text = content_of("/proc/self/statm");
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  const auto pages = number_at(std::string_view{text}.substr(resident ? blank : 0));
  if (!pages) return std::nullopt;
  return *pages * page_bytes();
}

// "0::/user.slice/…" in /proc/self/cgroup: this process's group in the unified hierarchy.
std::string own_group() {
  const std::string text = content_of("/proc/self/cgroup");
  const std::size_t begin = text.starts_with("0::") ? 0 : text.find("\n0::");
  if (begin == std::string::npos) return {};
  const std::size_t path = text.find("::", begin) + 2;
  return text.substr(path, text.find('\n', path) - path);
}

}  // namespace

std::optional<std::uint64_t> available_of_meminfo(std::string_view text) {
  const auto kib = number_of(text, "MemAvailable:");
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

std::optional<std::uint64_t> available_of(const ControlGroup& group) {
  const auto most = number_at(group.max);  // "max": none
  const auto current = number_at(group.current);
  if (!most || !current) return std::nullopt;
  const std::uint64_t files = number_of(group.stat, "inactive_file ").value_or(0);
  const std::uint64_t used = *current - std::min(*current, files);
  return *most - std::min(*most, used);
}

std::uint64_t available_memory() {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  const auto limit_to = [&least](std::optional<std::uint64_t> bytes) {
    if (bytes) least = std::min(least, *bytes);
  };
  limit_to(available_of_meminfo(content_of("/proc/meminfo")));
  // A limit of any group above binds, too.
  std::filesystem::path group = std::string{kGroups} + own_group();
  for (; group.native().size() >= kGroups.size(); group = group.parent_path()) {
    const std::string most = content_of(group / "memory.max");
    const std::string current = content_of(group / "memory.current");
    const std::string stat = content_of(group / "memory.stat");
    limit_to(available_of({most, current, stat}));
  }
  // The older hierarchy, where it is still in use.
  const std::filesystem::path old = std::string{kGroups} + "/memory";
  const std::string most = content_of(old / "memory.limit_in_bytes");
  const std::string current = content_of(old / "memory.usage_in_bytes");
  limit_to(available_of({most, current, content_of(old / "memory.stat")}));
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const std::uint64_t used = statm(false).value_or(0);
    limit_to(limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, used));
  }
  return least;
}

std::uint64_t resident_memory() { return statm(true).value_or(0); }

}  // namespace probate::cli
