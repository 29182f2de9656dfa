// The scenario files of this repository, for tests that run over all of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace probate::test {

// Every .yaml of these folders of the checkout, in the order of their names.
inline std::vector<std::filesystem::path> scenario_files(
    std::initializer_list<const char*> folders) {
  std::vector<std::filesystem::path> files;
  for (const char* folder : folders) {
    const auto path = std::filesystem::path{PROBATE_SOURCE_DIR} / folder;
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The file's name as GoogleTest allows it in the name of a test.
inline std::string name_of_file(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace probate::test
