// docs/policies.md is true: a fleet's situations, and what each policy makes of them, cell by cell.
#include <fstream>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::Flow;
using journal::Party;
using scenario::PolicyName;
using test::JournalScript;
using test::Link;
using test::Login;

constexpr double kStop = 200;

// The device as `plain`; with a will delay over a session that goes on; with its status retained.
enum class Variant : std::uint8_t { plain, delayed, retained };

scenario::Scenario told_fleet() {
  scenario::Scenario scenario = test::fleet_of(1);
  device::DeviceConfig& kind = scenario.devices[0];
  kind.will->topic = kind.birth->topic = test::text("/status/{client_id}");
  kind.will->retain = kind.birth->retain = true;  // so that `retained` can be judged
  device::PublishConfig report;
  report.topic = test::text("/report/{client_id}");
  report.every = 20s;
  kind.publish.push_back(report);
  using P = PolicyName;
  scenario.backend.presence = {{P::naive_alarm},
                               {P::naive},
                               {P::naive_birth},
                               {P::debounce, 10s},
                               {P::epoch},
                               {P::sparkplug},
                               {P::retained},
                               {P::last_seen, 10s, 20s, 3},
                               {P::last_seen_will, 10s, 20s, 3},
                               {P::hybrid, 10s, 20s, 3}};
  return scenario;
}

// One device's story. Every 20 s after a birth it says something, while it lives.
class Story {
 public:
  explicit Story(Variant variant) : script_{told_fleet()}, variant_{variant} {}

  Variant variant() const { return variant_; }
  bool is_delayed() const { return variant_ == Variant::delayed; }
  JournalScript& script() { return script_; }

  Link connects(double second, Login login = {}) {
    if (is_delayed()) {
      login.version = mqtt::Version::v5;
      login.clean = login.client_id.empty() ? false : login.clean;
      login.expiry = 60s;
      login.delay = 20s;
    }
    return script_.connects(second, login);
  }
  // Says its birth, and a message every 20 s from then until `until`.
  void lives(double second, const Link& link, double until = kStop) {
    script_.birth(second, link);
    for (double m = second + 20; m < until; m += 20) script_.message(m, link);
  }
  Link silent_from_10(Login login = {}) {
    const Link link = connects(1, std::move(login));
    lives(1.1, link, 10);
    script_.falls_silent(10, link, 9);
    return link;
  }
  void will(double second, const Link& link) { script_.will(second, link); }
  void broker_closes(double second, const Link& link, double t_rx) {
    script_.broker_leg_ends(second, link, Party::broker, journal::CloseHow::fin, t_rx);
  }
  // By keep-alive; the will comes with it, or after its delay.
  void broker_gives_up(double second, const Link& link, double t_rx) {
    broker_closes(second + 0.001, link, t_rx);
    will(is_delayed() ? second + 20 : second, link);
  }
  // The device comes back; a session that goes on keeps the broker silent.
  void taken_over(double second, const Link& old, double will_at) {
    if (!is_delayed()) will(will_at, old);
    script_.broker_leg_ends(second + 0.002, old, Party::broker);
  }
  void farewell(double second, const Link& link) {
    journal::Observed seen;
    seen.kind = journal::MessageKind::farewell;
    seen.device = DeviceId{0};
    seen.epoch = link.login.epoch;
    seen.topic = "/status/meter-0";
    script_.write(second, seen);
  }
  void retained(double second, journal::MessageKind kind, const Link& link) {
    journal::Observed seen;
    seen.kind = kind;
    seen.device = DeviceId{0};
    seen.epoch = link.login.epoch;
    seen.topic = "/status/meter-0";
    seen.retain = true;
    script_.write(second, seen);
  }
  Outcome judged() const { return script_.judged(kStop); }

 private:
  JournalScript script_;
  Variant variant_;
};

void never_back(Story& s) { s.broker_gives_up(26, s.silent_from_10(), 9); }

void will_then_birth(Story& s) {
  const Link old = s.silent_from_10();
  const Link back = s.connects(15, {.epoch = 2, .connack_after = 0.002});
  s.taken_over(15, old, 15.001);
  s.lives(15.2, back);
}

void birth_then_will(Story& s) {
  const Link old = s.silent_from_10();
  const Link back = s.connects(15, {.epoch = 2});
  s.taken_over(15, old, 15.4);
  s.lives(15.2, back);
}

void new_client_id(Story& s) {
  const Link old = s.silent_from_10({.client_id = "meter-0-a"});
  const Link back = s.connects(15, {.epoch = 2, .client_id = "meter-0-b"});
  s.lives(15.2, back);
  s.broker_gives_up(26, old, 9);
}

