#include "metrics/catalogue.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/world.hpp"

namespace probate::metrics {
namespace {

using test::value_of;
using test::World;
using testing::HasSubstr;
using testing::Not;

TEST(Catalogue, names_each_family_once_with_help_and_unit) {
  std::set<std::string_view> names;
  for (const Family& family : catalogue()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_TRUE(family.help.ends_with('.')) << family.name;
    EXPECT_NE(family.fill, nullptr) << family.name;
    EXPECT_EQ(family.name.ends_with("_total"), family.type == MetricType::counter) << family.name;
    EXPECT_EQ(family.bounds.empty(), family.type != MetricType::histogram) << family.name;
    EXPECT_LE(family.bounds.size(), 11u) << family.name;
  }
}

TEST(Catalogue, is_the_one_in_the_reference) {
  std::ifstream file{PROBATE_SOURCE_DIR "/docs/metrics.md"};
  const std::string page{std::istreambuf_iterator<char>{file}, {}};
  for (const Family& family : catalogue()) {
    std::string labels;
    for (const Axis axis : family.axes) {
      labels += (labels.empty() ? "" : ", ") + std::string{label_name(axis)};
    }
    const std::string row = "| `" + std::string{family.name} + "` | " + to_text(family.type) +
                            " | " + labels + (labels.empty() ? "| " : " | ") +
                            std::string{family.help} + " |";
    EXPECT_THAT(page, HasSubstr(row));
  }
}

TEST(Catalogue, begins_every_counter_at_zero) {
  const World world;
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_wills_observed_total{class="spurious"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_false_offlines_total{policy="debounce_10s"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_wills_by_fault_total{fault="none"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_broker_deviations_total{rule="takeover_kept_to_kept"})"),
            "0");
}

TEST(Catalogue, gives_no_ratio_without_a_trial) {
  World world;
  EXPECT_EQ(value_of(world.text(), R"(probate_false_offline_ratio{policy="naive"})"), "Nan");
  world.totals.policies[0].all.reconnects = 8;
  world.totals.policies[0].all.reconnects_followed = 2;
  EXPECT_EQ(value_of(world.text(), R"(probate_false_offline_ratio{policy="naive"})"), "0.25");
  EXPECT_EQ(value_of(world.text(), R"(probate_reconnects_followed_total{policy="naive"})"), "2");
  EXPECT_EQ(value_of(world.text(), R"(probate_presence_reconnects_total{policy="naive"})"), "8");
}

TEST(Catalogue, counts_wills_by_class_flag_fault_and_cause) {
  World world;
  auto& wills = world.totals.wills;
  wills[analysis::WillClass::in_time] = 40;
  wills[analysis::WillClass::missing] = 2;
  wills[analysis::WillClass::duplicate] = 3;
  wills.missing[static_cast<std::size_t>(analysis::MissingCause::observer_loss)] = 2;
  wills.takeover = 12;
  wills.ghost = 5;
  wills.open = 9;
  world.totals.wills_by_fault[1].observed = 38;
  world.totals.wills_by_fault[2].observed = 5;
  world.totals.takeovers_organic = 12;
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_will_obligations_total{class="true"})"), "40");
  EXPECT_EQ(value_of(text, R"(probate_wills_observed_total{class="true"})"), "40");
  EXPECT_EQ(value_of(text, R"(probate_will_obligations_total{class="missing"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_wills_observed_total{class="duplicate"})"), "3");
  EXPECT_EQ(value_of(text, R"(probate_wills_missing_total{cause="observer_loss"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_wills_flagged_total{flag="takeover"})"), "12");
  EXPECT_EQ(value_of(text, R"(probate_wills_flagged_total{flag="ghost"})"), "5");
  EXPECT_EQ(value_of(text, "probate_will_obligations_open"), "9");
  EXPECT_EQ(value_of(text, R"(probate_wills_by_fault_total{fault="drop"})"), "38");
  EXPECT_EQ(value_of(text, R"(probate_wills_by_fault_total{fault="none"})"), "5");
  EXPECT_EQ(value_of(text, R"(probate_takeovers_total{cause="organic"})"), "12");
}

TEST(Catalogue, shows_what_faults_did_to_packets_by_type_and_manner) {
  World world;
  world.info.swallowed = {mqtt::PacketType::connack};
  journal::PacketSwallowed swallowed;
  world.records.add({.body = swallowed});
  swallowed.packet = mqtt::PacketType::pingresp;
  world.records.add({.body = swallowed});
  journal::PacketAltered altered;
  altered.how = journal::Alteration::cut;
  world.records.add({.body = altered});
  const std::string text = world.text();
  const auto swallowed_of = [&](const std::string& type) {
    return value_of(
        text, "probate_packets_swallowed_total{direction=\"downlink\",type=\"" + type + "\"}");
  };
  EXPECT_EQ(swallowed_of("connack"), "1");
  EXPECT_EQ(swallowed_of("other"), "1");
  EXPECT_EQ(value_of(text, R"(probate_packets_altered_total{how="cut"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_packets_altered_total{how="held"})"), "0");
}

TEST(Catalogue, shows_delays_as_cumulative_buckets) {
  World world;
  world.totals.wills.delay.add(50ms);
  world.totals.wills.delay.add(3s);
  world.totals.wills.delay.add(2h);
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_will_delay_seconds_bucket{le="0.1"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_will_delay_seconds_bucket{le="5"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_will_delay_seconds_bucket{le="900"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_will_delay_seconds_bucket{le="+Inf"})"), "3");
  EXPECT_EQ(value_of(text, "probate_will_delay_seconds_count"), "3");
  EXPECT_EQ(value_of(text, "probate_will_delay_seconds_sum"), "7203.05");
}

TEST(Catalogue, shows_the_loops_histograms_as_they_are) {
  World world;
  world.loops.connack.add(3ms);
  world.loops.connack.add(60s);
  world.loops.schedule_lag.add(20ms);
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_connack_seconds_bucket{le="0.0025"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_connack_seconds_bucket{le="0.005"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_connack_seconds_bucket{le="+Inf"})"), "2");
  EXPECT_EQ(value_of(text, "probate_connack_seconds_sum"), "60.003");
  EXPECT_EQ(value_of(text, R"(probate_schedule_lag_seconds_bucket{le="0.025"})"), "1");
}

TEST(Catalogue, moves_every_instrument) {
  World world;
  world.totals.observers[1] = {.up = true, .gaps = 4};
  world.loops.events_dropped = 5;
  world.loops.events_written = 105;
  world.totals.events = 100;
  world.totals.events_out_of_order = 1;
  world.totals.lag_windows = 2;
  world.totals.phase_timeouts = 3;
  world.totals.broker_lost = true;
  world.process = {
      .open_fds = 12, .max_fds = 20000, .resident_memory_bytes = 4096, .cpu_seconds = 1.5};
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_observer_up{observer="backend"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_observer_up{observer="control"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_observer_gaps_total{observer="control"})"), "4");
  EXPECT_EQ(value_of(text, "probate_events_dropped_total"), "5");
  EXPECT_EQ(value_of(text, "probate_events_written_total"), "105");
  EXPECT_EQ(value_of(text, "probate_events_total"), "100");
  EXPECT_EQ(value_of(text, "probate_events_out_of_order_total"), "1");
  EXPECT_EQ(value_of(text, "probate_lag_windows_total"), "2");
  EXPECT_EQ(value_of(text, "probate_phase_timeouts_total"), "3");
  EXPECT_EQ(value_of(text, "probate_broker_lost"), "1");
  EXPECT_EQ(value_of(text, "probate_open_fds"), "12");
  EXPECT_EQ(value_of(text, "probate_max_fds"), "20000");
  EXPECT_EQ(value_of(text, "probate_resident_memory_bytes"), "4096");
  EXPECT_EQ(value_of(text, "probate_cpu_seconds_total"), "1.5");
}

TEST(Catalogue, counts_what_the_proxy_refused_over_all_its_listeners) {
  World world;
  world.loops.fronts.resize(2);
  world.loops.fronts[0].refused[static_cast<std::size_t>(journal::Refused::tls_late)] = 2;
  world.loops.fronts[1].refused[static_cast<std::size_t>(journal::Refused::tls_late)] = 3;
  world.loops.fronts[1].refused[static_cast<std::size_t>(journal::Refused::header)] = 1;
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_connections_refused_total{reason="tls_late"})"), "5");
  EXPECT_EQ(value_of(text, R"(probate_connections_refused_total{reason="proxy_header"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_connections_refused_total{reason="upstream_tls"})"), "0");
}

TEST(Catalogue, counts_what_the_control_api_answered_and_what_it_did_not_take) {
  World world;
  world.control.answered = {7, 2, 1};
  world.control.rejected[static_cast<std::size_t>(journal::Rejected::token)] = 2;
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_control_requests_total{code="2xx"})"), "7");
  EXPECT_EQ(value_of(text, R"(probate_control_requests_total{code="4xx"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_control_requests_total{code="5xx"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_control_rejected_total{reason="token"})"), "2");
  EXPECT_EQ(value_of(text, R"(probate_control_rejected_total{reason="crowded"})"), "0");
}

TEST(Catalogue, shows_how_late_the_loops_are) {
  World world;
  world.loops.schedule_lag.add(3ms);
  world.loops.schedule_lag.add(20ms);
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_schedule_lag_seconds_bucket{le="0.0025"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_schedule_lag_seconds_bucket{le="0.005"})"), "1");
  EXPECT_EQ(value_of(text, "probate_schedule_lag_seconds_count"), "2");
}

TEST(Catalogue, counts_links_bytes_and_packets) {
  World world;
  auto& links = world.loops.links;
  links.bytes = {1000, 2000};
  links.packets[1][static_cast<std::size_t>(mqtt::PacketType::connack)] = 7;
  links.malformed = {1, 0};
  links.ghost_links = 3;
  world.records.add({.body = journal::LegClosed{.connection = {1},
                                                .leg = journal::Leg::broker,
                                                .by = journal::Party::proxy,
                                                .how = journal::CloseHow::rst}});
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, "probate_uplink_bytes_total"), "1000");
  EXPECT_EQ(value_of(text, "probate_downlink_bytes_total"), "2000");
  EXPECT_EQ(value_of(text, R"(probate_packets_total{direction="downlink",type="connack"})"), "7");
  EXPECT_EQ(value_of(text, R"(probate_malformed_packets_total{direction="uplink"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_links{state="ghost"})"), "3");
  EXPECT_EQ(value_of(text, R"(probate_connection_closes_total{leg="broker",by="proxy",how="rst"})"),
            "1");
}

TEST(Catalogue, tells_refusals_apart_in_the_words_of_both_versions) {
  World world;
  world.loops.groups[0].connack_refusals[0x05] = 1;  // 3.1.1
  world.loops.groups[1].connack_refusals[0x87] = 2;  // 5.0
  world.loops.groups[1].connack_refusals[0x7f] = 4;  // nobody's
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_connack_refusals_total{reason="not_authorized"})"), "3");
  EXPECT_EQ(value_of(text, R"(probate_connack_refusals_total{reason="other"})"), "4");
}

TEST(Catalogue, shows_the_worst_of_a_rules_groups) {
  using analysis::gate::RuleResult;
  using analysis::gate::RuleStatus;
  World world;
  RuleResult good;
  good.name = "wills-in-time";
  good.value = 0.5;
  RuleResult bad = good;
  bad.status = RuleStatus::fail;
  bad.value = 3.5;
  world.rules = {good, bad, good};
  const std::string text = world.text();
  EXPECT_EQ(value_of(text, R"(probate_gate_status{rule="wills-in-time",status="fail"})"), "1");
  EXPECT_EQ(value_of(text, R"(probate_gate_status{rule="wills-in-time",status="pass"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_gate_value{rule="wills-in-time"})"), "3.5");
  EXPECT_EQ(value_of(text, R"(probate_gate_status{rule="no-missing-wills",status="pass"})"), "0");
  EXPECT_EQ(value_of(text, R"(probate_gate_value{rule="no-missing-wills"})"), "Nan");
}

TEST(Catalogue, follows_the_phases) {
  World world;
  const auto active = [&world] {
    std::string found;
    for (const char* phase : {"preparing", "ramp", "storm", "drain", "ended"}) {
      const std::string series = std::string{"probate_run_phase{phase=\""} + phase + "\"}";
      if (value_of(world.text(), series) == "1") found += phase;
    }
    return found;
  };
  EXPECT_EQ(active(), "preparing");
  world.records.add({.body = journal::PhaseBegan{{1}, "storm"}});
  EXPECT_EQ(active(), "storm");
  world.records.add({.body = journal::DrainBegan{}});
  EXPECT_EQ(active(), "drain");
  world.records.add({.body = journal::RunEnded{}});
  EXPECT_EQ(active(), "ended");
}

TEST(Catalogue, leaves_out_a_family_without_a_series) {
  World world;
  world.info.rules.clear();
  EXPECT_THAT(world.text(), Not(HasSubstr("probate_gate_value")));
}

}  // namespace
}  // namespace probate::metrics
