#include "metrics/exporter.hpp"

#include <cstdio>
#include <cstdlib>
#include <future>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/exposition.hpp"
#include "tests/unit/metrics/http.hpp"
#include "tests/unit/metrics/world.hpp"

namespace probate::metrics {
namespace {

using test::http_get;
using test::value_of;
using test::World;
using testing::HasSubstr;

std::unique_ptr<Exporter> exporter_of(const World& world) {
  auto started = Exporter::start({"127.0.0.1", 0});
  if (!started) return nullptr;
  (*started)->begin(world.info);
  return std::move(started).value();
}

std::string open_wills(const Exporter& exporter) {
  return value_of(http_get(exporter.address().port, "/metrics").body,
                  "probate_will_obligations_open");
}

TEST(Exporter, serves_the_last_published_figures) {
  World world;
  const auto exporter = exporter_of(world);
  ASSERT_NE(exporter, nullptr);
  ASSERT_NE(exporter->address().port, 0);
  world.totals.wills.open = 3;
  exporter->publish(world.snapshot());
  EXPECT_EQ(open_wills(*exporter), "3");
  world.totals.wills.open = 2;
  exporter->publish(world.snapshot());
  EXPECT_EQ(open_wills(*exporter), "2");
}

TEST(Exporter, is_ready_once_there_are_figures) {
  World world;
  const auto exporter = exporter_of(world);
  const std::uint16_t port = exporter->address().port;
  EXPECT_EQ(http_get(port, "/-/healthy").status, 200);
  EXPECT_EQ(http_get(port, "/-/ready").status, 503);
  EXPECT_EQ(http_get(port, "/metrics").status, 200);
  exporter->publish(world.snapshot());
  EXPECT_EQ(http_get(port, "/-/ready").status, 200);
  EXPECT_EQ(http_get(port, "/nothing").status, 404);
  EXPECT_THAT(http_get(port, "/").body, HasSubstr("/metrics"));
}

TEST(Exporter, answers_before_it_is_known_whose_figures_they_will_be) {
  World world;
  const auto exporter = std::move(Exporter::start({"127.0.0.1", 0})).value();
  const std::uint16_t port = exporter->address().port;
  EXPECT_EQ(http_get(port, "/-/healthy").status, 200);
  EXPECT_EQ(http_get(port, "/-/ready").status, 503);
  EXPECT_EQ(http_get(port, "/metrics").status, 200);
  exporter->begin(world.info);
  EXPECT_EQ(http_get(port, "/metrics").status, 200);
  world.totals.wills.open = 3;
  exporter->publish(world.snapshot());
  EXPECT_EQ(open_wills(*exporter), "3");
}

TEST(Exporter, tells_that_a_port_is_in_use) {
  World world;
  const auto first = exporter_of(world);
  const auto second = Exporter::start(first->address());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), "cannot serve metrics on " + first->address().text() +
                                ": the port is in use or the address is not this machine's");
}

TEST(Exporter, listens_with_ipv6_or_says_that_the_library_has_none) {
  const auto exporter = Exporter::start({"::1", 0});
  if (exporter) {
    EXPECT_NE((*exporter)->address().port, 0);
  } else {
    EXPECT_EQ(exporter.error(),
              "cannot serve metrics on [::1]:0: this system's HTTP library (civetweb) is built "
              "without IPv6");
  }
}

TEST(Exporter, stands_beside_another_of_the_same_process) {
  World world;
  const auto one = exporter_of(world);
  const auto two = exporter_of(world);
  one->publish(world.snapshot());
  EXPECT_EQ(http_get(one->address().port, "/-/ready").status, 200);
  EXPECT_EQ(http_get(two->address().port, "/-/ready").status, 503);
}

TEST(Exporter, holds_its_figures_after_the_freeze) {
  World world;
  const auto exporter = exporter_of(world);
  world.totals.wills.open = 1;
  exporter->freeze(world.snapshot());
  world.totals.wills.open = 2;
  exporter->publish(world.snapshot());
  EXPECT_EQ(open_wills(*exporter), "1");
}

