// A trail leads to the first record that another run has otherwise.
#include "tests/support/trail.hpp"

#include <gtest/gtest.h>

namespace probate::test {
namespace {

std::vector<journal::Record> attempts(Epoch count) {
  std::vector<journal::Record> records;
  for (Epoch i = 0; i < count; ++i) {
    records.push_back(
        {kRunStart + 1s * i, 0, i, journal::AttemptBegan{.device = DeviceId{1}, .epoch = i}});
  }
  return records;
}

TEST(Trail, of_the_same_records_shows_no_difference) {
  const auto records = attempts(1000);
  EXPECT_EQ(Trail{records}.first_difference(Trail{records}.text()), "");
}

TEST(Trail, names_the_range_of_the_first_record_that_differs_and_shows_where_it_begins) {
  const auto before = attempts(6400);
  auto now = before;
  now[1234].body = journal::AttemptBegan{.device = DeviceId{2}, .epoch = 1};
  const std::string told = Trail{now}.first_difference(Trail{before}.text());
  EXPECT_NE(told.find("the first 1200 records are the same"), std::string::npos) << told;
  EXPECT_NE(told.find("number 1200 to 1299"), std::string::npos) << told;
  EXPECT_NE(told.find(journal::to_text(now[1200])), std::string::npos) << told;
}

TEST(Trail, tells_a_journal_that_ends_early_or_late) {
  const auto whole = attempts(640);
  const auto shorter = attempts(600);
  EXPECT_NE(Trail{shorter}.first_difference(Trail{whole}.text()), "");
  EXPECT_NE(Trail{whole}.first_difference(Trail{shorter}.text()), "");
}

}  // namespace
}  // namespace probate::test
