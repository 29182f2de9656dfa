#include "core/broker/shared_texts.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/broker/session.hpp"

namespace probate::broker {
namespace {

TEST(SharedTexts, keeps_once_what_differs_by_the_client_id_alone) {
  SharedTexts shared;
  const auto first = shared.take("a/meter-1/b", "meter-1");
  const auto second = shared.take("a/meter-22/b", "meter-22");
  EXPECT_EQ(first, second);
  EXPECT_EQ(shared.text(first, "meter-1"), "a/meter-1/b");
  EXPECT_EQ(shared.text(second, "meter-22"), "a/meter-22/b");
  EXPECT_EQ(shared.size(), 1U);
}

TEST(SharedTexts, puts_the_client_id_where_it_stood_first_and_nowhere_else) {
  SharedTexts shared;
  const auto number = shared.take("xx-xx", "x");
  EXPECT_EQ(shared.text(number, "x"), "xx-xx");
  EXPECT_EQ(shared.text(number, "y"), "yx-xx");
}

TEST(SharedTexts, tells_texts_apart_that_are_put_together_from_the_same_parts) {
  SharedTexts shared;
  const std::vector<std::string> texts{"ab", "a1b", "1ab", "ab1", ":", "0:ab", ""};
  std::vector<std::uint32_t> numbers;
  for (const std::string& text : texts) numbers.push_back(shared.take(text, "1"));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(shared.text(numbers[i], "1"), texts[i]);
  }
  EXPECT_EQ(shared.size(), texts.size());
}

TEST(SharedTexts, forgets_what_was_given_back_as_often_as_it_was_taken) {
  SharedTexts shared;
  const auto number = shared.take("status", "");
  EXPECT_EQ(shared.take("status", ""), number);
  shared.give_back(number);
  EXPECT_EQ(shared.plain(number), "status");
  shared.give_back(number);
  EXPECT_EQ(shared.size(), 0U);
}

// A fleet whose texts have nothing in common must not fill the memory with them.
TEST(SharedTexts, takes_no_more_than_its_limit) {
  SharedTexts shared;
  for (std::size_t i = 0; i < SharedTexts::kMax; ++i) {
    ASSERT_NE(shared.take(std::to_string(i), ""), SharedTexts::kNone);
  }
  EXPECT_EQ(shared.take("one more", ""), SharedTexts::kNone);
  EXPECT_EQ(shared.take("17", ""), 17U) << "one that is there can still be shared";
}

// ---- those who use them

std::vector<std::string> texts_of(const FilterList& filters, const SharedTexts& shared,
                                  std::string_view client_id) {
  std::vector<std::string> texts;
  filters.for_each(shared, client_id,
                   [&texts](const Filter& filter) { texts.emplace_back(filter.text); });
  return texts;
}

TEST(FilterList, of_many_sessions_is_one_list) {
  SharedTexts shared;
  FilterList first;
  FilterList second;
  first.put(shared, "a", {.text = "dev/a/req"});
  second.put(shared, "b", {.text = "dev/b/req"});
  EXPECT_EQ(shared.size(), 2U) << "the text and the list";
  EXPECT_EQ(texts_of(first, shared, "a"), std::vector<std::string>{"dev/a/req"});
  EXPECT_EQ(texts_of(second, shared, "b"), std::vector<std::string>{"dev/b/req"});
  first.clear(shared);
  second.clear(shared);
  EXPECT_EQ(shared.size(), 0U);
}

TEST(FilterList, is_as_good_when_nothing_can_be_shared) {
  SharedTexts full;
  for (std::size_t i = 0; i < SharedTexts::kMax; ++i) full.take(std::to_string(i), "");
  FilterList filters;
  EXPECT_TRUE(filters.put(full, "a", {.text = "x/a", .qos = mqtt::QoS::at_least_once}));
  EXPECT_TRUE(filters.put(full, "a", {.text = "y"}));
  EXPECT_FALSE(filters.put(full, "a", {.text = "y", .subscription_id = 9}));
  EXPECT_EQ(texts_of(filters, full, "a"), (std::vector<std::string>{"x/a", "y"}));
  EXPECT_TRUE(filters.remove(full, "a", "x/a"));
  EXPECT_FALSE(filters.remove(full, "a", "x/a"));
  filters.for_each(full, "a", [](const Filter& filter) { EXPECT_EQ(filter.subscription_id, 9U); });
  EXPECT_EQ(full.size(), SharedTexts::kMax);
}

TEST(FilterList, gives_every_text_back_when_it_grows_into_a_tree) {
  SharedTexts shared;
  FilterList filters;
  for (int i = 0; i <= FilterList::kFewMax; ++i) {
    filters.put(shared, "a", {.text = "a/" + std::to_string(i)});
  }
  EXPECT_EQ(shared.size(), 0U);
  EXPECT_EQ(texts_of(filters, shared, "a").size(), FilterList::kFewMax + 1U);
}

TEST(BrokerSession, gives_its_texts_back_whole_whether_they_are_shared_or_not) {
  SharedTexts shared;
  Session session;
  session.set_texts(shared, "m-7", "will/m-7", "m-7 is gone");
  EXPECT_EQ(session.client_id.view(), "m-7");
  EXPECT_EQ(session.will_topic(shared), "will/m-7");
  EXPECT_EQ(session.will_payload(shared), "m-7 is gone");
  EXPECT_EQ(shared.size(), 2U);
  for (std::size_t i = 2; i < SharedTexts::kMax; ++i) shared.take(std::to_string(i), "");
  session.set_texts(shared, "m-7", "other", "m-7 is gone");
  EXPECT_EQ(session.will_topic(shared), "other");
  EXPECT_EQ(session.will_payload(shared), "m-7 is gone");
  session.clear_texts(shared);
  EXPECT_EQ(session.client_id.view(), "");
  EXPECT_EQ(session.will_topic(shared), "");
  EXPECT_EQ(shared.size(), SharedTexts::kMax - 2);
}

}  // namespace
}  // namespace probate::broker
