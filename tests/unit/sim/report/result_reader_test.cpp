// result.json, read back.
#include "sim/report/result_reader.hpp"

#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json_text.hpp"
#include "sim/report/file.hpp"
#include "sim/report/result_json.hpp"
#include "sim/report/results.hpp"
#include "tests/unit/sim/report/folder.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

using ::testing::HasSubstr;

RunReport sample_report() {
  RunReport report = sample::report();
  report.recipe = {"x.yaml",
                   "version: 1\n",
                   {"fleet.city.count=400"},
                   2.5,
                   true,
                   {{"base.yaml", "seed: 8\n"}},
                   {"CITY=Sofia", "NOT_SET"}};
  return report;
}

std::string stored(const RunReport& report) { return pretty_json(result_json(report)); }

// What is stored of the figures, from what was read: nothing may get lost on the way.
std::string figures_of(const RunReport& report) {
  boost::json::object all = result_json(report);
  boost::json::object figures;
  for (const char* key :
       {"wills", "presence", "faults", "takeovers", "deviations", "instruments", "guards"}) {
    figures[key] = all[key];
  }
  figures["wills"].as_object().erase("entries");
  for (auto& policy : figures["presence"].as_array()) policy.as_object().erase("episodes");
  return pretty_json(figures);
}

TEST(StoredResult, has_every_figure_that_was_written) {
  RunReport report = sample_report();
  const auto read = parse_result(stored(report), "result.json");
  ASSERT_TRUE(read) << to_text(read.error());
  RunReport again = report;
  again.outcome = read->outcome;
  EXPECT_EQ(figures_of(again), figures_of(report));
  EXPECT_EQ(read->outcome.judged_until, report.outcome.judged_until);
  EXPECT_EQ(read->outcome.phases.at(0).name, "storm");
}

TEST(StoredResult, knows_what_was_run) {
  const auto read = parse_result(stored(sample_report()), "result.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scenario, "will-on-return");
  EXPECT_EQ(read->recipe, sample_report().recipe);
  EXPECT_EQ(read->seed, 7U);
  EXPECT_EQ(read->digest, "3b1f9c");
  EXPECT_EQ(read->groups, (std::vector<std::string>{"city", "rural"}));
  EXPECT_EQ(read->group_sizes, sample_report().group_sizes);
  EXPECT_EQ(read->faults, (std::vector<std::string>{"gone-and-back", "twins"}));
  EXPECT_EQ(read->fidelity, "segment");
  EXPECT_EQ(read->verdict, "fail");
  EXPECT_EQ(read->rules.at(0).name, "no-missing-wills");
}

TEST(StoredResult, of_an_older_version_without_the_scenario_can_be_read) {
  boost::json::object json = result_json(sample_report());
  for (const char* key : {"text", "overrides", "time_scale", "files", "variables"}) {
    json["scenario"].as_object().erase(key);
  }
  json["run"].as_object().erase("fidelity");
  const auto read = parse_result(pretty_json(json), "result.json");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->recipe.text, "");
  EXPECT_EQ(read->fidelity, "");
  EXPECT_EQ(read->recipe.time_scale, 1);
}

TEST(StoredResult, knows_every_kind_of_guard) {
  RunReport report = sample_report();
  report.outcome.guards.clear();
  for (std::size_t i = 0; i < analysis::kGuardKindCount; ++i) {
    report.outcome.guards.push_back(
        {static_cast<analysis::GuardKind>(i), false, std::nullopt, std::nullopt, "because"});
  }
  const auto read = parse_result(stored(report), "result.json");
  ASSERT_TRUE(read) << to_text(read.error());
  ASSERT_EQ(read->outcome.guards.size(), analysis::kGuardKindCount);
  for (std::size_t i = 0; i < analysis::kGuardKindCount; ++i) {
    EXPECT_EQ(read->outcome.guards[i].kind, static_cast<analysis::GuardKind>(i));
    EXPECT_STRNE(to_text(static_cast<analysis::GuardKind>(i)), "") << i;
  }
}

