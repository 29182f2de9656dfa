#include "core/analysis/oracle_table.hpp"

#include "core/base/check.hpp"

namespace probate::analysis {
namespace {

using enum Duty;

// MQTT 3.1 has no numbered statements: the section is named instead.
constexpr const char* kWill31 = "MQTT 3.1 will flag";
constexpr const char* kNoCase31 = "MQTT 3.1 has no word on it.";
constexpr const char* kNotIn3 = "This packet has no reason in MQTT 3.";

constexpr const char* kNoDisconnect = "The connection ended without a DISCONNECT.";
constexpr const char* kSilent = "Nothing more reached the broker, whose keep-alive runs out.";
constexpr const char* kDeaf = "Keep-alive is off: nothing makes the broker notice the silence.";
constexpr const char* kProtocolError = "The broker closed the connection for a protocol error.";
constexpr const char* kTakenOver =
    "The broker closed it for a new connection with the same ClientID.";
constexpr const char* kDeferred =
    "The broker went down; its wills may be put off until it is up again.";
constexpr const char* kNeverAccepted =
    "The broker never accepted the CONNECT that carried the will.";
constexpr const char* kUnanswered =
    "It ended before the broker's answer; whether it was accepted is not known.";
constexpr const char* kDenied =
    "The device may not publish to its will topic: the broker refuses the CONNECT, or throws the "
    "will away.";

constexpr std::array<OracleRowText, kOracleRowCount> kTable{{
    {OracleRow::disconnect,
     "DISCONNECT (5.0: reason 0x00)",
     "never",
     {{{forbidden, "MQTT 3.1 DISCONNECT", "DISCONNECT deleted the will."},
       {forbidden, "MQTT-3.14.4-3", "DISCONNECT deleted the will."},
       {forbidden, "MQTT5-3.14.4-3", "DISCONNECT deleted the will."}}}},
    {OracleRow::disconnect_with_will,
     "DISCONNECT with reason 0x04, or any other below 0x80 but 0x00",
     "DISCONNECT + delay, by the expiry it carries",
     {{{forbidden, "MQTT 3.1 DISCONNECT", kNotIn3},
       {forbidden, "MQTT-3.14.4-3", kNotIn3},
       {required, "MQTT5-3.1.2-8", "DISCONNECT with a reason other than 0x00 keeps the will."}}}},
    {OracleRow::disconnect_with_error,
     "DISCONNECT with a reason of 0x80 or more",
     "DISCONNECT + delay, by the expiry it carries",
     {{{forbidden, "MQTT 3.1 DISCONNECT", kNotIn3},
       {forbidden, "MQTT-3.14.4-3", kNotIn3},
       {required, "MQTT5-3.1.2-8", "DISCONNECT with a reason other than 0x00 keeps the will."}}}},
    {OracleRow::disconnect_raises_expiry,
     "DISCONNECT that raises the session expiry from 0",
     "DISCONNECT",
     {{{forbidden, "MQTT 3.1 DISCONNECT", kNotIn3},
       {forbidden, "MQTT-3.14.4-3", kNotIn3},
       {required, "MQTT5-3.1.2-8",
        "A DISCONNECT that raises the session expiry from 0 is a protocol error and deletes "
        "nothing."}}}},
    {OracleRow::closed_by_device,
     "FIN, RST or half-close without DISCONNECT",
     "close of the broker's side + delay",
     {{{required, kWill31, kNoDisconnect},
       {required, "MQTT-3.1.2-8", kNoDisconnect},
       {required, "MQTT5-3.1.2-8", kNoDisconnect}}}},
    {OracleRow::keep_alive,
     "silence: no complete packet reaches the broker",
     "last packet + the profile's keep-alive window + delay",
     {{{required, kWill31, kSilent},
       {required, "MQTT-3.1.2-24", kSilent},
       {required, "MQTT5-3.1.2-22", kSilent}}}},
    {OracleRow::keep_alive_off,
     "silence with keep-alive 0",
     "never, unless something else ends it",
     {{{required, kWill31, kDeaf},
       {required, "MQTT-3.1.2-24", kDeaf},
       {required, "MQTT5-3.1.2-22", kDeaf}}}},
    {OracleRow::malformed,
     "a malformed packet, and the broker closes",
     "close + delay",
     {{{undefined, kWill31, kNoCase31},
       {required, "MQTT-4.8.0-1", kProtocolError},
       {required, "MQTT5-4.13.1-1", kProtocolError}}}},
    {OracleRow::takeover,
     "takeover: the same ClientID connects, will delay 0",
     "new CONNECT … its CONNACK",
     {{{undefined, "MQTT 3.1 CONNECT", kTakenOver},
       {required, "MQTT-3.1.4-2", kTakenOver},
       {required, "MQTT5-3.1.4-3", kTakenOver}}}},
    {OracleRow::takeover_ends_delayed,
     "takeover that ends a session whose will has a delay",
     "new CONNECT … its CONNACK",
     {{{undefined, "MQTT 3.1 CONNECT", kTakenOver},
       {required, "MQTT-3.1.4-2", kTakenOver},
       {permitted, "MQTT5-3.1.2-8",
        "A takeover ended the session of a delayed will, which can be read both ways."}}}},
    {OracleRow::takeover_resumes,
     "the same session goes on before the delay is over",
     "never",
     {{{undefined, "MQTT 3.1 CONNECT", kTakenOver},
       {required, "MQTT-3.1.4-2", kTakenOver},
       {forbidden, "MQTT5-3.1.3-9", "The session went on before the will delay was over."}}}},
    {OracleRow::second_connect,
     "a second CONNECT on the connection",
     "close + delay",
     {{{undefined, kWill31, kNoCase31},
       {required, "MQTT-3.1.0-2", "A second CONNECT is a violation; the broker closed."},
       {required, "MQTT5-3.1.0-2", "A second CONNECT is a protocol error; the broker closed."}}}},
    {OracleRow::shutdown,
     "the broker is shut down",
     "from the end of the broker on, or after its restart",
     {{{undefined, kWill31, kNoCase31},
       {required, "MQTT 3.1.1 section 3.1.2.5", kDeferred},
       {required, "MQTT 5.0 section 3.1.2.5", kDeferred}}}},
    {OracleRow::crash,
     "the broker is killed",
     "after its restart",
     {{{undefined, kWill31, kNoCase31},
       {required, "MQTT 3.1.1 section 3.1.2.5", kDeferred},
       {required, "MQTT 5.0 section 3.1.2.5", kDeferred}}}},
    {OracleRow::closed_by_broker,
     "the broker closes by itself, with or without a DISCONNECT of its own",
     "close + delay",
     {{{undefined, kWill31, "The broker closed the connection by itself."},
       {required, "MQTT-3.1.2-8", "The broker closed the connection by itself."},
       {required, "MQTT5-3.1.2-8", "The broker closed the connection by itself."}}}},
    {OracleRow::refused,
     "CONNECT is refused, or never answered and closed by the broker",
     "never",
     {{{forbidden, kWill31, kNeverAccepted},
       {forbidden, "MQTT-3.1.4-5", kNeverAccepted},
       {forbidden, "MQTT5-3.1.4-6", kNeverAccepted}}}},
    {OracleRow::unanswered,
     "it ends before the broker has answered CONNECT",
     "close",
     {{{permitted, kWill31, kUnanswered},
       {permitted, "MQTT-3.1.2-8", kUnanswered},
       {permitted, "MQTT5-3.1.2-8", kUnanswered}}}},
    {OracleRow::not_authorised,
     "the device may not publish to its will topic",
     "as the connection's end",
     {{{undefined, kWill31, kDenied},
       {permitted, "MQTT 3.1.1 section 5.4.2", kDenied},
       {permitted, "MQTT 5.0 section 5.4.2", kDenied}}}},
}};

}  // namespace

const char* to_text(Duty duty) {
  switch (duty) {
    case required:
      return "REQ";
    case permitted:
      return "PERM";
    case forbidden:
      return "FORB";
    case undefined:
      return "UNDEF";
  }
  return "";
}

std::span<const OracleRowText> oracle_table() { return kTable; }

const OracleEntry& entry_of(OracleRow row, mqtt::Version version) {
  const OracleRowText& text = kTable[static_cast<std::size_t>(row)];
  CHECK(text.row == row);
  switch (version) {
    case mqtt::Version::v3_1:
      return text.by_version[0];
    case mqtt::Version::v3_1_1:
      return text.by_version[1];
    case mqtt::Version::v5:
      return text.by_version[2];
  }
  return text.by_version[1];
}

}  // namespace probate::analysis
