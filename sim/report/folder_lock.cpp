#include "sim/report/folder_lock.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace probate::report {

Result<FolderLock, std::string> FolderLock::take(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Failure{fmt::format("cannot make the result folder {}: {}", folder, error.message())};
  }
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return Failure{fmt::format("cannot open the result folder {}: {}", folder,
                               std::generic_category().message(errno))};
  }
  FolderLock lock{fd};
  // Known now and not when an hour's run is over.
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Failure{fmt::format("cannot write to the result folder {}: {}", folder,
                               std::generic_category().message(errno))};
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return Result<FolderLock, std::string>{std::move(lock)};
  if (errno != EWOULDBLOCK) {
    return Failure{fmt::format("cannot lock the result folder {}: {}", folder,
                               std::generic_category().message(errno))};
  }
  return Failure{fmt::format(
      "another probate writes its results to {}: wait for it, or name another folder with --out",
      folder)};
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace probate::report
