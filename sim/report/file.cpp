#include "sim/report/file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace probate::report {
namespace {

std::string cause_of(int error) { return std::generic_category().message(error); }

}  // namespace

std::string to_text(const FileError& error) {
  return fmt::format("cannot write {}: {}", error.path, error.cause);
}

NewFile::NewFile(std::string path)
    : path_{std::move(path)}, unfinished_{fmt::format("{}.{}.part", path_, getpid())} {
  const auto folder = std::filesystem::path{path_}.parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  fd_ = open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) error_ = cause_of(errno);
}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(unfinished_.c_str());
}

void NewFile::write(std::string_view bytes) {
  while (error_.empty() && !bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_ = cause_of(errno);
    }
  }
}

Written NewFile::commit() {
  if (fd_ >= 0) {
    // Some file systems tell only now that the disk is full.
    if (close(fd_) != 0 && error_.empty()) error_ = cause_of(errno);
    fd_ = -1;
    if (error_.empty() && std::rename(unfinished_.c_str(), path_.c_str()) != 0) {
      error_ = cause_of(errno);
    }
    if (!error_.empty()) unlink(unfinished_.c_str());
  }
  if (!error_.empty()) return Failure{FileError{path_, error_}};
  return std::monostate{};
}

Written write_file(const std::string& path, std::string_view content) {
  NewFile file{path};
  file.write(content);
  return file.commit();
}

}  // namespace probate::report
