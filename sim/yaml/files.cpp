#include "sim/yaml/files.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "sim/yaml/parse.hpp"

namespace probate::yaml {

Result<std::string, std::string> read_from_disk(const std::string& path) {
  const auto reason = [](int error) { return Failure{std::generic_category().message(error)}; };
  // "\0" in a YAML text would end the name early, and another file would be read.
  if (path.find('\0') != std::string::npos) return reason(EINVAL);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return reason(EISDIR);
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file{std::fopen(path.c_str(), "rb")};
  if (!file) return reason(errno);
  std::string text(kFileBytesMax + 1, '\0');
  const std::size_t bytes = std::fread(text.data(), 1, text.size(), file.get());
  if (std::ferror(file.get()) != 0) return reason(errno);
  text.resize(bytes);
  return text;
}

FileReader remembering(FileReader read_file) {
  using Read = Result<std::string, std::string>;
  const auto texts = std::make_shared<std::map<std::string, Read>>();
  return [texts, read_file = std::move(read_file)](const std::string& path) {
    const auto found = texts->find(path);
    if (found != texts->end()) return found->second;
    return texts->emplace(path, read_file(path)).first->second;
  };
}

std::string beside(std::string_view file, std::string_view named) {
  const std::filesystem::path path{named};
  if (path.is_absolute()) return path.lexically_normal().string();
  return (std::filesystem::path{file}.parent_path() / path).lexically_normal().string();
}

bool names_a_file(std::string_view name) {
  return name.find('/') != std::string_view::npos || name.ends_with(".yaml") ||
         name.ends_with(".yml");
}

}  // namespace probate::yaml
