#include "sim/report/sweep_files.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/report/folder.hpp"
#include "tests/unit/sim/report/sweep_sample.hpp"

namespace probate::report {
namespace {

using test::Folder;
using testing::ElementsAre;

SweepReport concluded() {
  SweepReport report = sample::sweep();
  conclude(report);
  return report;
}

TEST(SweepFiles, are_named_if_they_were_written) {
  const Folder folder;
  const SweepFiles files = write_sweep(concluded(), folder.path);
  EXPECT_THAT(files.written, ElementsAre("sweep.csv", "sweep.json", "sweep.svg", "sweep.html"));
  EXPECT_TRUE(files.failed.empty());
}

TEST(SweepFiles, of_which_one_cannot_be_written_are_the_others) {
  const Folder folder;
  std::filesystem::create_directories(folder.path + "/sweep.json/in-the-way");
  const SweepFiles files = write_sweep(concluded(), folder.path);
  EXPECT_THAT(files.written, ElementsAre("sweep.csv", "sweep.svg", "sweep.html"));
  ASSERT_EQ(files.failed.size(), 1u);
  EXPECT_EQ(files.failed[0].path, folder.path + "/sweep.json");
}

TEST(SweepFiles, of_an_earlier_sweep_are_removed_and_nothing_else) {
  const Folder folder;
  for (const char* name : {"sweep.csv", "sweep.html", "sweep.svg.7.part", "notes.txt"}) {
    ASSERT_TRUE(write_file(folder.path + "/" + name, "x"));
  }
  EXPECT_TRUE(clear_sweep(folder.path).empty());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path}) {
    left.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(left, ElementsAre("notes.txt"));
}

}  // namespace
}  // namespace probate::report
