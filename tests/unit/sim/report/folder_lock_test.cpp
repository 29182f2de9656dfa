#include "sim/report/folder_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/file.hpp"
#include "tests/unit/sim/report/folder.hpp"

namespace probate::report {
namespace {

using ::testing::HasSubstr;

TEST(FolderLock, is_held_by_one_at_a_time) {
  const test::Folder folder;
  const std::string path = folder.path + "/out";
  {
    const auto first = FolderLock::take(path);
    ASSERT_TRUE(first) << first.error();
    const auto second = FolderLock::take(path);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(), HasSubstr("another probate writes its results to " + path));
    EXPECT_TRUE(FolderLock::take(folder.path + "/other"));
  }
  EXPECT_TRUE(FolderLock::take(path)) << "the first is gone";
}

TEST(FolderLock, leaves_nothing_in_the_folder) {
  const test::Folder folder;
  { ASSERT_TRUE(FolderLock::take(folder.path)); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

TEST(FolderLock, cannot_be_taken_where_no_folder_can_be) {
  const test::Folder folder;
  ASSERT_TRUE(write_file(folder.path + "/file", ""));
  const auto lock = FolderLock::take(folder.path + "/file/out");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error(), HasSubstr("cannot make the result folder"));
}

}  // namespace
}  // namespace probate::report
