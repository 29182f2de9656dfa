#include "core/device/actions.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace probate::device {
namespace {

TEST(CloseCauses, have_distinct_snake_case_names) {
  constexpr auto kLast = static_cast<int>(CloseCause::server_disconnect);
  std::set<std::string> names;
  for (int cause = 0; cause <= kLast; ++cause) {
    const std::string name = to_text(static_cast<CloseCause>(cause));
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kLast) + 1);
}

}  // namespace
}  // namespace probate::device