std::string mistake(const std::string& text) {
  const auto read = parse_result(text, "r.json");
  return read ? "none" : to_text(read.error());
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text = stored(sample_report());
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(StoredResult, that_is_damaged_is_refused_with_the_place) {
  EXPECT_THAT(mistake(""), HasSubstr("r.json:1:1: this is no JSON"));
  EXPECT_THAT(mistake("{\n  \"probate_result\": 1,\n  oops}"), HasSubstr("r.json:3:3: this is"));
  const std::string text = stored(sample_report());
  EXPECT_THAT(mistake(text.substr(0, text.size() / 2)), HasSubstr("this is no JSON"));
  EXPECT_THAT(mistake(text + "x"), HasSubstr("something follows the result"));
  EXPECT_EQ(mistake("[]"), "r.json: this is no result of probate: no key probate_result");
  EXPECT_EQ(mistake("{}"), "r.json: this is no result of probate: no key probate_result");
  EXPECT_THAT(mistake("{\"probate_result\": 1}"), HasSubstr("r.json: verdict is missing"));
}

// A word that is left out is not 0; one of a newer version is ignored unless the sums need it.
TEST(StoredResult, counts_by_every_word) {
  const auto changed = [](const char* list, const char* word, std::optional<int> count) {
    boost::json::object json = result_json(sample_report());
    auto& counts = json["wills"].as_object()["all"].as_object()[list].as_object();
    if (count) counts[word] = *count;
    if (!count) counts.erase(word);
    return pretty_json(json);
  };
  EXPECT_THAT(mistake(changed("by_class", "missing", std::nullopt)),
              HasSubstr("wills.all.by_class.missing is missing"));
  EXPECT_THAT(mistake(changed("missing", "broker", std::nullopt)),
              HasSubstr("wills.all.missing.broker is missing"));
  EXPECT_EQ(mistake(changed("missing", "sunspots", 0)), "none");
}

TEST(StoredResult, of_which_causes_do_not_add_up_is_refused) {
  boost::json::object json = result_json(sample_report());
  auto& causes = json["wills"].as_object()["all"].as_object()["missing"].as_object();
  causes["broker"] = causes["broker"].to_number<std::uint64_t>() + 1;
  EXPECT_THAT(mistake(pretty_json(json)), HasSubstr("wills.all.by_class.missing: expected"));
}

// Each of them is false in itself, whatever was run.
TEST(StoredResult, of_which_counts_contradict_each_other_is_refused) {
  const auto refused = [](const std::string& path, std::uint64_t count) {
    boost::json::value json = result_json(sample_report());
    json.at_pointer(path) = count;
    return mistake(pretty_json(json));
  };
  const std::string naive = "/presence/0/all/";
  EXPECT_THAT(refused(naive + "reconnects", 1000000), HasSubstr("parts in by_group"));
  EXPECT_THAT(refused(naive + "reconnects_followed", 14), HasSubstr("at most 13"));
  EXPECT_THAT(refused(naive + "reconnects_followed", 0), HasSubstr("parts in by_group"));
  EXPECT_THAT(refused(naive + "false_offlines", 0), HasSubstr("at most 0"));
  EXPECT_THAT(refused(naive + "devices_hit", 0), HasSubstr("devices_hit: expected 1 or more"));
  EXPECT_THAT(refused(naive + "suspicions", 41), HasSubstr("at most 40"));
  EXPECT_THAT(refused(naive + "up_s", 1), HasSubstr("presence[0].all.reach_s: expected at most 1"));
  EXPECT_THAT(refused(naive + "outages", 1), HasSubstr("all.detection.count: expected at most 1"));
  EXPECT_THAT(refused("/presence/0/by_fault/0/takeovers", 20), HasSubstr("parts in by_fault"));
  EXPECT_THAT(refused("/presence/0/by_phase/0/takeovers", 22), HasSubstr("at least 22"));
  EXPECT_THAT(refused("/wills/all/by_class/duplicate", 1), HasSubstr("wills.all.observed"));
  EXPECT_THAT(refused("/wills/all/filled_by_cause/takeover", 1), HasSubstr("filled_by_cause"));
  EXPECT_THAT(refused("/wills/all/takeover", 501), HasSubstr("at most 500"));
  EXPECT_THAT(refused("/run/judged_until_s", 0), testing::StrEq("none"));
}

TEST(StoredResult, of_which_all_is_not_the_sum_of_its_groups_is_refused) {
  boost::json::value json = result_json(sample_report());
  const auto add = [&json](const std::string& path, std::int64_t more) {
    boost::json::value& count = json.at_pointer(path);
    count = count.to_number<std::int64_t>() + more;
  };
  for (const char* key : {"by_class/missing", "missing/broker", "expected"}) {
    add(std::string{"/wills/by_group/0/"} + key, 1);
  }
  EXPECT_THAT(mistake(pretty_json(json)), HasSubstr("wills.all.expected: expected 601, the sum"));
}

TEST(StoredResult, of_which_a_histogram_contradicts_itself_is_refused) {
  const auto refused = [](const char* key, boost::json::value value) {
    boost::json::value json = result_json(sample_report());
    json.at_pointer(std::string{"/wills/all/lateness/"} + key) = std::move(value);
    return mistake(pretty_json(json));
  };
  EXPECT_THAT(refused("max_s", 0.0), HasSubstr("wills.all.lateness.buckets_us"));
  EXPECT_THAT(refused("min_s", 0.027), HasSubstr("wills.all.lateness.buckets_us"));
  EXPECT_THAT(refused("sum_s", 0.1), HasSubstr("wills.all.lateness.buckets_us"));
  EXPECT_THAT(refused("buckets_us", boost::json::parse("[[0, 1, 500]]")),
              HasSubstr("wills.all.lateness.buckets_us"));
}

TEST(StoredResult, judged_until_before_its_start_is_refused) {
  EXPECT_THAT(mistake(changed("\"judged_until_s\": 60", "\"judged_until_s\": -5")),
              HasSubstr("run.judged_until_s: expected"));
}

// A ClientID is bytes; JSON is UTF-8.
TEST(StoredResult, of_a_name_that_is_no_text_is_read_again) {
  RunReport report = sample_report();
  report.outcome.wills[0].client_id = "a\xff\xc3";
  report.faults[1] = "tw\xffins";
  const test::Folder folder;
  ASSERT_TRUE(write_results(report, folder.path).empty());
  const auto read = read_result(folder.path + "/result.json");
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->faults.at(1), "tw\\xffins");
}

