#include "metrics/scrape_log.hpp"

#include <gtest/gtest.h>

namespace probate::metrics {
namespace {

constexpr Instant at(Duration since_start) { return kRunStart + since_start; }

TEST(ScrapeLog, has_no_patience_for_nobody) { EXPECT_EQ(ScrapeLog{}.patience(at(1h)), 0s); }

TEST(ScrapeLog, waits_three_of_the_last_intervals) {
  ScrapeLog log;
  log.begun(at(10s), 10s);
  log.begun(at(40s), 10s);
  log.begun(at(55s), 10s);
  EXPECT_EQ(log.patience(at(60s)), 45s);
}

TEST(ScrapeLog, takes_the_time_since_a_single_scrape_for_its_interval) {
  ScrapeLog log;
  log.begun(at(10s), std::nullopt);
  EXPECT_EQ(log.patience(at(30s)), 60s);
}

TEST(ScrapeLog, takes_the_scrapers_timeout_for_the_least_interval) {
  ScrapeLog log;
  log.begun(at(10s), 15s);
  EXPECT_EQ(log.patience(at(11s)), 45s);
}

TEST(ScrapeLog, expects_no_scraper_more_patient_than_two_minutes) {
  ScrapeLog log;
  log.begun(at(10s), std::nullopt);
  EXPECT_EQ(log.patience(at(10h)), 6min);
}

}  // namespace
}  // namespace probate::metrics
