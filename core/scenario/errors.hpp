// Every mistake a scenario can contain, with its code, cause and cure: one table for the loader,
// for validate() and for whoever explains a code.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace probate::scenario {

// E01xx: the text cannot be read as a scenario. E02xx: it reads, but does not make sense.
// E03xx: a gate rule's expression. A code is never reused for something else.
enum class ErrorCode : std::uint16_t {
  yaml_syntax = 101,
  unknown_key = 102,
  duplicate_key = 103,
  wrong_kind = 104,
  missing_key = 105,
  missing_unit = 106,
  bad_quantity = 107,
  out_of_range = 108,
  boolean_spelling = 109,
  octal_looking = 110,
  tab_character = 111,
  several_documents = 112,
  language_version = 113,
  not_supported = 114,
  too_many_nodes = 115,
  bad_merge = 116,
  variable_missing = 117,
  variable_syntax = 118,
  include_not_found = 119,
  include_cycle = 120,
  file_too_large = 121,
  nested_too_deep = 122,
  unknown_word = 123,
  unknown_preset = 124,
  bad_template = 125,
  bad_override = 126,
  file_unreadable = 127,
  bad_distribution = 128,
  empty_file = 129,
  conflicting_keys = 130,
  bad_encoding = 131,
  bad_key_or_tag = 132,
  bad_timing = 133,
  unknown_profile = 134,

  unknown_name = 201,
  duplicate_name = 202,
  bad_name = 203,
  too_many = 204,
  no_phase = 205,
  auto_phase_not_last = 206,
  online_before_connect = 207,
  connect_twice = 208,
  duration_range = 209,
  connect_rate = 210,
  whole_seconds = 211,
  keep_alive_range = 212,
  mqtt5_only = 213,
  topic_missing = 214,
  bad_topic = 215,
  bad_filter = 216,
  duplicate_client_id = 217,
  bad_client_id = 218,
  fleet_size = 219,
  outside_phase = 220,
  fault_rate = 221,
  bad_selector = 222,
  never_returns = 223,
  length_needed = 224,
  too_many_firings = 225,
  policy_not_applicable = 226,
  pointless_fault = 227,
  bad_broker = 228,
  bad_statistics = 229,
  time_scale = 230,
  duplicate_policy = 231,
  share_range = 232,
  length_not_used = 233,
  real_devices = 234,
  simulated_devices = 235,

  rule_syntax = 301,
  rule_unknown_metric = 302,
  rule_unknown_label = 303,
  rule_kinds_differ = 304,
  rule_no_bound = 305,
  rule_scope = 306,
};

struct ErrorInfo {
  ErrorCode code{};
  std::string_view title;    // a few words
  std::string_view cause;    // one or two sentences: what is wrong and why it matters
  std::string_view example;  // YAML that provokes it
  std::string_view remedy;   // what to write instead
};

using probate::to_text;  // else the one below would hide the durations'
// "E0107".
std::string to_text(ErrorCode code);

// All of them, by code.
std::span<const ErrorInfo> all_errors();

// By "E0107" (or "e0107"); nullptr if there is no such code.
const ErrorInfo* find_error(std::string_view code);

}  // namespace probate::scenario
