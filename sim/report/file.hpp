// Files that are there whole or not at all.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.hpp"

namespace probate::report {

struct FileError {
  std::string path;
  std::string cause;  // "No space left on device"

  bool operator==(const FileError&) const = default;
};
// "cannot write probate-out/result.json: No space left on device"
std::string to_text(const FileError& error);

using Written = Result<std::monostate, FileError>;

// A file that appears under its name only by commit(), complete; until then, and if that never
// comes, what stood there before stays. Errors are values; after one, nothing more is written.
class NewFile {
 public:
  // Makes the folder if it is missing.
  explicit NewFile(std::string path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(std::string_view bytes);
  // Once. On an error the unfinished file is removed.
  Written commit();
  // "" while all is well.
  const std::string& error() const { return error_; }

 private:
  std::string path_;
  std::string unfinished_;
  std::string error_;
  int fd_ = -1;
};

Written write_file(const std::string& path, std::string_view content);

}  // namespace probate::report
