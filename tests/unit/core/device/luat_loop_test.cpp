#include "core/device/luat_loop.hpp"

#include <string>
#include <vector>

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

// The article's device, with short topics.
DeviceConfig article_device() {
  DeviceConfig config = plain_device();
  config.protocol = mqtt::Version::v3_1;
  config.keep_alive = 300s;
  config.subscribe = {text("/req")};
  config.workload = Workload::luat_loop;
  config.luat_loop.emplace();
  config.luat_loop->report = message("/report", "{seq}");
  config.luat_loop->response = message("/resp", "{seq}");
  return config;
}

TEST(LuatLoop, sends_at_the_instants_of_the_article) {
  Script device{article_device()};
  device.comes_up();
  device.runs_for(9min);
  EXPECT_THAT(device.take_only("PUBLISH"),
              ElementsAre("+0.000 s PUBLISH /report=0",    // right after SUBACK: acts as the birth
                          "+120.000 s PUBLISH /report=1",  // receive(120 s) timed out
                          "+180.000 s PUBLISH /resp=0",    // the 180 s timer ended the wait
                          "+300.000 s PUBLISH /report=2",  // 120 s after that
                          "+360.000 s PUBLISH /resp=1", "+480.000 s PUBLISH /report=3",
                          "+540.000 s PUBLISH /resp=2"));
}

TEST(LuatLoop, never_needs_a_pingreq_in_a_day) {
  Script device{article_device()};
  device.meets_an_obedient_broker();
  device.starts();
  device.runs_for(24h);
  const std::vector<std::string> lines = device.take_untimed();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "PINGREQ"), 0);
  // CONNECT, SUBSCRIBE and the first report; then a report and a response in each 180 s.
  EXPECT_EQ(device.machine().counts().publishes, 1U + 2U * (24U * 3600U / 180U));
  EXPECT_EQ(device.machine().counts().attempts, 1U);
}

TEST(LuatLoop, settles_into_the_same_gaps_wherever_its_session_begins) {
  for (Duration begins = 1s; begins < 180s; begins += 1s) {
    Script device{article_device()};
    device.starts();
    device.stalls_for(begins);
    device.opens();
    device.gets(accepted());
    device.gets(device.suback());
    device.runs_for(180s);
    device.take();
    const Instant end = device.now() + 30min;
    Duration longest{};
    Instant last = device.now();
    for (auto due = device.machine().next_timeout(); *due < end;
         due = device.machine().next_timeout()) {
      device.runs_for(*due - device.now());
      if (device.take_only("PUBLISH").empty()) continue;
      longest = std::max(longest, device.now() - last);
      last = device.now();
    }
    EXPECT_EQ(longest, 120s) << "session began at " << to_text(begins);
  }
}

TEST(LuatLoop, starts_its_wait_anew_at_a_downlink_message) {
  Script device{article_device()};
  device.comes_up();
  device.runs_for(50s);
  device.gets(downlink(mqtt::QoS::at_most_once, 0));
  device.runs_for(250s);
  // Without the message: 120, 180, 300.
  EXPECT_THAT(device.take_only("PUBLISH"),
              ElementsAre("+0.000 s PUBLISH /report=0", "+170.000 s PUBLISH /report=1",
                          "+180.000 s PUBLISH /resp=0", "+300.000 s PUBLISH /report=2"));
}

TEST(LuatLoop, starts_its_wait_anew_at_any_packet) {
  DeviceConfig config = article_device();
  config.keep_alive = 60s;
  Script device{config};
  device.meets_an_obedient_broker();
  device.starts();
  device.runs_for(6min);
  // Each PINGRESP ends the library's wait for a packet, and the next wait is 120 s again: with
  // K < 120 s the report starves.
  EXPECT_THAT(device.take_only("P"),
              testing::Not(testing::Contains(testing::HasSubstr("report=1"))));
  EXPECT_EQ(device.machine().counts().publishes, 3U);  // the first report, two responses
}

TEST(LuatLoop, lets_the_post_win_over_a_timeout_of_the_same_instant) {
  Script device{article_device()};
  device.starts();
  device.stalls_for(60s);
  device.opens();
  device.gets(accepted());
  device.gets(device.suback());
  device.runs_for(4min);
  EXPECT_THAT(device.take_only("PUBLISH"),
              ElementsAre("+60.000 s PUBLISH /report=0", "+180.000 s PUBLISH /resp=0",
                          "+300.000 s PUBLISH /report=1"));
}

TEST(LuatLoop, posts_on_the_beat_of_the_boot_through_a_lost_link) {
  Script device{article_device()};
  device.comes_up();
  device.runs_for(100s);
  device.closes(CloseCause::local_failure);
  device.runs_for(100s);  // dials all the while; the post of 180 s finds nobody
  device.comes_up();
  device.runs_for(160s);
  EXPECT_THAT(device.take_only("PUBLISH"),
              ElementsAre("+0.000 s PUBLISH /report=0", "+200.000 s PUBLISH /report=1",
                          "+320.000 s PUBLISH /report=2", "+360.000 s PUBLISH /resp=0"));
}

TEST(LuatLoop, dials_at_once_after_a_session_but_waits_after_a_failure) {
  Script device{article_device()};
  device.comes_up();
  device.runs_for(10s);
  device.take();
  device.closes(CloseCause::peer_rst);
  EXPECT_THAT(device.take(), ElementsAre("+10.000 s down", "+10.000 s dial 2"));
  device.closes(CloseCause::refused);
  device.runs_for(5s);
  EXPECT_THAT(device.take(), ElementsAre("+12.000 s dial 3"));
}

TEST(LuatLoop, leaves_a_lost_connack_without_disconnect) {
  Script device{article_device()};
  device.starts();
  device.opens();
  device.runs_for(62s);
  EXPECT_THAT(device.take(), ElementsAre("+0.000 s dial 1", "+0.000 s CONNECT m-0",
                                         "+60.000 s close fin", "+62.000 s dial 2"));
}

TEST(LuatLoop, says_disconnect_when_suback_stays_out) {
  Script device{article_device()};
  device.starts();
  device.opens();
  device.gets(accepted());
  device.take();
  device.runs_for(60s);
  EXPECT_THAT(device.take(), ElementsAre("+60.000 s DISCONNECT", "+60.000 s close fin",
                                         "+60.000 s down", "+60.000 s dial 2"));
}

}  // namespace
}  // namespace probate::device
