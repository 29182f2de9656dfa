#include "sim/report/file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/resource.h>

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

// As a full disk, but without needing one: no file of this process may grow beyond the limit.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(NewFile, keeps_the_old_one_when_the_disk_is_full) {
  const Folder folder;
  const std::string path = folder.path + "/result.json";
  ASSERT_TRUE(write_file(path, "old").has_value());
  Written written = std::monostate{};
  {
    const SmallDisk disk{1000};
    written = write_file(path, std::string(5000, 'x'));
  }
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().cause, "File too large");
  EXPECT_EQ(content_of(path), "old");
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
