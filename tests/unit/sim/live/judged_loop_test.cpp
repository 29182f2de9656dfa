// What a signal does to a run, by when it comes.
#include "sim/live/judged_loop.hpp"

#include <span>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "core/scenario/schedule.hpp"
#include "sim/live/stand_alone.hpp"
#include "tests/support/pending_signal.hpp"

namespace probate::live {
namespace {

struct Deaf final : Audience {
  void proxy_listens(const std::string&) override {}
  std::uint64_t judge(std::span<const journal::Record>, Instant) override { return 0; }
  void told_to_end() override { ++endings; }
  void tick(Instant, const journal::LoopCounters&) override {}

  int endings = 0;  // that signals have begun
};

// Ends when it is told to; in its drain, too, but then for the reason that it had.
struct Scripted final : Stoppable {
  Scripted(proxy::Loop& its_loop, std::string ended_by, bool drains)
      : loop{its_loop}, why{std::move(ended_by)}, draining{drains} {}
  void abort(std::string reason) override {
    boost::asio::post(loop.executor(), [this, reason = std::move(reason)]() mutable {
      if (!draining) why = std::move(reason);
      loop.stop();
    });
  }
  void stop_now() override { loop.stop(); }
  std::string reason() const override { return why; }

  proxy::Loop& loop;
  std::string why;
  bool draining;
};

int signal_that_ended(const std::string& ended_by, bool drains) {
  const test::PendingSignal interrupted{SIGINT};
  JudgedLoop judged;
  Scripted engine{judged.loop(), ended_by, drains};
  Deaf audience;
  return judged.run(engine, audience, [] {});
}

TEST(Signal, that_ends_a_run_is_told) { EXPECT_EQ(signal_that_ended("", false), SIGINT); }

TEST(Signal, in_the_drain_of_a_finished_run_ended_nothing) {
  EXPECT_EQ(signal_that_ended("", true), 0);
}

TEST(Signal, in_the_drain_of_a_run_that_a_rule_ended_ended_nothing) {
  EXPECT_EQ(signal_that_ended("abort rule no-wills", true), 0);
}

// What a stand-alone proxy says of its end: the signal that was taken for it, and whether that
// ended it early.
struct ProxyEnd {
  int signal = 0;
  std::string early;
};

ProxyEnd end_of_proxy(bool has_phases) {
  const test::PendingSignal interrupted{SIGTERM};
  scenario::Scenario scenario;
  scenario.fleet.resize(1);
  scenario.devices.resize(1);
  scenario.phases.push_back({"proxy", std::nullopt, scenario::ForDuration{1h}});
  const scenario::Schedule schedule{scenario};
  const boost::asio::ip::tcp::endpoint anywhere{boost::asio::ip::address_v4::loopback(), 0};
  StandAloneConfig config;
  config.fronts.push_back({.listen = anywhere, .upstream = anywhere});
  config.has_phases = has_phases;
  JudgedLoop judged;
  StandAlone engine{judged.loop(), scenario, schedule, judged.feedback(), std::move(config)};
  EXPECT_TRUE(engine.bind());
  engine.start();
  Deaf audience;
  const int signal = judged.run(engine, audience, [] {});
  return {signal, engine.reason()};
}

TEST(Signal, that_ends_a_proxy_without_phases_is_told_though_it_was_meant) {
  const ProxyEnd end = end_of_proxy(false);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(end.early, "");
}

TEST(Signal, that_ends_the_phases_of_a_proxy_is_told_as_why) {
  const ProxyEnd end = end_of_proxy(true);
  EXPECT_EQ(end.signal, SIGTERM);
  EXPECT_EQ(end.early, "SIGTERM");
}

// Takes a hangup for something else.
struct Listening final : Audience {
  void proxy_listens(const std::string&) override {}
  std::uint64_t judge(std::span<const journal::Record>, Instant) override { return 0; }
  bool takes_hangup() override {
    ++hangups;
    loop.stop();
    return true;
  }
  void tick(Instant, const journal::LoopCounters&) override {}

  explicit Listening(proxy::Loop& its_loop) : loop{its_loop} {}
  proxy::Loop& loop;
  int hangups = 0;
};

TEST(Signal, hangup_ends_nothing_where_it_is_taken_for_something_else) {
  const test::PendingSignal hung_up{SIGHUP};
  JudgedLoop judged;
  Scripted engine{judged.loop(), "", false};
  Listening audience{judged.loop()};
  EXPECT_EQ(judged.run(engine, audience, [] {}), 0);
  EXPECT_EQ(audience.hangups, 1);
  EXPECT_EQ(engine.reason(), "");
}

TEST(Signal, hangup_ends_a_run_otherwise) {
  const test::PendingSignal hung_up{SIGHUP};
  JudgedLoop judged;
  Scripted engine{judged.loop(), "", false};
  Deaf audience;
  EXPECT_EQ(judged.run(engine, audience, [] {}), SIGHUP);
  EXPECT_EQ(audience.endings, 1);
}

// Counts what it is given.
struct Reading final : Audience {
  void proxy_listens(const std::string&) override {}
  std::uint64_t judge(std::span<const journal::Record> records, Instant) override {
    count += records.size();
    return 0;
  }
  void tick(Instant, const journal::LoopCounters& counters) override {
    accepted = counters.links.accepted;
  }

  std::size_t count = 0;
  std::uint64_t accepted = 0;
};

struct Read {
  std::size_t records = 0;
  std::uint64_t accepted = 0;
};

Read read_of(JudgedLoop& judged) {
  const test::PendingSignal interrupted{SIGINT};
  judged.loop().write(judged.clock().now(), journal::RunBegan{});
  judged.loop().counters().links.accepted = 3;
  Scripted engine{judged.loop(), "", false};
  Reading audience;
  EXPECT_EQ(judged.run(engine, audience, [] {}), SIGINT);
  return {audience.count, audience.accepted};
}

TEST(JudgedLoop, gives_its_audience_what_was_written_and_what_was_counted) {
  JudgedLoop judged;
  const Read read = read_of(judged);
  EXPECT_GE(read.records, 2u) << "how it began and how it ended, at least";
  EXPECT_EQ(read.accepted, 3u);
}

TEST(JudgedLoop, that_nobody_needs_the_records_of_gives_what_was_counted) {
  JudgedLoop judged;
  judged.mute();
  const Read read = read_of(judged);
  EXPECT_EQ(read.records, 0u);
  EXPECT_EQ(read.accepted, 3u);
}

}  // namespace
}  // namespace probate::live
