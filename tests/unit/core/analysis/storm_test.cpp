#include "core/analysis/storm.hpp"

#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using test::JournalScript;
using test::Link;

TEST(Storm, remembers_the_most_since_each_member_joined) {
  Storm storm;
  const auto first = storm.join();
  const auto second = storm.join();
  storm.leave();
  storm.leave();
  const auto third = storm.join();
  EXPECT_EQ(storm.most_since(first), 2U);
  EXPECT_EQ(storm.most_since(second), 2U);
  EXPECT_EQ(storm.most_since(third), 1U);
  storm.join();
  storm.join();
  EXPECT_EQ(storm.most_since(first), 3U);
  EXPECT_EQ(storm.most_since(third), 3U);
}

// A broker that closes two connections a second needs two seconds for four.
TEST(KeepAliveStorm, widens_the_windows_of_all_that_are_silent_at_once) {
  JournalScript script;
  script.profile().keep_alive = {};
  script.profile().keep_alive.batch_max = 2;
  script.profile().keep_alive.batch_interval = 1s;
  std::vector<Link> links;
  for (std::uint32_t device = 0; device < 4; ++device) {
    links.push_back(script.connects(1, {.device = device}));
    script.falls_silent(2, links.back(), 1.5);  // due at 16.5 s
  }
  for (const Link& link : links) script.will(19.4, link);  // within 2 s and the allowance
  const Outcome in_time = script.judged(60);
  EXPECT_EQ(in_time.totals.wills[WillClass::in_time], 4U);
  script.profile().keep_alive.batch_max = 0;
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::late], 4U);
}

}  // namespace
}  // namespace probate::analysis