TEST(Exporter, shows_the_exact_figure_at_the_freeze_even_if_it_is_lower) {
  World world;
  const auto exporter = exporter_of(world);
  const std::string missing = R"(probate_will_obligations_total{class="missing"})";
  const auto shown = [&] {
    return value_of(http_get(exporter->address().port, "/metrics").body, missing);
  };
  world.totals.wills[analysis::WillClass::missing] = 3;
  exporter->publish(world.snapshot());
  EXPECT_EQ(shown(), "3");
  world.totals.wills[analysis::WillClass::missing] = 2;
  exporter->publish(world.snapshot());
  EXPECT_EQ(shown(), "3");
  exporter->freeze(world.snapshot());
  EXPECT_EQ(shown(), "2");
}

TEST(ExporterLinger, does_not_wait_for_a_scraper_that_never_came) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->freeze(world.snapshot());
  EXPECT_EQ(exporter->linger_at_most(), 0s);
  EXPECT_EQ(exporter->linger(std::nullopt, {}), Exporter::Linger::not_scraped);
}

TEST(ExporterLinger, waits_for_a_scrape_of_the_final_figures) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->publish(world.snapshot());
  EXPECT_EQ(open_wills(*exporter), "0");  // before the freeze: does not count
  exporter->freeze(world.snapshot());
  auto lingering =
      std::async(std::launch::async, [&] { return exporter->linger(1min, std::stop_token{}); });
  EXPECT_EQ(lingering.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(open_wills(*exporter), "0");
  EXPECT_EQ(lingering.get(), Exporter::Linger::answered);
}

TEST(ExporterLinger, is_not_ended_by_a_look_at_the_health) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->freeze(world.snapshot());
  EXPECT_EQ(http_get(exporter->address().port, "/-/healthy").status, 200);
  EXPECT_EQ(exporter->linger(1ms, {}), Exporter::Linger::timed_out);
}

TEST(ExporterLinger, can_be_stopped) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->freeze(world.snapshot());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(exporter->linger(1h, stop.get_token()), Exporter::Linger::stopped);
}

TEST(Exporter, answers_while_more_connections_idle_than_it_has_threads) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->publish(world.snapshot());
  std::vector<int> idle;
  for (int i = 0; i < 8; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(exporter->address().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    idle.push_back(fd);
  }
  // Within http_get's 10 s, because an idle connection is dropped after 3.
  EXPECT_EQ(http_get(exporter->address().port, "/metrics").status, 200);
  for (const int fd : idle) close(fd);
}

// The lines of the run itself: not those of the HTTP library.
std::vector<std::string> lines_of_the_run(const std::string& exposition) {
  std::vector<std::string> lines;
  std::istringstream text{exposition};
  for (std::string line; std::getline(text, line);) {
    if (line.find("exposer_") == std::string::npos) lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Exporter, has_as_text_what_the_last_scrape_gets) {
  World world;
  const auto exporter = exporter_of(world);
  EXPECT_EQ(exporter->text(), "");
  world.totals.wills.open = 7;
  exporter->publish(world.snapshot());
  world.totals.wills.open = 2;
  exporter->freeze(world.snapshot());
  const auto scraped = lines_of_the_run(http_get(exporter->address().port, "/metrics").body);
  EXPECT_GT(scraped.size(), 100u);
  EXPECT_EQ(lines_of_the_run(exporter->text()), scraped);
  // Without an exporter the same series; the figures of the process are those of another instant.
  const std::string without = exposition(world.info, world.snapshot());
  EXPECT_EQ(lines_of_the_run(without).size(), scraped.size());
  EXPECT_EQ(value_of(without, "probate_will_obligations_open"), "2");
  EXPECT_EQ(value_of(exporter->text(), "probate_will_obligations_open"), "2");
}

TEST(Exporter, writes_what_promtool_finds_nothing_wrong_with) {
  World world;
  const auto exporter = exporter_of(world);
  exporter->publish(world.snapshot());
  const std::string text = http_get(exporter->address().port, "/metrics").body;
  const std::string file = testing::TempDir() + "probate_exposition_" + std::to_string(getpid());
  std::FILE* out = std::fopen(file.c_str(), "w");
  ASSERT_NE(out, nullptr);
  std::fputs(text.c_str(), out);
  std::fclose(out);
  const std::string command = "promtool check metrics < " + file + " 2>&1";
  std::FILE* promtool = popen(command.c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  std::string findings;
  for (int c = 0; (c = std::fgetc(promtool)) != EOF;) findings += static_cast<char>(c);
  EXPECT_EQ(pclose(promtool), 0) << "promtool is in the package prometheus";
  EXPECT_EQ(findings, "");
  std::remove(file.c_str());
}

}  // namespace
}  // namespace probate::metrics