TEST(StoredResult, with_a_key_given_twice_is_refused_at_its_place) {
  EXPECT_THAT(mistake("{\n  \"probate_result\": 1,\n  \"a\": [{\"b\": 0, \"b\": 1}]}"),
              HasSubstr("r.json:3:18: key \"b\" is given twice"));
  EXPECT_THAT(mistake("{\"probate_result\": 1, \"a\": 0, \"\\u0061\": 1}"),
              HasSubstr("is given twice"));
  EXPECT_THAT(mistake("{\"probate_result\": 1, \"a\": {\"x\": \"\\\"b\\\": \"}, \"x\": 1}"),
              HasSubstr("verdict is missing"));
}

TEST(StoredResult, of_a_newer_form_is_refused) {
  EXPECT_THAT(mistake(changed("\"probate_result\": 1", "\"probate_result\": 2")),
              HasSubstr("its form is of version 2; this version reads 1"));
}

TEST(StoredResult, with_a_value_of_the_wrong_kind_is_refused_with_its_path) {
  EXPECT_EQ(mistake(changed("\"expected\": 600", "\"expected\": -1")),
            "r.json: wills.all.expected: expected a whole number, 0 or more");
  EXPECT_EQ(mistake(changed("\"expected\": 600", "\"expected\": \"many\"")),
            "r.json: wills.all.expected: expected a whole number, 0 or more");
  EXPECT_EQ(mistake(changed("\"expected\": 600,", "")), "r.json: wills.all.expected is missing");
  EXPECT_THAT(mistake(changed("\"fault\": \"twins\"", "\"fault\": \"twisn\"")),
              HasSubstr("guards[0].fault: expected the name of a fault"));
}

TEST(StoredResult, of_which_a_sum_of_seconds_is_impossible_is_refused) {
  for (const char* impossible : {"-5", "1e300"}) {
    const std::string text = changed(R"("false_offline_s": )",
                                     fmt::format(R"("false_offline_s": {}, "x": )", impossible));
    EXPECT_THAT(mistake(text), HasSubstr("0 or more seconds, at most 9e12")) << impossible;
  }
}

TEST(StoredResult, that_cannot_be_read_says_why) {
  const auto read = read_result("/nowhere/result.json");
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().unreadable);
  EXPECT_EQ(to_text(read.error()), "/nowhere/result.json: No such file or directory");
  const test::Folder folder;
  const auto no_file = read_result(folder.path);
  ASSERT_FALSE(no_file);
  EXPECT_TRUE(no_file.error().unreadable);
  EXPECT_EQ(to_text(no_file.error()), folder.path + ": Is a directory");
}

TEST(StoredResult, that_has_no_end_is_not_read_to_it) {
  const auto read = read_result("/dev/zero", std::size_t{2} << 20);
  ASSERT_FALSE(read);
  EXPECT_FALSE(read.error().unreadable);
  EXPECT_EQ(to_text(read.error()), "/dev/zero: larger than 2 MiB");
}

TEST(StoredResult, is_read_from_a_file) {
  const test::Folder folder;
  ASSERT_TRUE(write_file(folder.path + "/result.json", stored(sample_report())));
  EXPECT_TRUE(read_result(folder.path + "/result.json"));
}

}  // namespace
}  // namespace probate::report