// The twin comes twice; its will is a copy of the one that it found.
void twin_war(Story& s) {
  const Link first = s.connects(1);
  s.lives(1.1, first, 10);
  const Link twin = s.connects(10, {.twin = true, .connack_after = 0.002});
  s.taken_over(10, first, 10.001);
  s.script().device_leg_ends(10.003, first, Party::broker);
  const Link second = s.connects(10.5, {.epoch = 2, .connack_after = 0.002});
  s.taken_over(10.5, twin, 10.501);
  s.lives(10.7, second, 11.5);
  const Link again = s.connects(11.5, {.epoch = 2, .twin = true, .connack_after = 0.002});
  s.taken_over(11.5, second, 11.501);
  s.script().device_leg_ends(11.503, second, Party::broker);
  const Link third = s.connects(12, {.epoch = 3, .connack_after = 0.002});
  s.taken_over(12, again, 12.001);
  s.lives(12.2, third);
}

void no_will(Story& s) { s.broker_closes(26.001, s.silent_from_10(), 9); }

void leaves(Story& s) {
  const Link link = s.connects(1);
  s.lives(1.1, link, 10);
  s.script().disconnects(10, link);
  s.script().ends(10, link);
}

void leaves_with_farewell(Story& s) {
  const Link link = s.connects(1);
  s.lives(1.1, link, 10);
  s.script().disconnects(10, link);
  s.script().ends(10, link);
  s.farewell(10.002, link);
}

// An orderly stop publishes every will at once, delayed or not.
void broker_restart(Story& s) {
  const Link link = s.connects(1);
  s.lives(1.1, link, 10);
  s.script().ends(10, link, Party::broker);
  s.will(10.001, link);
  s.lives(13.2, s.connects(13, {.epoch = 2}));
}

// What is published meanwhile is lost, unless it is retained.
void back_end_away(Story& s) {
  const Link link = s.silent_from_10();
  s.script().write(20, journal::ObserverLost{journal::Observer::backend, "reset"});
  s.broker_closes(26.001, link, 9);
  s.script().write(40, journal::ObserverUp{journal::Observer::backend, {"/willmsg"}});
  if (s.variant() == Variant::retained) s.retained(40, journal::MessageKind::will, link);
}

void connacks_lost(Story& s) {
  Link link;
  for (Epoch epoch = 1; epoch <= 3; ++epoch) {
    const double second = 4.0 * epoch - 3;  // 1, 5, 9
    link = s.connects(second, {.epoch = epoch});
    s.script().ends(second + 2, link);
    if (!s.is_delayed()) s.will(second + 2.001, link);
  }
  if (s.is_delayed()) s.will(31.001, link);
}

void short_stall(Story& s) {
  const Link link = s.silent_from_10();
  s.script().recovers(20, link);
  for (double m = 21.1; m < kStop; m += 20) s.script().message(m, link);
}

void long_stall(Story& s) {
  const Link link = s.silent_from_10({.keep_alive = 300});
  s.script().recovers(110, link);
  for (double m = 110; m < kStop; m += 20) s.script().message(m, link);
}

// The library sends the CONNECT of the first connection again; the program counts its births on.
void old_connect_again(Story& s) {
  const Link old = s.silent_from_10();
  const Link same = s.connects(15, {.epoch = 1});
  s.script().broker_leg_ends(15.002, old, Party::broker);
  Link counted = same;
  counted.login.epoch = 2;
  s.lives(15.2, counted, 50);
  s.script().falls_silent(50, same, 49);
  s.broker_gives_up(66, same, 49);
}

void old_epoch_everywhere(Story& s) {
  const Link old = s.silent_from_10();
  const Link back = s.connects(15, {.epoch = 1});
  s.taken_over(15, old, 15.4);
  s.lives(15.2, back);
}

void retained_will_again(Story& s) {
  const Link old = s.silent_from_10();
  if (s.is_delayed()) {
    s.broker_closes(26.001, old, 9);  // back before the delay is over
  } else {
    s.broker_gives_up(26, old, 9);
  }
  const Link back = s.connects(40, {.epoch = 2});
  s.lives(40.2, back);
  if (s.variant() == Variant::plain) s.retained(65, journal::MessageKind::will, old);
  if (s.variant() == Variant::retained) s.retained(65, journal::MessageKind::birth, back);
}

void will_held_back(Story& s) {
  const Link link = s.silent_from_10();
  s.broker_closes(26.001, link, 9);
  s.will(150, link);
}

// The connection ends at once, and its will is faster than its birth.
void birth_overtaken(Story& s) {
  const Link link = s.connects(9);
  s.script().ends(10, link);
  s.will(10.1, link);
  s.script().birth(10.2, link);
}

