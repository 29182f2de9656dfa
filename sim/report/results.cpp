#include "sim/report/results.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "sim/report/json_text.hpp"
#include "sim/report/junit.hpp"
#include "sim/report/markdown.hpp"
#include "sim/report/result_json.hpp"

namespace probate::report {

namespace {

constexpr std::array<std::string_view, 3> kResults{"result.json", "junit.xml", "summary.md"};
constexpr std::array<std::string_view, 2> kOthers{"events.ndjson.gz", "mosquitto.log"};

// "result.json" itself, or "result.json.4711.part".
bool is_of(const std::string& name, std::string_view file) {
  if (name == file) return true;
  return name.ends_with(".part") && name.size() > file.size() && name.starts_with(file) &&
         name[file.size()] == '.';
}

}  // namespace

std::vector<FileError> clear_results(const std::string& folder, Leftovers leftovers) {
  namespace fs = std::filesystem;
  std::vector<FileError> errors;
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto named = [&name](std::string_view file) { return is_of(name, file); };
    const bool ours =
        std::any_of(kResults.begin(), kResults.end(), named) ||
        (leftovers == Leftovers::all && std::any_of(kOthers.begin(), kOthers.end(), named));
    if (ours) found.push_back(at->path());
  }
  for (const fs::path& path : found) {
    fs::remove(path, error);
    if (error) errors.push_back({path.string(), error.message()});
  }
  return errors;
}

std::vector<FileError> write_results(const RunReport& report, const std::string& folder) {
  std::vector<FileError> errors;
  const auto write = [&](const char* name, const std::string& content) {
    const Written written = write_file(folder + "/" + name, content);
    if (!written) errors.push_back(written.error());
  };
  write("result.json", pretty_json(result_json(report)));
  write("junit.xml", junit_xml(report));
  write("summary.md", summary_markdown(report));
  return errors;
}

}  // namespace probate::report
