// Texts for people to read that a test holds the program to. UPDATE_GOLDEN=1 writes them anew.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace probate::test {

// `file` is a path below the project's folder.
inline void expect_golden(const std::string& file, const std::string& text) {
  const std::string path = std::string{PROBATE_SOURCE_DIR} + "/" + file;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream{path, std::ios::binary} << text;
  }
  std::ifstream stored{path, std::ios::binary};
  const std::string expected{std::istreambuf_iterator<char>{stored}, {}};
  EXPECT_EQ(text, expected) << "if this is meant: UPDATE_GOLDEN=1 with this test, then git diff "
                            << file;
}

}  // namespace probate::test
