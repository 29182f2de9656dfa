// What is concluded from many wills: an ACL, epochs that are not renewed.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using test::JournalScript;
using test::Link;
using test::missing;

// Accepted, ended without DISCONNECT, and never a word on that topic: mosquitto's ACL says nothing.
TEST(Suspicions, wills_on_a_topic_that_never_speaks_are_missing_by_the_acl_if_others_came) {
  JournalScript script;
  script.write(0, journal::ObserverUp{journal::Observer::backend, {"#"}});
  for (int i = 0; i < 3; ++i) {
    const Link denied =
        script.connects(1 + i, {.epoch = 1u + static_cast<Epoch>(i), .topic = "/no"});
    script.ends(1.5 + i, denied);
  }
  EXPECT_EQ(missing(script.judged(40), MissingCause::broker), 3u);
  const Link allowed = script.connects(10, {.device = 1});
  script.ends(11, allowed);
  script.will(11.001, allowed);
  const Outcome outcome = script.judged(40);
  EXPECT_EQ(missing(outcome, MissingCause::acl), 3u);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  const WillTotals& group = outcome.totals.wills_by_group[0];
  EXPECT_EQ(group.missing[static_cast<std::size_t>(MissingCause::acl)], 3u);
  ASSERT_FALSE(outcome.wills.empty());
  EXPECT_EQ(outcome.wills[0].why, "acl");
  EXPECT_NE(outcome.wills[0].line.find("missing (acl)"), std::string::npos);
  // A broker that refuses such a CONNECT has no such excuse.
  script.profile().will_acl = broker::WillAcl::at_connect;
  EXPECT_EQ(missing(script.judged(40), MissingCause::broker), 3u);
}

TEST(Suspicions, of_an_acl_are_the_same_whether_one_judge_has_all_devices_or_several) {
  const auto loses = [](JournalScript& script, int from, int to) {
    script.write(0, journal::ObserverUp{journal::Observer::backend, {"#"}});
    for (int i = from; i < to; ++i) {
      script.ends(1.5 + i, script.connects(
                               1 + i, {.device = static_cast<std::uint32_t>(i), .topic = "/no"}));
    }
  };
  JournalScript two;
  JournalScript one;
  loses(two, 0, 2);
  loses(one, 2, 3);
  const Link allowed = one.connects(10, {.device = 3});
  one.ends(11, allowed);
  one.will(11.001, allowed);
  Totals merged = two.judged(40).totals;
  EXPECT_EQ(merged.wills.missing[static_cast<std::size_t>(MissingCause::broker)], 2u);
  merged.merge(one.judged(40).totals);
  EXPECT_EQ(merged.wills.missing[static_cast<std::size_t>(MissingCause::acl)], 3u);
  EXPECT_EQ(merged.wills_by_group[0].missing[static_cast<std::size_t>(MissingCause::acl)], 3u);
  // Another judge saw something on the topic: then it is none.
  JournalScript sees;
  sees.write(0, journal::ObserverUp{journal::Observer::backend, {"#"}});
  sees.retained_will(20, sees.connects(1, {.device = 3, .topic = "/no"}));
  merged.merge(sees.judged(40).totals);
  EXPECT_EQ(merged.wills.missing[static_cast<std::size_t>(MissingCause::acl)], 0u);
  EXPECT_EQ(merged.wills.missing[static_cast<std::size_t>(MissingCause::broker)], 3u);
}

TEST(Suspicions, a_topic_on_which_anything_was_seen_is_not_denied) {
  JournalScript script;
  script.write(0, journal::ObserverUp{journal::Observer::backend, {"#"}});
  for (int i = 0; i < 4; ++i) {
    const Link link = script.connects(1 + i, {.epoch = 1u + static_cast<Epoch>(i), .topic = "/no"});
    script.ends(1.5 + i, link);
    if (i == 3) script.retained_will(6, link);
  }
  const Link allowed = script.connects(10, {.device = 1});
  script.ends(11, allowed);
  script.will(11.001, allowed);
  EXPECT_EQ(missing(script.judged(40), MissingCause::broker), 4u);
}

// A library that sends its first CONNECT again.
TEST(Suspicions, an_epoch_that_is_not_renewed_is_noticed) {
  JournalScript script{test::fleet_of(1)};
  const Link first = script.connects(1);
  script.ends(5, first);
  script.will(5.001, first);
  const Link second = script.connects(6, {.epoch = 2, .will_epoch = 1});
  script.ends(9, second);
  script.will(9.001, second);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.epochs_not_renewed, 1u);
  ASSERT_FALSE(outcome.guards.empty());
  EXPECT_EQ(outcome.guards[0].kind, GuardKind::epoch_not_renewed);
  EXPECT_EQ(outcome.guards[0].text,
            "1 connections announced the will of an earlier epoch again (first meter-0 at +6.0 s): "
            "their epochs say nothing");
  EXPECT_FALSE(outcome.guards[0].voids_run);
}

TEST(Suspicions, a_twin_with_the_victims_will_is_no_epoch_that_was_not_renewed) {
  JournalScript script;
  script.connects(1);
  script.connects(6, {.twin = true});
  EXPECT_EQ(script.judged(30).totals.epochs_not_renewed, 0u);
}

}  // namespace
}  // namespace probate::analysis