// The connections between are left out; eight bits of 1 and 257 are the same.
void bdseq_comes_round(Story& s) {
  const Link old = s.silent_from_10();
  const Link back = s.connects(15, {.epoch = 257, .client_id = "meter-0-b"});
  s.lives(15.2, back);
  s.broker_closes(26.001, old, 9);
  s.will(40.2, old);
}

const std::vector<std::pair<std::string, std::function<void(Story&)>>> kSituations{
    {"A", never_back},
    {"B", will_then_birth},
    {"C", birth_then_will},
    {"D", new_client_id},
    {"E", twin_war},
    {"F", no_will},
    {"G", leaves},
    {"G2", leaves_with_farewell},
    {"H", broker_restart},
    {"I", back_end_away},
    {"J", connacks_lost},
    {"K", short_stall},
    {"K2", long_stall},
    {"L", old_connect_again},
    {"L2", old_epoch_everywhere},
    {"M", retained_will_again},
    {"N", will_held_back},
    {"O", birth_overtaken},
    {"P", bdseq_comes_round},
};

std::string cell_of(const PresenceTotals& t) {
  std::vector<std::string> parts;
  const bool is_beyond_bound = t.false_online_avoidable_seconds > 0;
  if (is_beyond_bound) {
    parts.push_back(fmt::format("O {:.1f} s", static_cast<double>(t.false_online_seconds)));
  } else if (t.missed_offlines > 0) {
    parts.emplace_back("U");
  } else if (t.detection.count() > 0) {
    parts.push_back(fmt::format("✓ {:.1f} s", to_seconds(t.detection.max())));
  }
  if (t.false_offlines > 0) {
    const bool stands = t.false_offline_duration.count() < t.false_offlines;
    const std::string length =
        stands ? "∞" : fmt::format("{:.1f} s", static_cast<double>(t.false_offline_seconds));
    parts.push_back((t.false_offlines_over_flicker > 0 ? "F " : "f ") + length);
  }
  if (t.unrecovered > 0) parts.emplace_back("R");
  return parts.empty() ? "✓" : fmt::format("{}", fmt::join(parts, " "));
}

// Situation → policy → cell, as docs/policies.md has them.
using Table = std::map<std::string, std::map<std::string, std::string>>;

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::size_t from = 2;
  for (std::size_t to = row.find(" |", from); to != row.npos; to = row.find(" |", from)) {
    cells.push_back(row.substr(from, to - from));
    from = to + 3;
  }
  return cells;
}

Table documented() {
  std::ifstream page{PROBATE_SOURCE_DIR "/docs/policies.md"};
  Table table;
  std::vector<std::string> policies;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| cell")) continue;
    const std::vector<std::string> cells = cells_of(line);
    if (cells.front() == "situation") {
      policies = cells;
      continue;
    }
    if (policies.empty()) continue;
    EXPECT_EQ(cells.size(), policies.size()) << line;
    const std::string name = cells.front().substr(0, cells.front().find(' '));
    for (std::size_t i = 1; i < cells.size(); ++i) table[name][policies[i]] = cells[i];
  }
  return table;
}

Table found() {
  Table table;
  for (const auto& [name, tell] : kSituations) {
    for (const Variant variant : {Variant::plain, Variant::delayed, Variant::retained}) {
      Story story{variant};
      tell(story);
      for (const PolicyTotals& policy : story.judged().totals.policies) {
        EXPECT_EQ(policy.not_applicable, "") << policy.label;
        std::string column = policy.label == "debounce_10s" ? "debounce" : policy.label;
        const bool is_retained = column == "retained";
        if (variant == Variant::delayed) {
          if (column != "naive") continue;
          column = "will_delay";
        } else if (is_retained != (variant == Variant::retained)) {
          continue;
        }
        table[name][column] = cell_of(policy.all);
      }
    }
  }
  return table;
}

TEST(SituationsTable, is_what_the_documentation_says_cell_by_cell) {
  const Table expected = documented();
  const Table judged = found();
  ASSERT_EQ(expected.size(), kSituations.size());
  for (const auto& [situation, policies] : judged) {
    ASSERT_TRUE(expected.contains(situation)) << situation;
    EXPECT_EQ(policies.size(), 11u);
    for (const auto& [policy, cell] : policies) {
      const auto& row = expected.at(situation);
      ASSERT_TRUE(row.contains(policy)) << policy;
      EXPECT_EQ(cell, row.at(policy)) << "situation " << situation << ", policy " << policy;
    }
  }
}

}  // namespace
}  // namespace probate::analysis
