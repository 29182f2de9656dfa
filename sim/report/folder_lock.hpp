// One writer at a time in a result folder.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace probate::report {

// Held until it is destroyed or the process ends, however it ends.
class FolderLock {
 public:
  // Makes the folder if it is missing. The error is a sentence: it cannot be made, or another
  // process writes into it.
  static Result<FolderLock, std::string> take(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  explicit FolderLock(int fd) : fd_{fd} {}

  int fd_ = -1;
};

}  // namespace probate::report
