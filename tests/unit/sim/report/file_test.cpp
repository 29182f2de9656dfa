#include "sim/report/file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/unit/sim/report/folder.hpp"

namespace probate::report {
namespace {

using test::content_of;
using test::Folder;

TEST(NewFile, appears_whole_and_in_a_folder_that_was_not_there) {
  const Folder folder;
  const std::string path = folder.path + "/a/b/result.json";
  NewFile file{path};
  file.write("one ");
  EXPECT_FALSE(std::filesystem::exists(path));
  file.write("two");
  EXPECT_TRUE(file.commit().has_value());
  EXPECT_EQ(content_of(path), "one two");
}

TEST(NewFile, replaces_the_one_of_an_earlier_run_as_a_whole) {
  const Folder folder;
  const std::string path = folder.path + "/result.json";
  ASSERT_TRUE(write_file(path, "a long result of an earlier run").has_value());
  {
    NewFile unfinished{path};
    unfinished.write("half");
  }
  EXPECT_EQ(content_of(path), "a long result of an earlier run");
  ASSERT_TRUE(write_file(path, "new").has_value());
  EXPECT_EQ(content_of(path), "new");
}

TEST(NewFile, leaves_nothing_behind_but_itself) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.path + "/one", "1").has_value());
  { NewFile unfinished{folder.path + "/two"}; }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path}, {}), 1);
}

TEST(NewFile, tells_path_and_cause_of_a_folder_that_cannot_be) {
  const Folder folder;
  ASSERT_TRUE(write_file(folder.path + "/file", "x").has_value());
  const Written written = write_file(folder.path + "/file/result.json", "x");
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(to_text(written.error()),
            "cannot write " + folder.path + "/file/result.json: Not a directory");
}

}  // namespace
}  // namespace probate::report
