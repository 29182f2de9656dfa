// The oracle's table: every way to end, every version, every built-in profile. What the
// specifications ask for is written here by hand; the whole is tests/golden/oracle.txt.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/analysis/oracle.hpp"
#include "core/journal/fields.hpp"
#include "sim/yaml/presets.hpp"
#include "sim/yaml/profiles.hpp"
#include "tests/support/golden.hpp"

namespace probate::yaml {
namespace {

using analysis::EndCause;
using analysis::Oracle;
using analysis::ProtocolError;
using analysis::Ruling;
using analysis::Session;
using analysis::Takeover;
using journal::BrokerEnd;
using mqtt::Version;

// K = 10 s; CONNECT at 0 s, the last packet at 90 s; it ends at 100 s. A new CONNECT is forwarded
// then and answered at 100.1 s.
constexpr Instant kEnd = kRunStart + 100s;
constexpr Instant kLastPacket = kRunStart + 90s;

Session session(Version version, bool clean = true, Duration expiry = {}, Duration delay = {}) {
  Session made;
  made.version = version;
  made.clean = clean;
  made.keep_alive = 10s;
  if (version == Version::v5) {
    made.expiry = expiry;
    made.delay = delay;
  }
  made.connected = kRunStart;
  return made;
}
Takeover taken(bool clean, Duration delay = {}) { return {clean, kEnd, kEnd + 100ms, delay}; }

struct OracleCase {
  const char* row;      // of the specification's table
  const char* trigger;  // what happens
  // By hand, for a broker that does what the specification says: duty, window, statement.
  const char* v3_1;
  const char* v3_1_1;
  const char* v5;
  Ruling (*rule)(const Oracle&, Version);
};

// "" where the case does not exist in that version.
// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<OracleCase>& cases() {
  using O = const Oracle&;
  static const std::vector<OracleCase> kOracleCases{
      {"1", "DISCONNECT, in 5.0 with 0x00", "FORB MQTT 3.1 DISCONNECT", "FORB MQTT-3.14.4-3",
       "FORB MQTT5-3.14.4-3", [](O o, Version v) { return o.disconnect(session(v), kEnd, 0, {}); }},
      {"2", "DISCONNECT 0x04, D = 5, S = 60", "", "", "REQ 105 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.disconnect(session(v, false, 60s, 5s), kEnd, 4, {}); }},
      {"2", "DISCONNECT 0x04 that lowers S from 60 to 1, D = 5", "", "", "REQ 101 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.disconnect(session(v, false, 60s, 5s), kEnd, 4, 1s); }},
      {"28", "DISCONNECT 0x04, D = 300, S = 60", "", "", "REQ 160 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.disconnect(session(v, false, 60s, 300s), kEnd, 4, {}); }},
      {"2b", "DISCONNECT 0x98", "", "", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.disconnect(session(v), kEnd, 0x98, {}); }},
      {"2c", "DISCONNECT 0x00 that raises S from 0 to 60, D = 5", "", "", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.disconnect(session(v, true, 0s, 5s), kEnd, 0, 60s); }},
      {"3", "FIN or half-close without DISCONNECT", "REQ 100 MQTT 3.1 will flag",
       "REQ 100 MQTT-3.1.2-8", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.close(session(v), EndCause::device_fin, kEnd); }},
      {"4", "RST", "REQ 100 MQTT 3.1 will flag", "REQ 100 MQTT-3.1.2-8", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.close(session(v), EndCause::device_rst, kEnd); }},
      {"5, 5b, 5c, 7", "silence, K = 10", "REQ 105 MQTT 3.1 will flag", "REQ 105 MQTT-3.1.2-24",
       "REQ 105 MQTT5-3.1.2-22", [](O o, Version v) { return o.silence(session(v), kLastPacket); }},
      {"5, 23", "silence, K = 10, D = 5, S = 60", "", "", "REQ 110 MQTT5-3.1.2-22",
       [](O o, Version v) { return o.silence(session(v, false, 60s, 5s), kLastPacket); }},
      {"6", "silence, K = 0", "REQ never MQTT 3.1 will flag", "REQ never MQTT-3.1.2-24",
       "REQ never MQTT5-3.1.2-22",
       [](O o, Version v) {
         Session deaf = session(v);
         deaf.keep_alive = {};
         return o.silence(deaf, kLastPacket);
       }},
      {"8", "a malformed packet, the broker closes", "UNDEF 100 MQTT 3.1 will flag",
       "REQ 100 MQTT-4.8.0-1", "REQ 100 MQTT5-4.13.1-1",
       [](O o, Version v) { return o.protocol_error(session(v), ProtocolError::malformed, kEnd); }},
      {"9", "takeover, clean → clean", "UNDEF 100…100.1 MQTT 3.1 CONNECT",
       "REQ 100…100.1 MQTT-3.1.4-2", "REQ 100…100.1 MQTT5-3.1.4-3",
       [](O o, Version v) { return o.takeover(session(v), taken(true)); }},
      {"9", "takeover, clean → kept", "UNDEF 100…100.1 MQTT 3.1 CONNECT",
       "REQ 100…100.1 MQTT-3.1.4-2", "REQ 100…100.1 MQTT5-3.1.4-3",
       [](O o, Version v) { return o.takeover(session(v), taken(false)); }},
      {"9", "takeover, kept (S = 60) → clean", "UNDEF 100…100.1 MQTT 3.1 CONNECT",
       "REQ 100…100.1 MQTT-3.1.4-2", "REQ 100…100.1 MQTT5-3.1.4-3",
       [](O o, Version v) { return o.takeover(session(v, false, 60s), taken(true)); }},
      {"9", "takeover, kept (S = 60) → kept", "UNDEF 100…100.1 MQTT 3.1 CONNECT",
       "REQ 100…100.1 MQTT-3.1.4-2", "REQ 100…100.1 MQTT5-3.1.4-3",
       [](O o, Version v) { return o.takeover(session(v, false, 60s), taken(false)); }},
      {"9", "takeover, kept (S = 60) → kept, and the new will has a delay", "", "",
       "REQ 100…100.1 MQTT5-3.1.4-3",
       [](O o, Version v) { return o.takeover(session(v, false, 60s), taken(false, 5s)); }},
      {"1.3", "takeover, D = 5, S = 60 → kept", "", "", "FORB MQTT5-3.1.3-9",
       [](O o, Version v) { return o.takeover(session(v, false, 60s, 5s), taken(false)); }},
      {"1.3", "takeover, D = 5, S = 60 → clean", "", "", "PERM 100…100.1 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.takeover(session(v, false, 60s, 5s), taken(true)); }},
      {"1.3", "takeover, D = 5, S = 0 → kept", "", "", "PERM 100…100.1 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.takeover(session(v, true, 0s, 5s), taken(false)); }},
      {"10", "a second CONNECT, the broker closes", "UNDEF 100 MQTT 3.1 will flag",
       "REQ 100 MQTT-3.1.0-2", "REQ 100 MQTT5-3.1.0-2",
       [](O o, Version v) {
         return o.protocol_error(session(v), ProtocolError::second_connect, kEnd);
       }},
      {"11", "the broker is shut down, D = 5, S = 60", "UNDEF never MQTT 3.1 will flag",
       "REQ never MQTT 3.1.1 section 3.1.2.5", "REQ never MQTT 5.0 section 3.1.2.5",
       [](O o, Version v) {
         return o.broker_ended(session(v, false, 60s, 5s), BrokerEnd::shutdown, kEnd);
       }},
      {"12", "the broker is killed", "UNDEF never MQTT 3.1 will flag",
       "REQ never MQTT 3.1.1 section 3.1.2.5", "REQ never MQTT 5.0 section 3.1.2.5",
       [](O o, Version v) { return o.broker_ended(session(v), BrokerEnd::crash, kEnd); }},
      {"13", "the broker closes by itself, in 5.0 with a DISCONNECT of its own",
       "UNDEF 100 MQTT 3.1 will flag", "REQ 100 MQTT-3.1.2-8", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.close(session(v), EndCause::broker_close, kEnd); }},
      {"14, 14b, 19, 30", "CONNECT refused, never sent, or never answered and closed",
       "FORB MQTT 3.1 will flag", "FORB MQTT-3.1.4-5", "FORB MQTT5-3.1.4-6",
       [](O o, Version v) { return o.refused(session(v), kEnd); }},
      {"15", "ended by us before the answer", "PERM 100 MQTT 3.1 will flag",
       "PERM 100 MQTT-3.1.2-8", "PERM 100 MQTT5-3.1.2-8",
       [](O o, Version v) { return o.unanswered(session(v), kEnd); }},
      {"23", "FIN, D = 5, S = 60", "", "", "REQ 105 MQTT5-3.1.2-8",
       [](O o, Version v) {
         return o.close(session(v, false, 60s, 5s), EndCause::device_fin, kEnd);
       }},
      {"23", "FIN, D = 5, S = 0", "", "", "REQ 100 MQTT5-3.1.2-8",
       [](O o, Version v) {
         return o.close(session(v, true, 0s, 5s), EndCause::device_fin, kEnd);
       }},
      {"27", "FIN, D = 5, S = 2", "", "", "REQ 102 MQTT5-3.1.2-8",
       [](O o, Version v) {
         return o.close(session(v, false, 2s, 5s), EndCause::device_fin, kEnd);
       }},
      {"24", "FIN at 95 s, D = 30, S = 60; the session goes on at 100 s", "", "",
       "FORB MQTT5-3.1.3-9",
       [](O o, Version v) {
         const Session old = session(v, false, 60s, 30s);
         return o.resume(old, o.close(old, EndCause::device_fin, kEnd - 5s), taken(false));
       }},
      {"25", "FIN at 80 s, D = 5, S = 60; the session goes on at 100 s", "", "",
       "REQ 85 MQTT5-3.1.2-8",
       [](O o, Version v) {
         const Session old = session(v, false, 60s, 5s);
         return o.resume(old, o.close(old, EndCause::device_fin, kEnd - 20s), taken(false));
       }},
      {"26", "FIN at 95 s, D = 30, S = 60; clean start at 100 s", "", "",
       "PERM 100…100.1 MQTT5-3.1.2-8",
       [](O o, Version v) {
         const Session old = session(v, false, 60s, 30s);
         return o.resume(old, o.close(old, EndCause::device_fin, kEnd - 5s), taken(true));
       }},
  };
  return kOracleCases;
}

std::string seconds(Instant at) { return fmt::format("{:g}", to_seconds(at - kRunStart)); }

// "REQ 100…100.1"
std::string verdict(const Ruling& ruling) {
  std::string text = to_text(ruling.duty);
  if (ruling.duty == analysis::Duty::forbidden) return text;
  if (ruling.never_due) return text + " never";
  text += " " + seconds(ruling.begins);
  return ruling.ends > ruling.begins ? text + "…" + seconds(ruling.ends) : text;
}

broker::Profile profile_of(std::string_view name) {
  auto profile = load_profile(std::string{name});
  EXPECT_TRUE(profile);
  return profile ? std::move(profile).value() : broker::Profile{};
}

const char* by_hand(const OracleCase& each, Version version) {
  switch (version) {
    case Version::v3_1:
      return each.v3_1;
    case Version::v3_1_1:
      return each.v3_1_1;
    case Version::v5:
      return each.v5;
  }
  return "";
}
constexpr std::array kVersions{Version::v3_1, Version::v3_1_1, Version::v5};
const char* specification_of(Version version) {
  return version == Version::v5 ? "spec-5.0" : "spec-3.1.1";
}

// [MQTT5-3.1.2-8] [MQTT5-4.13.1-1] [MQTT-4.8.0-1] [MQTT-3.1.0-2] [MQTT5-3.1.0-2] and the others
// that stand with the cases.
TEST(OracleTable, says_what_the_specifications_say) {
  for (const Version version : kVersions) {
    const Oracle oracle{profile_of(specification_of(version))};
    for (const OracleCase& each : cases()) {
      const std::string expected = by_hand(each, version);
      if (expected.empty()) continue;
      const Ruling ruling = each.rule(oracle, version);
      EXPECT_EQ(verdict(ruling) + " " + ruling.entry->statement, expected)
          << each.row << ": " << each.trigger << ", " << static_cast<int>(version);
      EXPECT_TRUE(std::string_view{ruling.reason()}.ends_with('.')) << each.trigger;
    }
  }
}

// A sample of what is known of brokers, by hand: duty, window, deviation of none.
TEST(OracleTable, knows_what_brokers_do_instead) {
  struct Known {
    const char* profile;
    const char* trigger;
    Version version;
    const char* verdict;
    const char* deviation;  // if none comes
  };
  const std::vector<Known> known{
      {"mosquitto-2.0.11", "silence, K = 10", Version::v3_1_1, "REQ 105…111.1", ""},
      {"mosquitto-2.0.22", "silence, K = 10", Version::v3_1_1, "REQ 105…106.1", ""},
      {"emqx-5.1", "silence, K = 10", Version::v3_1_1, "REQ 105…120", ""},
      {"mosquitto-2.0.11", "DISCONNECT 0x98", Version::v5, "PERM 100", "error_reason_deletes_will"},
      {"nanomq", "DISCONNECT 0x04, D = 5, S = 60", Version::v5, "PERM 100…105",
       "will_reason_deletes_will"},
      {"mosquitto-2.0.11", "takeover, clean → clean", Version::v3_1, "REQ 100…100.1", ""},
      {"mosquitto-2.0.11", "takeover, kept (S = 60) → kept", Version::v3_1_1, "PERM 100…100.1",
       "takeover_kept_to_kept"},
      {"mosquitto-2.0.11", "takeover, kept (S = 60) → kept", Version::v5, "PERM 100…100.1",
       "takeover_v5_kept_to_kept"},
      {"mosquitto-2.0.11", "takeover, D = 5, S = 60 → clean", Version::v5, "FORB", ""},
      {"hivemq-ce", "takeover, D = 5, S = 60 → clean", Version::v5, "REQ 100…100.1", ""},
      {"rabbitmq", "takeover, kept (S = 60) → kept, and the new will has a delay", Version::v5,
       "PERM 100…100.1", "takeover_new_delay"},
      {"emqx-4.4", "takeover, clean → clean", Version::v3_1_1, "PERM 100…100.1",
       "takeover_clean_to_clean"},
      {"mosquitto-2.0.11", "a second CONNECT, the broker closes", Version::v3_1_1, "PERM 100",
       "second_connect_deletes_will"},
      {"activemq", "a malformed packet, the broker closes", Version::v3_1_1, "PERM 100",
       "malformed_deletes_will"},
      {"mosquitto-2.0.11", "the broker is shut down, D = 5, S = 60", Version::v5, "REQ 100", ""},
      {"mosquitto-2.0.11", "the broker is killed", Version::v3_1_1, "REQ 100", "crash_loses_wills"},
      {"mosquitto-2.0.11", "FIN, D = 5, S = 0", Version::v5, "REQ 105…106.1", ""},
      {"mosquitto-2.0.11", "FIN, D = 5, S = 2", Version::v5, "REQ 102…103.1", ""},
  };
  for (const Known& each : known) {
    const auto found = std::find_if(cases().begin(), cases().end(), [&](const OracleCase& one) {
      return std::string_view{one.trigger} == each.trigger;
    });
    ASSERT_NE(found, cases().end()) << each.trigger;
    const Ruling ruling = found->rule(Oracle{profile_of(each.profile)}, each.version);
    EXPECT_EQ(verdict(ruling), each.verdict) << each.profile << ": " << each.trigger;
    const auto& deviates = ruling.if_none_deviates;
    EXPECT_EQ(deviates ? text_of(*deviates).rule : "", std::string_view{each.deviation})
        << each.profile << ": " << each.trigger;
  }
}

std::string habit(const Ruling& ruling) {
  std::string text = verdict(ruling);
  if (ruling.if_none_deviates) {
    text += fmt::format(" (none: {})", text_of(*ruling.if_none_deviates).rule);
  }
  if (ruling.if_filled_deviates) {
    text += fmt::format(" (one: {})", text_of(*ruling.if_filled_deviates).rule);
  }
  return text;
}

// The specification's line, then one for each other verdict with the profiles that have it.
std::string block(const OracleCase& each, Version version) {
  const Ruling asked = each.rule(Oracle{profile_of(specification_of(version))}, version);
  std::string text = fmt::format(
      "  {:<5} {:<21} {}. {}\n",
      journal::Words<Version>::kAll[static_cast<std::size_t>(static_cast<int>(version) - 3)],
      verdict(asked), asked.entry->statement, asked.reason());
  std::map<std::string, std::string> others;
  for (const std::string_view name : profile_names()) {
    const broker::Profile profile = profile_of(name);
    if (profile.specification) continue;
    const std::string said = habit(each.rule(Oracle{profile}, version));
    if (said == habit(asked)) continue;
    std::string& names = others[said];
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  for (const auto& [said, names] : others) text += fmt::format("          {}: {}\n", said, names);
  return text;
}

// UPDATE_GOLDEN=1 writes the file anew.
TEST(OracleTable, is_a_page_that_can_be_read) {
  std::string page =
      "What the end of a connection owes: duty, window in seconds, statement, reason; then the\n"
      "profiles that say otherwise. Brokers that are not named do as the specification asks.\n"
      "K = 10 s; CONNECT at 0 s, the last packet at 90 s, the end at 100 s, a new CONNECT "
      "forwarded\n"
      "at 100 s and answered at 100.1 s. S is the session expiry, D the will delay, in seconds.\n"
      "REQ one will, FORB none, PERM one or none, UNDEF the specification has no word on it.\n";
  for (const OracleCase& each : cases()) {
    page += fmt::format("\n{}: {}\n", each.row, each.trigger);
    for (const Version version : kVersions) {
      if (*by_hand(each, version) != '\0') page += block(each, version);
    }
  }
  test::expect_golden("tests/golden/oracle.txt", page);
}

}  // namespace
}  // namespace probate::yaml
