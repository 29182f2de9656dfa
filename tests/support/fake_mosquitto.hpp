// A script of that name in the place of mosquitto.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace probate::test {

// First in PATH as long as this lives. `script` is for sh; $0 is its own path.
// Threads: one, which does nothing else to the environment.
class FakeMosquitto {
 public:
  explicit FakeMosquitto(const std::string& script) : path_before_{std::getenv("PATH")} {
    std::string folder = testing::TempDir() + "/fake-mosquitto-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    std::ofstream{folder_ + "/mosquitto"} << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(folder_ + "/mosquitto", std::filesystem::perms::owner_all);
    ::setenv("PATH", (folder_ + ":" + path_before_).c_str(), 1);
  }
  ~FakeMosquitto() {
    ::setenv("PATH", path_before_.c_str(), 1);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FakeMosquitto(const FakeMosquitto&) = delete;
  FakeMosquitto& operator=(const FakeMosquitto&) = delete;

  std::string log_path() const { return folder_ + "/log"; }
  std::string log() const { return read("log"); }
  // What the script has left beside itself.
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{folder_ + "/" + name}.rdbuf();
    return text.str();
  }

 private:
  std::string path_before_;
  std::string folder_;
};

}  // namespace probate::test
