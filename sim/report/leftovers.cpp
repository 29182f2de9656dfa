#include "sim/report/leftovers.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace probate::report {
namespace {

// "result.json" itself, or "result.json.4711.part".
bool is_of(const std::string& name, std::string_view file) {
  if (name == file) return true;
  return name.ends_with(".part") && name.size() > file.size() && name.starts_with(file) &&
         name[file.size()] == '.';
}

}  // namespace

std::vector<FileError> remove_leftovers(const std::string& folder,
                                        const std::vector<std::string_view>& names) {
  namespace fs = std::filesystem;
  std::vector<FileError> errors;
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto named = [&name](std::string_view file) { return is_of(name, file); };
    if (std::any_of(names.begin(), names.end(), named)) found.push_back(at->path());
  }
  for (const fs::path& path : found) {
    fs::remove(path, error);
    if (error) errors.push_back({path.string(), error.message()});
  }
  return errors;
}

}  // namespace probate::report
